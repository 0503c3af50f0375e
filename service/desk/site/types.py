"""What goes in and out of a site's own pages over HTTP: threads, bans, outside checks, classifiers, people, keys."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from models import BanKind, CheckKind, ClassifierState, ThreadState
from service.accounts.moderators import NAME_MAX
from service.desk.types import Cursor, LanguageTag, Line, Slug
from service.moderation.network.outside.setup import (
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    URL_LENGTH,
)
from service.outgoing import TIMEOUT_SECONDS


class ThreadAnswer(Struct, frozen=True, kw_only=True):
    """`mode`: how strictly its comments are judged; where nothing is said of that and readers ask the newsroom here,
    `questions`."""

    key: str
    canonical_url: str
    title: str
    section: str | None
    tags: list[str]
    language: str | None
    mode: str | None
    state: ThreadState
    verified: bool
    published: int
    pending: int
    created_at: datetime
    banner: str | None = None
    # Whether readers ask here and the newsroom answers.
    questions: bool = False
    # Comments in the last hour; only when sorted by rate.
    rate: int | UnsetType = UNSET


class ThreadsAnswer(Struct, frozen=True):
    threads: list[ThreadAnswer]
    next_cursor: str | None


class BanView(Struct, frozen=True, kw_only=True):
    """`name`: what the banned one called himself in the comment beside which the ban was set."""

    id: str
    site: str
    kind: BanKind
    comment_id: str | None
    name: str | None
    reason: str
    by: str | None
    created_at: datetime
    expires_at: datetime | None


class BansAnswer(Struct, frozen=True):
    bans: list[BanView]
    next_cursor: str | None


# Which ones there are the site's policy says; see `service.moderation.threads.MODES`.
ThreadMode = Annotated[str, Meta(min_length=1, max_length=40)]


class BanBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`kind`: "chain" (the writer), "address" or "prefix" (the network). `days`: how long; null until it is lifted."""

    kind: BanKind
    days: Annotated[int, Meta(ge=1, le=3650)] | None = None
    reason: Annotated[str, Meta(max_length=500)] = ""


class BansQuery(Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor = ""


class ThreadBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The newsroom's word on a thread. What is absent stays as it is; null empties what may be empty.

    `questions`: whether readers ask here and the newsroom answers, beside any mode. `mode` `questions` says the same;
    null leaves it as it is, and `questions` false ends it.
    """

    key: Annotated[str, Meta(min_length=1, max_length=512)]
    canonical_url: Annotated[str, Meta(min_length=1, max_length=2000)] | UnsetType = UNSET
    title: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    section: Line | UnsetType | None = UNSET
    tags: Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=50)] | UnsetType = UNSET
    language: LanguageTag | UnsetType | None = UNSET
    mode: ThreadMode | UnsetType | None = UNSET
    state: ThreadState | UnsetType = UNSET
    questions: bool | UnsetType = UNSET


class ThreadRuleBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How moderators keep a thread. What is absent stays as it is; null empties `mode` and `banner`.

    `mode`: `needs_approval` has every comment wait for a person, `questions` says as much as `questions`, whether
    readers ask here and the newsroom answers, which null leaves as it is; `banner`: plain text that readers see above
    the comments, 300 characters at most.
    """

    key: Annotated[str, Meta(min_length=1, max_length=512)]
    state: Literal["open", "closed"] | UnsetType = UNSET
    mode: ThreadMode | UnsetType | None = UNSET
    banner: Annotated[str, Meta(max_length=10_000)] | UnsetType | None = UNSET
    questions: bool | UnsetType = UNSET


class ThreadRuleAnswer(Struct, frozen=True):
    """`before`: what was changed, as it was: sent back, it undoes the change."""

    thread: ThreadAnswer
    before: ThreadRuleBody


class ThreadsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    sort: Literal["rate", "pending", "newest"] = "newest"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor = ""


KeyScope = Literal["read", "submit", "cms", "moderate", "admin"]


class KeysQuery(Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor = ""


class KeyBody(Struct, frozen=True, forbid_unknown_fields=True):
    scope: KeyScope


class MakerView(Struct, frozen=True):
    """`closed`: their account is; the keys that they made go on working until they are revoked."""

    id: str
    name: str
    closed: bool


class KeyView(Struct, frozen=True, kw_only=True):
    """`used_at`: when it was last used, to the hour; null for never. `revoked_at`: null while it still works.
    `made_by`: the moderator who answers for it; null for one made at the command line."""

    id: str
    site: str
    scope: str
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    made_by: MakerView | None


class KeysAnswer(Struct, frozen=True):
    keys: list[KeyView]
    next_cursor: str | None


class NewKey(KeyView, frozen=True, kw_only=True):
    """`key` is shown this once."""

    key: str


Role = Literal["viewer", "moderator", "admin"]


Sites = Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(min_length=1, max_length=100)]


Name = Annotated[str, Meta(max_length=NAME_MAX)]


class PeopleQuery(Struct, frozen=True, forbid_unknown_fields=True):
    site: Slug = ""


class ModeratorBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sites`: where they get the role; null: on every site. `email` is sealed and never given out."""

    email: Annotated[str, Meta(min_length=1, max_length=320)]
    role: Role
    sites: Sites | None
    name: Name = ""


class ModeratorChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent stays as it is. `role` without `sites` counts where they have one now; `sites` (null: every
    site) take the place of all there were."""

    name: Name | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    sites: Sites | UnsetType | None = UNSET


class RoleView(Struct, frozen=True):
    """`site` null: on every site."""

    site: str | None
    role: str


class ModeratorView(Struct, frozen=True, kw_only=True):
    """An account as the caller may see it. `roles`: on the caller's sites; `elsewhere`: it has others, too.
    `changeable`: whether the caller may change it: all its roles are on sites that the caller administers.
    `seen_at`: when they were last here, to some minutes."""

    id: str
    name: str
    roles: list[RoleView]
    elsewhere: bool
    changeable: bool
    created_at: datetime
    seen_at: datetime | None
    closed_at: datetime | None


class ModeratorsAnswer(Struct, frozen=True):
    moderators: list[ModeratorView]


class SignIn(Struct, frozen=True):
    """A link that signs in once, until then. It is in this answer only."""

    link: str
    expires_at: datetime


class NewModerator(ModeratorView, frozen=True, kw_only=True):
    sign_in: SignIn


class SignInAnswer(Struct, frozen=True, kw_only=True):
    id: str
    sign_in: SignIn


class OutsideCheckBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A check as it should be. `url`: where Akismet's API begins, or the site's own check. `secret`: the API key, or
    a signing secret (`whsec_` and base64, as Standard Webhooks has it); left out, the one it has stays."""

    kind: CheckKind
    url: Annotated[str, Meta(min_length=1, max_length=URL_LENGTH)]
    secret: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    sends_address: bool = False
    timeout: Annotated[float, Meta(ge=SHORTEST_SECONDS, le=LONGEST_SECONDS)] = TIMEOUT_SECONDS


class CheckAnswer(Struct, frozen=True, kw_only=True):
    """`asked`: whether the site's policy has the rule `outside_check` on; without it nothing is sent."""

    name: str
    kind: CheckKind
    url: str
    sends_address: bool
    timeout: float
    changed_at: datetime
    asked: bool


class ChecksAnswer(Struct, frozen=True):
    site: str
    checks: list[CheckAnswer]


class Measured(Struct, frozen=True, kw_only=True):
    """What a classifier did with decisions that it had not learned from.

    `published`, `stopped`: how many of them, by what people decided. `recall`: the share of the stopped that it would
    hold; `false_alarms`: the share of the published. `roc_auc`: how well it sorts, 0.5 by chance, 1 at best. `brier`
    and `calibration_error`: how far its probabilities are off, 0 at best.
    """

    published: int
    stopped: int
    roc_auc: float
    recall: float
    false_alarms: float
    brier: float | None
    calibration_error: float | None


class ClassifierLine(Struct, frozen=True, kw_only=True):
    """`published` and `stopped`: decisions that it learned from. `threshold`: the probability from which it holds,
    for the stated share of `false_alarms`. `compared`: the one then in force, on the same decisions as `measured`.

    `candidate`: was not better than the one in force; `off`: switched off by hand, and no other comes in force by
    itself.
    """

    n: int
    state: ClassifierState
    trained_at: datetime
    published: int
    stopped: int
    false_alarms: float
    threshold: float
    measured: Measured | None
    compared: Measured | None
    checksum: str


class ClassifiersAnswer(Struct, frozen=True, kw_only=True):
    """Newest first. `needed`: decisions of each kind before one is trained.

    `last_outcome`: `in_force`, `candidate`, `nothing_new` (since the newest), `too_few` (decisions), `too_few_fresh`
    (to measure it by), `superseded` (another came in force meanwhile), `stopped` (with its worker) or `failed`.
    """

    site: str
    needed: int
    classifiers: list[ClassifierLine]
    next_training_at: datetime | None
    last_training_at: datetime | None
    last_outcome: str | None


class ModelsAnswer(Struct, frozen=True, kw_only=True):
    """What `ClassifiersAnswer` says, under the name it had before; for one more release."""

    site: str
    needed: int
    models: list[ClassifierLine]
    next_training_at: datetime | None
    last_training_at: datetime | None
    last_outcome: str | None


class ClassifierBody(Struct, frozen=True, forbid_unknown_fields=True):
    state: Literal["in_force", "off"]
