"""What is asked and answered about policies in versions, rehearsals, repairs and the jobs that do them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from models import JobKind, JobState
from models.queries.queue_filter import ComplaintFilter
from moderation_rules.policy.yaml_document import MAX_BYTES
from service.desk.types import AnyId, By, Id, JudgedStatus, Key, Line, Note, RuleName
from service.moderation.jobs.repair import Repair
from service.moderation.jobs.report import LabelScore, Rehearsed, Repaired
from service.moderation.policies.differences import DiffLine
from service.moderation.policies.versions import ListChange
from service.moderation.policies.word_lists import ListState

VersionNumber = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Yaml = Annotated[str, Meta(max_length=MAX_BYTES)]


class PolicyAnswer(Struct, frozen=True, kw_only=True):
    """`version` 0 is the shipped default, in force until the site has its own. `lists`: which version of each of the
    site's list files it goes by."""

    site: str
    version: int
    yaml: str
    note: str
    author: str | None
    created_at: datetime | None
    lists: dict[str, int] = {}


class PolicyBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new version of the policy. `expected_version`: the one it was written from, as a fence."""

    yaml: Yaml
    note: Annotated[str, Meta(max_length=500)] = ""
    expected_version: VersionNumber | None = None


class PolicyQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`version`: that one instead of the one in force; 0 is the shipped default."""

    version: VersionNumber | None = None


class VersionsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    before: VersionNumber | None = None


class VersionLine(Struct, frozen=True):
    version: int
    note: str
    author: str | None
    created_at: datetime


class VersionsAnswer(Struct, frozen=True):
    """Newest first. `next_before`: ask with this as `before` for older ones."""

    site: str
    versions: list[VersionLine]
    next_before: int | None


class DiffQuery(Struct, frozen=True, rename={"from_": "from"}, forbid_unknown_fields=True):
    """From one version to another; `to` left out: the one in force."""

    from_: VersionNumber
    to: VersionNumber | None = None


class DiffAnswer(Struct, frozen=True, rename={"from_": "from"}):
    """The changed lines with three around each, in order, at most 2,000; and the list files that changed. `more`: how
    many further lines there are."""

    from_: int
    to: int
    lines: list[DiffLine]
    lists: list[ListChange]
    more: int


class RollbackBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`version`: whose text becomes the new version. `expected_version`: the one that is in force, as a fence."""

    version: VersionNumber
    note: Annotated[str, Meta(max_length=500)] = ""
    expected_version: VersionNumber | None = None


class Offer(Struct, frozen=True):
    """A repair that may be wanted after a rollback: send it to `/bulk`. `decisions`: how many that version made,
    10,000 for so many or more."""

    filter: dict[str, str]
    actions: list[str]
    decisions: int


class RollbackAnswer(Struct, frozen=True):
    policy: PolicyAnswer
    repairs: list[Offer]


class PolicyCheckBody(Struct, frozen=True, forbid_unknown_fields=True):
    yaml: Yaml


class RehearsalBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy as YAML or the number of a version; over the last `comments` or `days` (neither: 1,000 comments)."""

    policy: Yaml | None = None
    version: VersionNumber | None = None
    comments: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    days: Annotated[int, Meta(ge=1, le=90)] | None = None


class BulkFilter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Comments of a site that a policy has judged; what is left out does not narrow. `since`, `until`: when it did.

    `filter`: what readers have reported, or writers appeal for, and nobody has settled. `decided`: of these also what
    people have decided, which else stays as it is.
    """

    site: Annotated[str, Meta(min_length=1, max_length=64)]
    policy_version: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    rule: RuleName | None = None
    status: JudgedStatus | None = None
    section: Line | None = None
    thread: Key | None = None
    cluster: Id | None = None
    filter: ComplaintFilter | None = None
    decided: bool = False
    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None


class BulkBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`dry_run` counts and changes nothing; say false to have it done. `as_of`: what the count answered, so that what
    came, was edited or judged anew since is left alone; `approve` and `keep` need it. `keep`: what is up and reported
    stays up, and its open reports are settled as unfounded."""

    filter: BulkFilter
    action: Repair
    dry_run: bool = True
    as_of: Id | None = None
    reason: Annotated[str, Meta(max_length=40)] | None = None
    note: Note | None = None


class ChangedComment(Struct, frozen=True, kw_only=True):
    """A comment whose verdict would change. `label`: what somebody who read it said, `publish` or `stop`."""

    comment_id: str
    name: str
    text: str
    thread: str
    before: str
    after: str
    people: str | None
    findings: list[dict[str, Any]]
    label: str | None


class JobAnswer(Struct, frozen=True, kw_only=True):
    """`done` and `total` count comments; `at_least`: there are more than `total`, and nobody knows how many. Exactly
    one of `rehearsed` and `repaired` is there, also while it runs."""

    id: str
    site: str
    kind: JobKind
    state: JobState
    done: int
    total: int
    at_least: bool
    asked: dict[str, Any]
    by: By
    outcome: str | None
    undoes: str | None
    undone_by: str | None
    created_at: datetime
    finished_at: datetime | None
    rehearsed: Rehearsed | None
    repaired: Repaired | None
    read: LabelScore | None
    cases: list[ChangedComment]


class SampleMove(Struct, frozen=True, rename={"from_": "from"}):
    """One comment that would go from one status to another."""

    comment_id: str
    from_: str
    to: str


class BulkAnswer(Struct, frozen=True, kw_only=True):
    """A dry run's counts, or the job that was begun. Counts are exact up to 10,000 comments and two seconds; beyond
    that `complete` is false, and it is at least so many.

    `sample`: up to ten of those that would change. `as_of`: send it along to have done what was counted.
    """

    dry_run: bool
    complete: bool
    counts: Repaired
    sample: list[SampleMove] = []
    as_of: str | None = None
    job: JobAnswer | None = None


class Label(Struct, frozen=True, forbid_unknown_fields=True):
    comment_id: AnyId
    label: Literal["publish", "stop"] | None


class LabelsBody(Struct, frozen=True, forbid_unknown_fields=True):
    labels: Annotated[list[Label], Meta(min_length=1, max_length=100)]


Number = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`n`: that version instead of the newest."""

    n: Number | None = None


class ListAnswer(ListState, frozen=True, kw_only=True):
    """A list's newest version. `in_force`: whether the policy in force goes by it; `n_in_force`: the version that it
    does go by, null for none. A new version counts when the policy is switched on again. `removed`: only the policy in
    force still has it."""


class ListsAnswer(Struct, frozen=True):
    site: str
    lists: list[ListAnswer]
