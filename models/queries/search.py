"""How either database is asked for words: what has to stand in a select, and what it is joined to."""

from collections.abc import Collection

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    cast,
    column,
    false,
    func,
    literal,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from models.comment import SearchEntry, Status
from models.database.words import Asked, asked_for
from models.queries.conditions import is_status

# FTS5's table. A column that is called as the table is what it is asked by.
_WORD = table("search_word", column("rowid"), column("search_word"))


class Search:
    """What was typed into a search field, for one kind of database."""

    def __init__(self, q: str, *, sqlite: bool) -> None:
        self._asked = asked_for(q)
        self.sqlite = sqlite

    @property
    def hopeless(self) -> bool:
        """Whether there is no word in it, so that nothing is found."""
        return not self._asked

    def entries(self, site_id: str, status: Status) -> tuple[FromClause, list[ColumnElement[bool]]]:
        """Where entries with these words are read, and the conditions. Every entry is read off an index of words."""
        # For SQLite no plain column: it would begin with all of a site's entries, and ask for words beside each.
        on_site = SearchEntry.site_id.concat("") if self.sqlite else SearchEntry.site_id
        conditions = [on_site == site_id, is_status(SearchEntry.status, status)]
        source: FromClause = SearchEntry.__table__
        if not self.sqlite:
            return source, [*conditions, self._matches()]
        where = _match(self._fts_of(site_id, status))
        return source.join(_WORD, _WORD.c.rowid == SearchEntry.n), [*conditions, where]

    def rows(self, site_id: str, status: Status, most: int) -> Select[int]:
        """At most so many numbers of entries with these words: no entry is read. SQLite only."""
        return select(_WORD.c.rowid.label("id")).where(_match(self._fts_of(site_id, status))).limit(most)

    def anywhere(self, most: int) -> Select[int]:
        """As `rows`, of any site and status: an index of words alone has these in a small part of the time. SQLite
        only."""
        return select(_WORD.c.rowid.label("id")).where(_match(_fts({"words": self._asked}))).limit(most)

    def entries_anywhere(
        self, site_ids: Collection[str], statuses: Collection[Status]
    ) -> tuple[FromClause, list[ColumnElement[bool]]]:
        """As `entries`, of several sites and statuses, which are looked at for each that has the words. SQLite only."""
        source = SearchEntry.__table__.join(_WORD, _WORD.c.rowid == SearchEntry.n)
        here = SearchEntry.site_id.concat("").in_(site_ids), SearchEntry.status.in_(statuses)
        return source, [_match(_fts({"words": self._asked})), *here]

    def _fts_of(self, site_id: str, status: Status) -> str:
        return _fts({"site_id": [Asked(site_id, False)], "status": [Asked(status, False)], "words": self._asked})

    def says(self, comment_id: SQLColumnExpression[str], *entry: ColumnElement[bool]) -> ColumnElement[bool]:
        """Whether the comment at hand has these words, and its entry fits. For a select that goes through comments in
        order."""
        if self.hopeless:
            return false()
        here = and_(SearchEntry.comment_id == comment_id, *entry)
        if not self.sqlite:
            # As a value: PostgreSQL would make a join of it, and may begin at the wrong end.
            return (
                select(self._matches())
                .select_from(SearchEntry)
                .where(here)
                .correlate_except(SearchEntry)
                .scalar_subquery()
            )
        # FTS5 would go through all that begin with these letters for each comment anew.
        words = literal(" ").concat(SearchEntry.words).concat(" ")
        has = [func.instr(words, f" {asked.word}" if asked.begins else f" {asked.word} ") > 0 for asked in self._asked]
        return select(SearchEntry.n).where(here, *has).correlate_except(SearchEntry).exists()

    def _matches(self) -> ColumnElement[bool]:
        # No word has a quote in it.
        words = " & ".join(f"'{asked.word}':*" if asked.begins else f"'{asked.word}'" for asked in self._asked)
        return SearchEntry.words.bool_op("@@")(cast(bindparam(None, words), TSQUERY))


def _match(where: str) -> ColumnElement[bool]:
    return _WORD.c.search_word.bool_op("MATCH")(bindparam(None, where))


def _fts(columns: dict[str, list[Asked]]) -> str:
    """A query in FTS5's language."""
    parts = {
        name: " AND ".join(f'"{asked.word}" *' if asked.begins else f'"{asked.word}"' for asked in words)
        for name, words in columns.items()
    }
    return " AND ".join(f"{name} : ({part})" for name, part in parts.items())
