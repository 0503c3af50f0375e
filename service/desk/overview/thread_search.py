"""Which threads somebody looks for: by words of the title, however accented, or by a part of the key.

Most are none of it, and where title and key are plain ASCII the database sees that; words of other titles are found
here.
"""

from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import Select
from sqlalchemy.orm import Session

from models.database.words import asked_for, words_of
from models.queries.overview.threads import Rank, Sought, threads_sought
from service.wiring import on_sqlite

# Threads that are looked through for one page of a search, and how many that may be what is sought are read at once.
THREADS_LOOKED_MOST = 10_000
READ_AT_ONCE = 1_000

# Selects of (thread, how many), most first: each of some sites, at most so many after this place.
Rankings = Callable[[Rank | None, int], Sequence[Select[str, int]]]


def looking_for(q: str) -> Callable[[str, str], bool]:
    """Whether a thread, by key and title, is what somebody looks for."""
    part, asked = q.strip().casefold(), asked_for(q)

    def fits(key: str, title: str) -> bool:
        if not part or part in key.casefold():
            return True
        words = words_of(title, key) if asked else []
        return bool(words) and all(
            any(word.startswith(one.word) if one.begins else word == one.word for word in words) for one in asked
        )

    return fits


def search_threads(
    session: Session, rankings: Rankings, q: str, after: Rank | None, *, by_many: bool
) -> Iterator[tuple[Rank, bool, int]]:
    """(place, whether it is what is sought, which one it is of all that come after `after`) of threads, in their order.

    `by_many`: whether one of them can have more than another. What is left out is none of it. The last one is the
    `THREADS_LOOKED_MOST`th and one, if there are so many.
    """
    fits = looking_for(q)
    sought = Sought(q.strip().lower(), [one.word for one in asked_for(q)], sqlite=on_sqlite(session))
    looked = 0
    while True:
        left = THREADS_LOOKED_MOST - looked
        rows: list[tuple[int, str, str, str, int]] = []
        ends: list[Rank] = []
        for ranked in rankings(after, left + 1):
            found = session.execute(threads_sought(ranked, sought, left, READ_AT_ONCE, by_many=by_many)).all()
            rows += found
            if found and (len(found) == READ_AT_ONCE or found[-1][4] > left):
                ends.append(found[-1][:2])
        # Of other sites there may be more beyond the end of one.
        rows = sorted((row for row in rows if row[:2] >= max(ends, default=(0, ""))), reverse=True)
        for many, thread_id, key, title, n in rows:
            yield (many, thread_id), fits(key, title), looked + n
        if not ends or looked + rows[-1][4] > THREADS_LOOKED_MOST:
            return
        looked, after = looked + rows[-1][4], rows[-1][:2]
