"""What a changed policy would have done: run over past comments with the facts of their time. It changes nothing."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Select, func, select, union_all
from sqlalchemy.orm import Session

from models import Comment, Job, JobKind, Site, Status, new_id
from models.database.ids import first_id
from service.accounts.actors import Actor
from service.moderation.jobs.job import Chunk, create_job
from service.moderation.jobs.replay import PastJudgement, judge_of, missing, past_judgements
from service.moderation.jobs.tally import Tally
from service.moderation.policies.classifier_in_force import classifier_at, number_in_force
from service.moderation.policies.in_force import policy_at
from service.moderation.policies.site_policy import SitePolicy, compile_site
from service.moderation.policies.word_lists import load_with, newest_numbers
from service.moderation.watchdog.watchdog import WatchedThread
from service.wiring import Services

CHUNK = 300
MOST_COMMENTS = 100_000
# Over so many where nobody says how many, nor since when.
COMMENTS_UNASKED = 1000


def rehearse(
    services: Services,
    actor: Actor,
    site: Site,
    yaml: str,
    *,
    lists: Mapping[str, int] | None = None,
    version: int | None = None,
    comments: int | None = None,
    days: int | None = None,
) -> Job:
    """Asks for a rehearsal of `yaml` over the site's last comments; the job tells the rest.

    `lists`: which version of each of the site's lists it goes by, of a policy that `check_policy` has checked. Without
    it the policy is checked here and goes by the newest; raises PolicyError for one that cannot be put in force.
    """
    now = services.clock.now()
    with services.read() as session:
        if lists is None:
            lists = load_with(session, site.id, yaml, newest_numbers(session, site.id))[1]
        asked, total = _asked(session, site, yaml, lists, now, comments, days)
    asked["version"] = version
    said = {"version": version}
    with services.write() as session:
        return create_job(
            session, actor, JobKind.REHEARSAL, site_id=site.id, asked=asked, total=total, now=now, details=said
        )


def rehearse_in_process(
    services: Services,
    site: Site,
    yaml: str,
    *,
    beside: Mapping[str, str] | None = None,
    comments: int | None = None,
    days: int | None = None,
) -> Iterator[Job]:
    """The same in this process, without a worker: yields the job, which nobody keeps, after each chunk.

    `beside`: texts of lists, which win over the site's own; of these the newest count.

    Raises PolicyError for a policy that cannot be put in force.
    """
    with services.read() as session:
        _, used = load_with(session, site.id, yaml, newest_numbers(session, site.id), beside)
        asked, total = _asked(session, site, yaml, used, services.clock.now(), comments, days)
    job = Job(id=new_id(), site_id=site.id, asked=asked, cursor="", done=0, total=total, tally={}, labels={})
    last = False
    while not last:
        with services.read() as session:
            found = rehearse_chunk(services, job, beside)(session)
        job.cursor, job.tally, job.done, last = found.cursor, dict(found.tally), job.done + found.done, found.last
        yield job


def _asked(
    session: Session,
    site: Site,
    yaml: str,
    lists: Mapping[str, int],
    now: datetime,
    comments: int | None,
    days: int | None,
) -> tuple[dict[str, Any], int]:
    """What a rehearsal's job is asked, and over how many comments it goes."""
    before = new_id()
    low = first_id(now - timedelta(days=days)) if days is not None else ""
    scope = select(Comment.id).where(Comment.site_id == site.id, Comment.id < before, Comment.id >= low)
    most = min(comments or MOST_COMMENTS, MOST_COMMENTS)
    total = session.scalar(select(func.count()).select_from(scope.limit(most).subquery())) or 0
    asked = {"yaml": yaml, "lists": dict(lists), "comments": comments, "days": days, "before": before, "low": low}
    return asked, total


def rehearse_chunk(services: Services, job: Job, beside: Mapping[str, str] | None = None) -> Callable[[Session], Chunk]:
    """Judges the next chunk of comments, newest first. `beside`: see `rehearse_in_process`."""
    today = services.clock.now().date()
    with services.read() as session:
        site = session.get_one(Site, job.site_id)
        at_most = max(0, min(CHUNK, job.total - job.done))
        ids = list(session.scalars(_newest(site.id, job.cursor or job.asked["before"], job.asked["low"], at_most)))
        found = past_judgements(session, site, ids)
        # As the comments come, newest first: what was in force for the end of this chunk is for the next one's start.
        versions = list(dict.fromkeys(found[id_].policy_version for id_ in ids if id_ in found))
        old = {version: _policy_then(session, site, version, today) for version in versions}
        new = _compiled(session, job, site, today, beside)
    tally = Tally(job.tally)
    with WatchedThread() as watched:
        for comment_id in ids:
            watched.comment_id = comment_id
            past = found.get(comment_id)
            if past is None:
                tally.skip("never_judged")
            else:
                _replay(tally, past, new, old[past.policy_version])
    last = not ids or job.done + len(ids) >= job.total
    result = Chunk(ids[-1] if ids else job.cursor, len(ids), tally.stored(), last)
    return lambda session: result


def _newest(site_id: str, before: str, low: str, most: int) -> Select[str]:
    """The ids of a site's comments before that one, newest first. The index has them by status: the next of each, and
    of these the next."""
    every = union_all(
        *(
            select(
                select(Comment.id)
                .where(Comment.site_id == site_id, Comment.status == status, Comment.id < before, Comment.id >= low)
                .order_by(Comment.id.desc())
                .limit(most)
                .subquery()
            )
            for status in Status
        )
    ).subquery()
    return select(every.c.id).order_by(every.c.id.desc()).limit(most)


# Kept from chunk to chunk: compiling lists of words takes longer than judging a chunk.
_kept: OrderedDict[tuple[object, ...], SitePolicy] = OrderedDict()
_KEPT_MOST = 2
# The one that was in force for the last comment of the last chunk.
_then: dict[tuple[object, ...], SitePolicy | None] = {}


def _policy_then(session: Session, site: Site, version: str | None, today: date) -> SitePolicy | None:
    """The policy that judged a comment; None where it cannot be had any more."""
    key = (site.id, msgspec.json.encode(site.settings), version, today)
    if key not in _then:
        found = policy_at(session, site, version, today)
        _then.clear()
        _then[key] = found
    return _then[key]


def _compiled(session: Session, job: Job, site: Site, today: date, beside: Mapping[str, str] | None) -> SitePolicy:
    """The rehearsed policy with the site's classifier in force."""
    n = number_in_force(session, site.id)
    yaml, lists = job.asked["yaml"], job.asked.get("lists", {})
    given = tuple(sorted(lists.items())), tuple(sorted((beside or {}).items()))
    key = (yaml, *given, site.id, msgspec.json.encode(site.settings), today, n)
    found = _kept.get(key)
    if found is None:
        classifier = classifier_at(session, site.id, n)
        policy, _ = load_with(session, site.id, yaml, lists, beside)
        found = compile_site("rehearsed", policy, site.settings, today, classifier=classifier, classifier_n=n)
        _kept[key] = found
        while len(_kept) > _KEPT_MOST:
            _kept.popitem(last=False)
    return found


def _replay(tally: "Tally", past: PastJudgement, new: SitePolicy, old: SitePolicy | None) -> None:
    if not past.known:
        tally.skip("no_facts")
        return
    if past.by_standing_decision:
        tally.skip("standing_decision")
        return
    judge = judge_of(new, past)
    lacking = missing(past, judge, None if old is None else judge_of(old, past))
    if lacking:
        tally.skip(f"fact:{min(lacking)}")
        return
    tally.add(past, judge.judge(past.typed, past.facts))
