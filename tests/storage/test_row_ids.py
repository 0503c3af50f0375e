"""Row ids: none is made twice, however fast they are made."""

from models import new_id
from models.database.ids import is_id, new_ids


def test_ids_of_one_millisecond_differ() -> None:
    made = [new_id(), *new_ids(3_000), new_id(), *new_ids(100), *new_ids(100), new_id()]
    assert len(set(made)) == len(made)
    assert all(map(is_id, made))
