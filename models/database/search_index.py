"""The index over words to search by: another one on each database, and nothing that SQLAlchemy has a word for."""

from collections.abc import Collection

from sqlalchemy import DDL, FromClause, event

# A list of what is still to be put into the index is read by every search: short.
_GIN = (
    "CREATE INDEX ix_search_entry_{0} ON search_entry USING gin (words) WITH (gin_pending_list_limit = 1024) WHERE {1}"
)
# The words were separated and folded before: FTS5 takes whatever stands between two spaces.
_FTS = """
CREATE VIRTUAL TABLE search_word USING fts5(
    site_id, status, words, content='search_entry', content_rowid='n', prefix='3', columnsize=0, detail=column,
    tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* S* Co Cn'"
)
"""
_ADD = "INSERT INTO search_word (rowid, site_id, status, words) VALUES (new.n, new.site_id, new.status, new.words);"
_TAKE = (
    "INSERT INTO search_word (search_word, rowid, site_id, status, words) "
    "VALUES ('delete', old.n, old.site_id, old.status, old.words);"
)
_OF_SQLITE = (
    _FTS,
    f"CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN {_ADD} END",
    f"CREATE TRIGGER search_entry_taken AFTER DELETE ON search_entry BEGIN {_TAKE} END",
    "CREATE TRIGGER search_entry_changed AFTER UPDATE OF site_id, status, words ON search_entry "
    f"BEGIN {_TAKE} {_ADD} END",
)


def index_words(table: FromClause, statuses: Collection[str]) -> None:
    """Has the index of `search_entry`, the words of each status, made and dropped with the table.

    None of it is anything that SQLAlchemy has a word for, and Alembic is told to look past it.
    """
    for when, dialect, statements in (
        ("after_create", "sqlite", _OF_SQLITE),
        ("after_create", "postgresql", [_GIN.format(status, f"status = '{status}'") for status in statuses]),
        ("before_drop", "sqlite", ("DROP TABLE IF EXISTS search_word",)),
    ):
        for statement in statements:
            # DDL takes a percent sign for the beginning of a name.
            ddl = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
            event.listen(table, when, ddl)
