import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Status
from service.errors import Invalid
from service.publishing.outline import Outline, Row, make_outline
from service.publishing.query import PageQuery, Sort


def id_(number: int) -> str:
    return f"{number:026d}"


def row(number: int, parent: int | None = None, *, shown: bool = True, votes: int = 0) -> Row:
    status = Status.APPROVED if shown else Status.REJECTED
    return Row(id_(number), None if parent is None else id_(parent), status, 1 if shown else None, votes)


def numbers(outline: Outline, asked: PageQuery) -> list[int]:
    return [int(item.id) for item in outline.page(asked)[0]]


THREAD = [row(1), row(2, 1), row(3), row(4, 2), row(5, 3, votes=9), row(6, votes=5), row(7, 1)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(PageQuery(), [1, 2, 3, 4, 5, 6, 7], id="oldest: by time"),
        pytest.param(PageQuery(sort="newest"), [6, 3, 5, 1, 2, 4, 7], id="newest: conversations"),
        pytest.param(PageQuery(sort="top"), [6, 3, 5, 1, 2, 4, 7], id="top: votes, then newest"),
        pytest.param(PageQuery(limit=3), [1, 2, 3], id="limit"),
        pytest.param(PageQuery(depth=0), [1, 3, 6], id="only first comments"),
        pytest.param(PageQuery(depth=1), [1, 2, 3, 5, 6, 7], id="and their replies"),
        pytest.param(PageQuery(parent=id_(1)), [2, 4, 7], id="all below one"),
        pytest.param(PageQuery(parent=id_(1), depth=0), [2, 7], id="direct replies of one"),
        pytest.param(PageQuery(parent=id_(2)), [4], id="below a reply"),
        pytest.param(PageQuery(parent=id_(99)), [], id="below an unknown one"),
        pytest.param(PageQuery(around=id_(6), limit=2), [5, 6], id="around a first comment"),
        pytest.param(PageQuery(around=id_(4), limit=4), [1, 2, 3, 4], id="around: parents are near"),
        pytest.param(PageQuery(around=id_(7), limit=3), [1, 6, 7], id="around: the parent is fetched"),
        pytest.param(PageQuery(around=id_(99), limit=2), [1, 2], id="around an unknown one: the start"),
    ],
)
def test_which_comments_in_which_order(asked: PageQuery, expected: list[int]) -> None:
    assert numbers(make_outline(THREAD), asked) == expected


def test_a_tombstone_stands_for_every_hidden_parent() -> None:
    outline = make_outline([row(1, shown=False), row(2, 1, shown=False), row(3, 2), row(4, 3, shown=False)])
    assert [(int(item.id), item.state, item.replies) for item in outline.items] == [
        (1, "removed", 0),
        (2, "removed", 1),
        (3, "published", 0),
    ]
    assert outline.count == 1


def test_a_reply_from_a_machine_with_a_slow_clock_still_follows_its_parent() -> None:
    outline = make_outline([row(1), row(9), row(5, 9), row(7, 5), row(8)])
    assert numbers(outline, PageQuery()) == [1, 8, 9, 5, 7]


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "Zm9v", "W10", "WyJuZXdlc3QiXQ", "WyJvbGRlc3QiLDFd", "é", "===="],
)
def test_foreign_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        make_outline(THREAD).page(PageQuery(cursor=cursor))
    assert refused.value.errors[0].field == "cursor"


trees = st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.integers(-3, 3)), max_size=40).map(
    lambda drawn: [
        row(at + 1, parent if 0 < parent <= at else None, shown=shown, votes=votes)
        for at, (parent, shown, votes) in enumerate(drawn)
    ]
)


@given(rows=trees, sort=st.sampled_from(["oldest", "newest", "top"]), limit=st.integers(1, 7))
def test_pages_hold_every_comment_once_and_parents_first(rows: list[Row], sort: Sort, limit: int) -> None:
    outline = make_outline(rows)
    seen: list[str] = []
    cursor = None
    while True:
        items, cursor = outline.page(PageQuery(sort=sort, limit=limit, cursor=cursor))
        assert len(items) <= limit
        for item in items:
            assert item.parent_id is None or item.parent_id in seen
            seen.append(item.id)
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == len(outline.items)
    assert {item.id for item in rows if item.published_version} <= set(seen)


@given(rows=trees, gone=st.sets(st.integers(1, 40)), sort=st.sampled_from(["oldest", "newest"]))
def test_a_cursor_holds_when_comments_are_gone(rows: list[Row], gone: set[int], sort: Sort) -> None:
    first, cursor = make_outline(rows).page(PageQuery(sort=sort, limit=3))
    left = [r._replace(published_version=None) if int(r.id) in gone else r for r in rows]
    if cursor is not None:
        rest, _ = make_outline(left).page(PageQuery(sort=sort, limit=200, cursor=cursor))
        assert not {item.id for item in rest} & {item.id for item in first}
        assert {item.id for item in make_outline(left).items} - {item.id for item in first} == {
            item.id for item in rest
        }
