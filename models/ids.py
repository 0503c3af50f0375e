from ulid import ULID


def new_id() -> str:
    """A new row id: a ULID of 26 characters, so ids sort by the time they were made (to a millisecond).

    Source: https://github.com/ulid/spec
    """
    return str(ULID())
