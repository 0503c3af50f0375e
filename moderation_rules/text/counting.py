"""Numbers of things in words."""


def counted(n: int, noun: str, many: str = "") -> str:
    """ "1 comment", "1,200 comments"; `many` where the plural is not the noun with an s."""
    return f"{n:,} {noun if n == 1 else many or noun + 's'}"
