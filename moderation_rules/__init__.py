"""The rules of moderation as a pure library: what the reader typed and what is known go in, a judgement comes out.

    judge = compile_policy(default_policy())
    judgement = judge.judge(Comment("Fine weather today."), Facts(approved_before=3))

Nothing may enter that knows a web framework, a database, a clock, a network or a file; the package's own data is read
by `lists.shipped` alone. `rules/` has one file a rule, `registry` their order, `policy` the document that weighs them,
`engine` the decision, `language` and `lists` what words belong to, `learning` the classifier, `text` the folding that
sees through spelling tricks, `matching` what is looked for in it, `near_copies` what finds nearly the same text again.
"""

from moderation_rules.engine import Judge
from moderation_rules.near_copies.clusters import Clusters, stamp
from moderation_rules.near_copies.sketch import sketch
from moderation_rules.policy.document import Policy, compile_policy, default_policy, load_policy
from moderation_rules.policy.switches import preset_for
from moderation_rules.policy.yaml_document import PolicyError, PolicyProblem
from moderation_rules.text.folding import Folded, fingerprint, fold
from moderation_rules.values import Comment, Facts, Finding, Judgement, Verdict

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
    "sketch",
    "stamp",
]
