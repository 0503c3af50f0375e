"""What the service knows about the comments of a batch: one set of queries, whatever the batch's size."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from msgspec import Struct
from sqlalchemy import bindparam, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from models import Ban, BanKind, Comment, Decision, Status
from models.database.ids import first_id
from models.database.prepared import Prepared
from models.decision import PEOPLE
from models.queries.set_aside import open_ones
from moderation_rules import Comment as Typed
from moderation_rules import Facts, Judge
from service.moderation.facts.author_pause import since_last
from service.moderation.facts.near_copies import NearCopies, NearCopyFacts
from service.moderation.facts.received_rows import ReceivedRow, received
from service.moderation.moves import REFUSALS, TO, Action, Standing
from service.moderation.near_copies import standing_decisions
from service.moderation.policies.in_force import Policies
from service.moderation.policies.site_policy import SitePolicy
from service.moderation.writers.marks import marks_of
from service.privacy.bans import banned
from service.privacy.chains import families

REPEAT_WINDOW = timedelta(days=1)
REFUSED_WINDOW = timedelta(days=30)
FLOOD_WINDOW = timedelta(minutes=10)
# A flood shows in a site's last few hundred comments; nobody has to count to the end of a busy day.
FLOOD_ROWS = 300

# What intake found out about the form and the address; everything else is found out here.
FROM_INTAKE = ("honeypot_filled", "form_age", "form_token", "disposable_email", "unreachable_email")

_IDS: Any = bindparam("ids", expanding=True)
_RECORD = Prepared(
    union_all(
        select(Comment.chain_id, literal("approved"), func.count())
        .where(Comment.chain_id.in_(_IDS), Comment.status == Status.APPROVED)
        .group_by(Comment.chain_id),
        # By themselves: few comments are, and the others are counted in their index alone.
        select(Comment.chain_id, literal("disowned"), func.count())
        .where(Comment.chain_id.in_(_IDS), Comment.disowned_at.is_not(None), Comment.status == Status.APPROVED)
        .group_by(Comment.chain_id),
        select(Comment.chain_id, literal("refused"), func.count())
        .where(
            Comment.chain_id.in_(_IDS),
            Comment.status.in_((Status.REJECTED, Status.SPAM)),
            Comment.decided_at >= bindparam("since"),
        )
        .group_by(Comment.chain_id),
    )
)

_REPEATS = Prepared(
    select(Comment.fingerprint, func.count(), func.count(Comment.chain_id.distinct()))
    .where(
        Comment.site_id == bindparam("site_id"),
        Comment.fingerprint.in_(bindparam("prints", expanding=True)),
        Comment.id >= bindparam("first_id"),
        Comment.id < bindparam("before_id"),
        Comment.created_at >= bindparam("since"),
    )
    .group_by(Comment.fingerprint)
)

_RECENT = Prepared(
    select(Comment.chain_id, Comment.prefix_hash, Comment.thread_id)
    .where(
        # Written so that no index on the site can serve it: SQLite would sort the whole site for these few rows.
        Comment.site_id.concat("") == bindparam("site_id"),
        Comment.id >= bindparam("first_id"),
        Comment.id <= bindparam("last_id"),
        Comment.created_at >= bindparam("since"),
    )
    .order_by(Comment.id.desc())
    .limit(FLOOD_ROWS),
    replan=True,
)

_ANY_BAN = Prepared(
    select(Ban.id)
    .where(
        Ban.site_id.in_(_IDS),
        Ban.lifted_at.is_(None),
        or_(Ban.expires_at.is_(None), Ban.expires_at > bindparam("now")),
    )
    .limit(1)
)
# Also what a job did for a person: nobody read each text for it, but a person wanted it gone.
_BY_PEOPLE = Prepared(
    select(Decision.comment_id, Decision.action, Decision.to_status)
    .where(Decision.comment_id.in_(_IDS), Decision.actor_kind.in_(PEOPLE))
    .order_by(Decision.revision)
)
# The heaviest first: what a rule hears is one word.
_BAN_WORDS = ((BanKind.CHAIN, "chain"), (BanKind.PREFIX, "ip"))


class JudgeInput(Struct, frozen=True):
    """One comment ready to be judged: what it is, what was typed, what is known, and by which policy."""

    standing: Standing
    typed: Typed
    # Facts as they are stored with the decision: only those that are known.
    known: dict[str, Any]
    policy: SitePolicy
    # The policy's judge for this very thread.
    judge: Judge
    # What a person decided for copies of an earlier text, of which this is one.
    standing_decision: standing_decisions.Standing | None = None

    @property
    def facts(self) -> Facts:
        return Facts(**self.known)


def gather(
    session: Session, policies: Policies, comment_ids: Sequence[str], now: datetime, copies: NearCopies | None = None
) -> list[JudgeInput]:
    """Cases for those of the comments that still wait for a judge, in id order.

    `copies`: what the caller remembers from batch to batch; without it the day is read anew.
    """
    rows = received(session, comment_ids)
    if not rows:
        return []
    site_policies = policies.of(session, {row.site_id for row in rows}, now.date())
    records = _records(session, rows, now)
    bans = _bans(session, rows, now)
    marks = marks_of(session, {row.site_id for row in rows}, {row.chain_id for row in rows}, now)
    doubted = _doubted(session, rows)
    repeats = _repeats(session, rows, now)
    floods = _floods(session, rows, site_policies)
    asked_pauses = {site_id for site_id, policy in site_policies.items() if policy.needs("author_since")}
    asked_copies = {site_id for site_id, policy in site_policies.items() if policy.needs("near_copies")}
    near = _near(session, copies, [row for row in rows if row.site_id in asked_copies], now)
    orders = standing_decisions.in_force(session, {row.site_id for row in rows}, now)
    pauses = since_last(session, [row for row in rows if row.site_id in asked_pauses])
    cases: list[JudgeInput] = []
    for row in rows:
        policy = site_policies[row.site_id]
        place = row.thread
        intake = row.intake_facts
        known = {name: intake[name] for name in FROM_INTAKE if intake.get(name) is not None}
        known["approved_before"], known["rejected_before"] = records.get(row.chain_id, (0, 0))
        if row.proven:
            known["proven"] = True
        if row.disowned_at:
            known["disowned"] = True
        if row.id in doubted:
            known["held_before"] = True
        if row.id in bans:
            known["banned"] = bans[row.id]
        if row.chain_id in marks:
            known["writer_mark"] = marks[row.chain_id]
        known["repeated_text"], known["repeated_text_authors"] = repeats[row.id]
        if row.id in near:
            found_near, cluster = near[row.id]
            # Each comment weighs once: the same text counts as repeated, another one as nearly the same.
            known["near_copies"] = max(0, found_near - known["repeated_text"])
            if found_near:
                known["near_copy_cluster"] = cluster
        if row.site_id in floods:
            authors, prefixes, threads = floods[row.site_id]
            known["author_recent"] = _others(authors, row.chain_id)
            known["thread_recent"] = _others(threads, row.thread_id)
            if row.prefix_hash is not None:
                known["prefix_recent"] = _others(prefixes, row.prefix_hash)
        if row.id in pauses:
            known["author_since"] = pauses[row.id]
        known["thread_state"] = place.state
        known["thread_age_days"] = max(0, (now - place.created_at).days)
        mode = policy.mode_of(place.mode, tags=place.tags, now=now, burst=known.get("thread_recent"))
        if mode:
            known["thread_mode"] = mode
            if place.mode is None and (
                by := policy.switched_by(tags=place.tags, now=now, burst=known.get("thread_recent"))
            ):
                known["thread_switch"] = by
        if policy.settings.staff_names:
            known["staff_names"] = tuple(policy.settings.staff_names)
        cases.append(
            JudgeInput(
                standing=row.standing,
                typed=Typed(
                    text=row.text,
                    name=row.name,
                    website=row.website,
                    page_title=row.title,
                    page_language=place.language or policy.settings.language,
                ),
                known=known,
                policy=policy,
                judge=policy.judge_for(section=place.section, thread=place.key, mode=mode),
                standing_decision=standing_decisions.copies_of(
                    orders.get(row.site_id, ()), row.fingerprint, row.sketch, known.get("near_copy_cluster")
                ),
            )
        )
    return cases


def _records(session: Session, rows: Sequence[ReceivedRow], now: datetime) -> dict[str, tuple[int, int]]:
    """Chain id -> how many comments of its family are approved and not disowned, and how many were lately refused."""
    chains = {row.chain_id for row in rows if not row.first_in_chain}
    if not chains:
        return {}
    related = families(session, chains)
    everyone = list(frozenset[str]().union(*related.values()))
    counts: Counter[tuple[str, str]] = Counter()
    for chain_id, what, count in _RECORD.found(session, {"ids": everyone, "since": now - REFUSED_WINDOW}):
        counts[what, chain_id] = count
    return {
        chain_id: (
            sum(counts["approved", member] - counts["disowned", member] for member in related[chain_id]),
            sum(counts["refused", member] for member in related[chain_id]),
        )
        for chain_id in chains
    }


def _bans(session: Session, rows: Sequence[ReceivedRow], now: datetime) -> dict[str, str]:
    """Comment id -> what stops it: "chain" or "ip"."""
    sites = list({row.site_id for row in rows})
    if not _ANY_BAN.found(session, {"ids": sites, "now": now}):
        return {}
    # The rows have every column of a comment that a ban can meet.
    held = banned(session, cast(Sequence[Comment], rows), now)
    return {comment_id: next(word for kind, word in _BAN_WORDS if kind in kinds) for comment_id, kinds in held.items()}


def _doubted(session: Session, rows: Sequence[ReceivedRow]) -> set[str]:
    """Ids of edited comments on which the last word of a person was to hold or to refuse, by their own hand or a job's,
    and of comments that are set aside.

    The action counts, not the status after it: refusing an edit leaves the comment approved, with its old text.
    Keeping what was refused is refusing it; keeping anything else says nothing new, nor does having it judged again. Of
    what the editors cut a passage from, a new text goes to a person: it may hold the passage again.
    """
    moved = [row.id for row in rows if row.standing.revision]
    if not moved:
        return set()
    aside = {row.comment_id for row in session.scalars(open_ones(moved))}
    edited = [row.id for row in rows if row.current_version > 1]
    if not edited:
        return aside
    last: dict[str, Status] = {}
    to_status: Status
    for comment_id, action, to_status in _BY_PEOPLE.found(session, {"ids": edited}):
        if to_status in REFUSALS or action not in (Action.KEEP, Action.REJUDGE):
            last[comment_id] = Status.PENDING if action == Action.REDACT else TO.get(Action(action), to_status)
    return aside | {comment_id for comment_id, status in last.items() if status in REFUSALS | {Status.PENDING}}


def _repeats(session: Session, rows: Sequence[ReceivedRow], now: datetime) -> dict[str, tuple[int, int]]:
    """Comment id -> how many earlier comments of the last day say the same, and how many chains they are of.

    Earlier ones of this batch count like those that the database already knew.
    """
    found: dict[str, tuple[int, int]] = {}
    for site_id, group in _by_site(rows).items():
        since = now - REPEAT_WINDOW
        earlier = _REPEATS.found(
            session,
            {
                "site_id": site_id,
                "prints": list({row.fingerprint for row in group}),
                "first_id": first_id(since),
                "before_id": group[0].id,
                "since": since,
            },
        )
        counts: dict[bytes, tuple[int, int]] = {row[0]: (row[1], row[2]) for row in earlier}
        here: defaultdict[bytes, list[str]] = defaultdict(list)
        for row in group:
            count, writers = counts.get(row.fingerprint, (0, 0))
            before = here[row.fingerprint]
            found[row.id] = (count + len(before), writers + len(set(before)))
            before.append(row.chain_id)
    return found


def _near(
    session: Session, copies: NearCopies | None, rows: Sequence[ReceivedRow], now: datetime
) -> dict[str, NearCopyFacts]:
    return (copies or NearCopies()).find(session, rows, now) if rows else {}


_Floods = tuple[Mapping[str, int], Mapping[bytes | None, int], Mapping[str, int]]


def _floods(session: Session, rows: Sequence[ReceivedRow], policies: Mapping[str, SitePolicy]) -> dict[str, _Floods]:
    """By site: how many of its latest comments came from each writer chain, IP prefix, and in each thread.

    Only for sites where a rule looks at it: these rows cost as much as all other facts.
    """
    found: dict[str, _Floods] = {}
    for site_id, group in _by_site(rows).items():
        if not policies[site_id].needs("author_recent", "prefix_recent", "thread_recent"):
            continue
        since = group[-1].created_at - FLOOD_WINDOW
        latest = _RECENT.found(
            session, {"site_id": site_id, "first_id": first_id(since), "last_id": group[-1].id, "since": since}
        )
        authors, prefixes, threads = zip(*latest, strict=True) if latest else ((), (), ())
        found[site_id] = dict(Counter(authors)), dict(Counter(prefixes)), dict(Counter(threads))
    return found


def _others(counts: Mapping[Any, int], key: Any) -> int:
    """The count without the comment that asks."""
    return max(0, counts.get(key, 0) - 1)


def _by_site(rows: Sequence[ReceivedRow]) -> dict[str, list[ReceivedRow]]:
    groups: defaultdict[str, list[ReceivedRow]] = defaultdict(list)
    for row in rows:
        groups[row.site_id].append(row)
    return groups
