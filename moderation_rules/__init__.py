"""The rules of moderation as a pure library: what the reader typed and what is known go in, a judgement comes out.

    judge = compile_policy(default_policy())
    judgement = judge.judge(Comment("Fine weather today."), Facts(approved_before=3))

Nothing may enter that knows a web framework, a database, a clock, a network or a file; the package's own data is read
by `shipped` alone. `rules/` has one file a rule, `registry` their order, `policy` the document that weighs them,
`engine` the decision, `text` and `letters` the folding that sees through spelling tricks, `sketches` and `clusters`
what finds near copies.
"""

from moderation_rules.clusters import Clusters, stamp
from moderation_rules.engine import Judge
from moderation_rules.policy import Policy, compile_policy, default_policy, load_policy
from moderation_rules.sketches import similarity, sketch
from moderation_rules.switches import preset_for
from moderation_rules.text import Folded, fingerprint, fold
from moderation_rules.values import Comment, Facts, Finding, Judgement, Verdict
from moderation_rules.yaml_reading import PolicyError, PolicyProblem

__all__ = [
    "Clusters",
    "Comment",
    "Facts",
    "Finding",
    "Folded",
    "Judge",
    "Judgement",
    "Policy",
    "PolicyError",
    "PolicyProblem",
    "Verdict",
    "compile_policy",
    "default_policy",
    "fingerprint",
    "fold",
    "load_policy",
    "preset_for",
    "similarity",
    "sketch",
    "stamp",
]
