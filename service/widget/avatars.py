"""The avatar of a public face, drawn from its random seed. `static/widget/draw.js` draws the same one."""

from typing import NamedTuple

_PRIME, _STEP = 1_000_003, 7_919
_SIZE = 40
# Radius, turn of the hue in degrees, lightness in percent. The first disc is the ground.
_DISCS = ((99, 0, 78), (22, 40, 60), (11, 190, 48))


class Disc(NamedTuple):
    """One disc of the drawing, in its 40 x 40 box; `fill` is a CSS colour."""

    cx: int
    cy: int
    r: int
    fill: str


def discs(seed: str) -> list[Disc]:
    """The drawing, bottom first: the same for the same seed, here and in every browser."""
    state = 7

    def pick(most: int) -> int:
        nonlocal state
        state = state * _STEP % _PRIME
        return state % most

    for character in seed:
        before = state
        state = before + ord(character) + pick(9999)
    hue = pick(360)
    return [Disc(pick(_SIZE), pick(_SIZE), radius, f"hsl({hue + turn} 42% {light}%)") for radius, turn, light in _DISCS]
