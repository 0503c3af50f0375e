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

MAGIC: Final = b"rejoinder-model 2\n"
STEPS: Final = 32_767  # weights are whole numbers from -STEPS to STEPS
_ANY_VERSION = b"rejoinder-model "
_BYTES = 2 << features.BITS
_LARGEST = 8 << 20  # bytes a classifier file may have
_LONGEST_HEADER = 1 << 20


class ClassifierError(ValueError):
    """A file that is no classifier, a damaged one, or one made for other features."""


class Weighed(NamedTuple):
    """An n-gram that spoke for stopping a text: what stands at `start:end`, and how much it weighed."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Classifier:
    """A linear model over hashed n-grams. Frozen and shared by threads; 2 MB.

    `weights` has one whole number a bucket. The sum over a text's n-grams of words, divided by the square root of how
    many there are, counts `words` times, that over its n-grams of characters `letters` times; with `bias` they are
    the logarithm of the odds. `thresholds` are probabilities by false-alarm rate, as measured on decisions held back
    from training. `about` says what it was trained on.
    """

    weights: array[int] = field(repr=False)
    words: float
    letters: float
    bias: float
    thresholds: Mapping[float, float]
    about: Mapping[str, Any]

    def probability(self, text: str) -> float:
        """How likely the site's moderators would stop the text, 0 to 1."""
        words, letters = features.buckets(text)
        at = self.weights.__getitem__
        total = self.bias
        if words:
            total += self.words * sum(map(at, words)) / sqrt(len(words))
        if letters:
            total += self.letters * sum(map(at, letters)) / sqrt(len(letters))
        return _probability(total)

    @property
    def unknown(self) -> float:
        """The probability for a text in which nothing speaks for or against."""
        return _probability(self.bias)

    def threshold(self, false_alarms: float) -> float:
        """Probability above which at most this share of good texts lies; 1 where no measured rate is that low."""
        known = [rate for rate in self.thresholds if rate <= false_alarms]
        return self.thresholds[max(known)] if known else 1.0

    def explain(self, text: str, most: int = 3) -> list[Weighed]:
        """The pieces of the text that spoke most for stopping it, without overlaps, heaviest first.

        `weight` is what a piece adds to the logarithm of the odds.
        """
        words, letters = features.buckets(text)
        by_word, by_letters = self.words / sqrt(len(words) or 1), self.letters / sqrt(len(letters) or 1)
        best: dict[tuple[int, int], float] = {}
        for gram in features.placed(text):
            weight = self.weights[gram.bucket] * (by_word if gram.bucket < features.HALF else by_letters)
            place = (gram.start, gram.end)
            if weight > best.get(place, 0.0):
                best[place] = weight
        kept: list[Weighed] = []
        for (start, end), weight in sorted(best.items(), key=lambda item: (-item[1], item[0])):
            if all(end <= other.start or other.end <= start for other in kept):
                kept.append(Weighed(start, end, round(weight, 4)))
                if len(kept) == most:
                    break
        return kept


def dump_classifier(classifier: Classifier) -> bytes:
    """The classifier as bytes: a line that names the format, a SHA-256 of the rest, a JSON line, packed numbers."""
    header = {
        "features": features.VERSION,
        "bits": features.BITS,
        "words": classifier.words,
        "letters": classifier.letters,
        "bias": classifier.bias,
        "thresholds": [[rate, value] for rate, value in sorted(classifier.thresholds.items())],
        "about": dict(classifier.about),
    }
    packed = zlib.compress(_swapped(classifier.weights).tobytes(), 6)
    body = json.dumps(header, sort_keys=True).encode("ascii") + b"\n" + packed
    return MAGIC + sha256(body).hexdigest().encode("ascii") + b"\n" + body


def load_classifier(raw: bytes) -> Classifier:
    """Reads what `dump_classifier` wrote. Raises ClassifierError; runs nothing that stands in the file."""
    if not raw.startswith(MAGIC):
        if raw.startswith(_ANY_VERSION):
            raise ClassifierError("the classifier was trained for another release; train it anew")
        raise ClassifierError("this is not a classifier")
    if len(raw) > _LARGEST:
        raise ClassifierError(f"the classifier is larger than {_LARGEST >> 20} MiB")
    checksum, _, body = raw[len(MAGIC) :].partition(b"\n")
    if sha256(body).hexdigest().encode("ascii") != checksum:
        raise ClassifierError("the classifier is damaged: its checksum does not fit")
    line, _, packed = body.partition(b"\n")
    try:
        header = json.loads(line[:_LONGEST_HEADER])
        if (header["features"], header["bits"]) != (features.VERSION, features.BITS):
            raise ClassifierError("the classifier was trained for another release; train it anew")
        return Classifier(
            weights=_unpacked(packed),
            words=_number(header["words"], 0.0),
            letters=_number(header["letters"], 0.0),
            bias=_number(header["bias"]),
            thresholds={_number(rate, 0.0, 1.0): _number(value, 0.0, 1.0) for rate, value in header["thresholds"]},
            about=dict(header["about"]),
        )
    except ClassifierError:
        raise
    except (KeyError, TypeError, ValueError, RecursionError, zlib.error):
        raise ClassifierError("the classifier can't be read") from None


def _probability(total: float) -> float:
    return round(1 / (1 + exp(-max(-60.0, min(60.0, total)))), 9)


def _number(value: Any, least: float = -1e9, most: float = 1e9) -> float:
    # Nothing compares to NaN, so it is out of bounds as well.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise ClassifierError("the classifier can't be read: a number is missing or out of bounds")
    return float(value)


def _unpacked(packed: bytes) -> array[int]:
    unpacking = zlib.decompressobj()
    plain = unpacking.decompress(packed, _BYTES + 1)
    if len(plain) != _BYTES or not unpacking.eof or unpacking.unused_data:
        raise ClassifierError("the classifier is damaged: its size does not fit")
    numbers = array("h")
    numbers.frombytes(plain)
    return _swapped(numbers)


def _swapped(numbers: array[int]) -> array[int]:
    """Little-endian in files; the same numbers otherwise."""
    if sys.byteorder == "big":
        numbers = array("h", numbers)
        numbers.byteswap()
    return numbers
