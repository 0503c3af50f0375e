"""A trained classifier as data: reading, writing and judging with nothing but the standard library."""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from math import exp, sqrt
from typing import Any, Final, NamedTuple

from moderation_rules.learning import features

MAGIC: Final = b"rejoinder-model 1\n"
_SIZE = 1 << features.BITS
_LARGEST = 64 << 20  # bytes a model file or what is packed in it may have


class ModelError(ValueError):
    """A file that is no model, a damaged one, or one made for other features."""


class Weighed(NamedTuple):
    """An n-gram that spoke for stopping a text: what stands at `start:end`, and how much it weighed."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Model:
    """A linear model over hashed n-grams. Frozen and shared by threads.

    `weights` and `squares` have one entry a bucket: what it adds, and its part of the squared length of a text.
    `slope` and `offset` turn sums into probabilities (Platt). `thresholds` are probabilities by false-alarm rate,
    as measured on decisions held back from training. `about` says what it was trained on.
    """

    weights: array[float] = field(repr=False)
    squares: array[float] = field(repr=False)
    bias: float
    slope: float
    offset: float
    thresholds: Mapping[float, float]
    about: Mapping[str, Any]

    def probability(self, text: str) -> float:
        """How likely the site's moderators would stop the text, 0 to 1."""
        total = self.bias
        for buckets in features.buckets(text):
            if buckets:
                length = sqrt(sum(map(self.squares.__getitem__, buckets)))
                total += sum(map(self.weights.__getitem__, buckets)) / length
        return self._probability(total)

    @property
    def unknown(self) -> float:
        """The probability for a text in which nothing speaks for or against."""
        return self._probability(self.bias)

    def _probability(self, total: float) -> float:
        return round(1 / (1 + exp(-max(-60.0, min(60.0, self.slope * total + self.offset)))), 9)

    def threshold(self, false_alarms: float) -> float:
        """Probability above which at most this share of good texts lies; 1 where no measured rate is that low."""
        known = [rate for rate in self.thresholds if rate <= false_alarms]
        return self.thresholds[max(known)] if known else 1.0

    def explain(self, text: str, most: int = 3) -> list[Weighed]:
        """The pieces of the text that spoke most for stopping it, without overlaps, heaviest first."""
        best: dict[tuple[int, int], float] = {}
        for gram in features.placed(text):
            weight = self.weights[features.bucket(gram.text)]
            if weight > 0:
                place = (gram.start, gram.end)
                best[place] = max(weight, best.get(place, 0.0))
        kept: list[Weighed] = []
        for (start, end), weight in sorted(best.items(), key=lambda item: (-item[1], item[0])):
            if all(end <= other.start or other.end <= start for other in kept):
                kept.append(Weighed(start, end, round(weight, 4)))
                if len(kept) == most:
                    break
        return kept


def dump_model(model: Model) -> bytes:
    """The model as bytes: a first line that names the format, a SHA-256 of the rest, a JSON line, packed numbers."""
    header = {
        "features": features.VERSION,
        "bits": features.BITS,
        "bias": model.bias,
        "slope": model.slope,
        "offset": model.offset,
        "thresholds": [[rate, value] for rate, value in sorted(model.thresholds.items())],
        "about": dict(model.about),
    }
    packed = zlib.compress(_little(model.weights) + _little(model.squares), 6)
    body = json.dumps(header, sort_keys=True).encode("ascii") + b"\n" + packed
    return MAGIC + sha256(body).hexdigest().encode("ascii") + b"\n" + body


def load_model(raw: bytes) -> Model:
    """Reads what `dump_model` wrote. Raises ModelError; runs nothing that stands in the file."""
    if not raw.startswith(MAGIC):
        raise ModelError("not a classifier of ours, or of another version")
    checksum, _, body = raw[len(MAGIC) :].partition(b"\n")
    if sha256(body).hexdigest().encode("ascii") != checksum:
        raise ModelError("the classifier is damaged: its checksum does not fit")
    line, _, packed = body.partition(b"\n")
    try:
        header = json.loads(line)
        if (header["features"], header["bits"]) != (features.VERSION, features.BITS):
            raise ModelError("the classifier was trained for another release; train it anew")
        plain = zlib.decompressobj().decompress(packed, _LARGEST)
        if len(plain) != 2 * 4 * _SIZE:
            raise ModelError("the classifier is damaged: its size does not fit")
        return Model(
            weights=_floats(plain[: 4 * _SIZE]),
            squares=_floats(plain[4 * _SIZE :]),
            bias=float(header["bias"]),
            slope=float(header["slope"]),
            offset=float(header["offset"]),
            thresholds={float(rate): float(value) for rate, value in header["thresholds"]},
            about=dict(header["about"]),
        )
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError("the classifier can't be read") from None


def _little(numbers: array[float]) -> bytes:
    if sys.byteorder == "big":
        numbers = array("f", numbers)
        numbers.byteswap()
    return numbers.tobytes()


def _floats(raw: bytes) -> array[float]:
    numbers = array("f")
    numbers.frombytes(raw)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
