"""What the queue is asked by besides a comment's own columns: language, the rules that found something, words.

Written with the move that changes it, in the same transaction. A comment that waits for a judge is in none of it, so
that intake pays nothing for it. What an older release has judged, `service.moderation.outbox.unlisted` makes up for.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from models import ActorKind, Comment, CommentRule, CommentVersion, SearchEntry, Status, Thread
from models.comment import JUDGED
from models.database.bulk import Bulk
from models.database.prepared import Prepared
from models.database.words import words_of
from models.thread import is_settled, page_seen
from moderation_rules.language.tags import UNDETERMINED
from service.moderation.moves import Move

# Beside the facts of a decision: the language that its text was found to be in.
LANGUAGE = "language"

_IDS: Any = bindparam("ids", expanding=True)
_rule: Any = CommentRule.__table__
_entry: Any = SearchEntry.__table__
_TEXTS = Prepared(
    select(
        Comment.id,
        Comment.name,
        CommentVersion.text,
        Comment.page_url,
        Comment.page_title,
        Thread.title,
        Thread.verified,
        Thread.published_count,
    )
    .join(CommentVersion, and_(CommentVersion.comment_id == Comment.id, CommentVersion.n == Comment.current_version))
    .join(Thread, Thread.id == Comment.thread_id)
    .where(Comment.id.in_(_IDS))
)
_FORGET = (delete(_rule).where(_rule.c.comment_id.in_(_IDS)), delete(_entry).where(_entry.c.comment_id.in_(_IDS)))
_INSERT_RULES = Bulk.insert(_rule)
_ENTRY_TYPES = {column.name: column.type for column in _entry.c if column.name != "n"}
_INSERT_ENTRIES = Bulk(
    _ENTRY_TYPES,
    lambda row: insert(_entry).values(dict(row)),
    lambda rows: insert(_entry).from_select(list(_ENTRY_TYPES), select(*(rows[name] for name in _ENTRY_TYPES))),
    indexed=True,
)
_KEYS = {"id": _entry.c.comment_id.type, "to": _entry.c.status.type, "decision": _entry.c.decision_id.type}
_MOVE_ENTRY = Bulk.update(
    lambda row: (
        update(_entry).where(_entry.c.comment_id == row["id"]).values(status=row["to"], decision_id=row["decision"])
    ),
    _KEYS,
    indexed=True,
)
_MOVE_RULES = Bulk.update(
    lambda row: update(_rule).where(_rule.c.comment_id == row["id"]).values(status=row["to"]), _KEYS
)


def relisted(move: Move) -> bool:
    """Whether the comment is to be listed anew: its text, or what is known of it, is another one than before."""
    return move.text is not None or _judged_anew(move)


def _judged_anew(move: Move) -> bool:
    if move.after.status not in JUDGED:
        return False
    if move.text is not None:
        # The editors' hand in it: what was found in the text before goes with it.
        return True
    by_policy = move.cause.kind is ActorKind.POLICY and move.after.version_n == move.standing.current_version
    return by_policy or move.standing.status is Status.RECEIVED


def listed_columns(move: Move) -> dict[str, Any]:
    """What the row of a comment says of this, where the move lists it anew: empty for a text that nobody judged yet."""
    known = _judged_anew(move)
    return {
        "listed": move.standing_after.current_version if known else None,
        "language": language_of(move.cause.facts) if known else None,
        "nearness": move.cause.nearness if known else 0,
    }


def language_of(facts: Mapping[str, Any]) -> str | None:
    """The language that a judgement found the text to be in; None where it could not tell, or did not ask."""
    found = facts.get(LANGUAGE)
    return None if found in (None, UNDETERMINED) else str(found)


def follow(connection: Connection, moves: Sequence[Move]) -> None:
    """Brings rules and words of comments up to date that were judged anew, or have to be. Called once the moves and
    their `moved_entries` are written, their rows locked."""
    anew = [move for move in moves if _judged_anew(move)]
    gone = [move for move in moves if move.after.status not in JUDGED]
    # Nothing can be there of what nobody has judged before.
    forget(connection, [move.standing.id for move in (*anew, *gone) if not move.standing.fresh])
    if anew:
        texts = texts_of(connection, [move.standing.id for move in anew])
        write(connection, [(_facets(move), texts[move.standing.id]) for move in anew])


def moved_entries(moves: Sequence[Move]) -> list[tuple[Bulk, list[dict[str, Any]]]]:
    """What is to be written of comments that are listed already, and stay as they were found."""
    stays = [move for move in moves if move.after.status in JUDGED and not _judged_anew(move)]
    rows = [{"id": move.standing.id, "to": move.after.status, "decision": move.decision_id} for move in stays]
    return [
        (_MOVE_ENTRY, rows),
        (
            _MOVE_RULES,
            [row for row, move in zip(rows, stays, strict=True) if move.after.status is not move.standing.status],
        ),
    ]


def texts_of(connection: Connection, comment_ids: Collection[str]) -> dict[str, list[str]]:
    """What is searched of these comments: the name, the text that stands now, and the story's title as moderators see
    it, by id."""
    found = {}
    for comment_id, name, text, own_url, own_title, title, verified, published in _TEXTS.found(
        connection, {"ids": comment_ids}
    ):
        said = None if own_url is None else own_title or ""
        found[comment_id] = [name, text, page_seen(is_settled(verified, published), title, said)]
    return found


def forget(connection: Connection, comment_ids: Sequence[str]) -> None:
    """Takes comments out of what can be found by rule or word."""
    if comment_ids:
        for statement in _FORGET:
            connection.execute(statement, {"ids": list(comment_ids)})


Facets = tuple[dict[str, Any], Sequence[str]]


def facets(
    comment_id: str,
    site_id: str,
    status: Status,
    priority: int,
    decision_id: str,
    findings: Sequence[Mapping[str, Any]],
) -> Facets:
    """The columns of an entry without its words, and the rules that found something.

    One that could not check the comment has found nothing.
    """
    row = {
        "comment_id": comment_id,
        "site_id": site_id,
        "status": status,
        "priority": priority,
        "decision_id": decision_id,
    }
    return row, list(dict.fromkeys(str(found["rule"]) for found in findings if not found.get("could_not_check")))


def _facets(move: Move) -> Facets:
    judged = move.cause.kind is ActorKind.POLICY or move.text is not None
    standing = move.standing
    findings = move.cause.findings if judged else ()
    return facets(standing.id, standing.site_id, move.after.status, standing.priority, move.decision_id, findings)


def write(connection: Connection, listed: Sequence[tuple[Facets, Sequence[str]]]) -> None:
    """Inserts what these comments are found by: each with its name and text."""
    plain = connection.dialect.name == "sqlite"
    entries = []
    rules = []
    for (row, names), texts in listed:
        words = words_of(*texts)
        # In a `tsvector` each stands in quotes, of which it has none itself.
        entries.append({**row, "words": " ".join(words) if plain else " ".join([f"'{word}'" for word in words])})
        of_rule = {name: value for name, value in row.items() if name != "decision_id"}
        rules += [{**of_rule, "rule": name} for name in names]
    _INSERT_ENTRIES.run(connection, entries)
    _INSERT_RULES.run(connection, rules)
