"""Training from decisions. Needs scikit-learn (extra `[learn]`); nothing that judges imports this."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final

from moderation_rules.learning import features
from moderation_rules.learning.classifier import STEPS, Classifier

ENOUGH: Final = 200  # decisions of each kind before a site's classifier is used by itself
RATES: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
_LEAST = 10
_FOLDS = 5
_STRENGTH = 6.0  # C of the regressions: the same for all sites; more or less of it changed little on any


class TooFew(ValueError):
    """Not enough decisions of one kind to learn from."""


def train(texts: Sequence[str], labels: Sequence[int], about: Mapping[str, Any] | None = None) -> Classifier:
    """Learns from texts and what became of them (1: stopped, 0: published). The same input gives the same classifier.

    How much words and characters count, probabilities, and thresholds for false-alarm rates come from folds that
    were held back. Raises TooFew, and ImportError without scikit-learn.
    """
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    wanted = np.asarray(labels, dtype=np.int8)
    fewest = int(min((wanted == 0).sum(), (wanted == 1).sum()))
    if fewest < _LEAST:
        raise TooFew(f"needs {_LEAST} comments of each kind at least, has {fewest}")
    parts, used = _matrices(texts)
    held_back = np.zeros((len(wanted), 2))
    for learn, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=7).split(held_back, wanted):
        weights = _fit([part[learn] for part in parts], wanted[learn])
        for column, (part, weight) in enumerate(zip(parts, weights, strict=True)):
            held_back[test, column] = part[test] @ weight
    slopes, bias = _calibrated(held_back, wanted)
    chances = 1 / (1 + np.exp(-np.clip(held_back @ slopes + bias, -60, 60)))
    good = np.sort(chances[wanted == 0])
    thresholds = {
        rate: round(float(good[-int(rate * len(good)) - 1]), 9) for rate in RATES if int(rate * len(good)) >= 1
    }
    whole = np.zeros(1 << features.BITS, dtype=np.int16)
    counts: list[float] = []
    for slope, weight, columns in zip(slopes, _fit(parts, wanted), used, strict=True):
        largest = float(np.abs(weight).max(initial=0.0)) or 1.0
        whole[columns] = np.rint(weight * (STEPS / largest))
        counts.append(float(slope) * largest / STEPS)
    kinds = {"published": int((wanted == 0).sum()), "stopped": int((wanted == 1).sum())}
    return Classifier(
        weights=array("h", whole.tobytes()),
        words=counts[0],
        letters=counts[1],
        bias=bias,
        thresholds=thresholds,
        about={**kinds, **(about or {})},
    )


def _matrices(texts: Sequence[str]) -> tuple[list[Any], list[Any]]:
    """Of words and of characters: one row a text, one column a bucket that occurs; and which buckets those are.

    A row is divided by the square root of its sum, so that long texts don't weigh more.
    """
    import numpy as np
    from scipy.sparse import csr_matrix, diags  # type: ignore[import-untyped, unused-ignore]

    columns, ends = (array("i"), array("i")), (array("q", [0]), array("q", [0]))
    for text in texts:
        for column, end, found in zip(columns, ends, features.buckets(text), strict=True):
            column.extend(found)
            end.append(len(column))
    parts, used = [], []
    for column, end in zip(columns, ends, strict=True):
        known, compact = np.unique(np.asarray(column, dtype=np.int32), return_inverse=True)
        ones = np.ones(len(column), dtype=np.float32)
        rows = csr_matrix((ones, compact.astype(np.int32), np.asarray(end)), shape=(len(texts), len(known)))
        lengths = np.sqrt(np.maximum(1, np.diff(np.asarray(end))))
        rows.sum_duplicates()
        parts.append(csr_matrix(diags(1 / lengths) @ rows))
        used.append(known)
    return parts, used


def _fit(parts: Sequence[Any], wanted: Any) -> list[Any]:
    """Weights by column for each part: the mean of two logistic regressions, in both of which rare n-grams are
    weighted up (IDF), in one by class ratios besides.

    Ratios as weights: Wang and Manning, "Baselines and Bigrams" (ACL 2012). Both are linear in the same columns, so
    the mean is one vector.
    """
    import numpy as np
    from scipy.sparse import csr_matrix, diags, hstack
    from sklearn.linear_model import LogisticRegression

    rarities, ratios = [], []
    for rows in parts:
        seen = np.asarray((rows > 0).sum(0)).ravel()
        rarity = np.log((1 + rows.shape[0]) / (1 + seen)) + 1
        rarity[seen == 0] = 0
        # In the mean a part's entries stay as large as they were, however rare its n-grams are.
        rarities.append(rarity / max(1.0, np.sqrt((rarity**2 * seen).sum() / max(1, seen.sum()))))
        stopped = 1 + np.asarray((rows[wanted == 1] > 0).sum(0)).ravel()
        published = 1 + np.asarray((rows[wanted == 0] > 0).sum(0)).ravel()
        ratios.append(np.abs(np.log((stopped / stopped.sum()) / (published / published.sum()))))
    rarity, ratio = np.concatenate(rarities), np.concatenate(ratios)
    scaled = csr_matrix(hstack(parts) @ diags(rarity))
    weights = np.zeros(len(rarity))
    for factor in (np.ones(len(rarity)), ratio):
        regression = LogisticRegression(C=_STRENGTH, solver="liblinear", class_weight="balanced", random_state=7)
        regression.fit(csr_matrix(scaled @ diags(factor)), wanted)
        weights += regression.coef_[0] * factor * rarity / 2
    return np.split(weights, np.cumsum([rows.shape[1] for rows in parts])[:-1])


def _calibrated(sums: Any, wanted: Any) -> tuple[Any, float]:
    """How much each part's sum counts, and the bias, so that probabilities come out: Platt's scaling with a slope a
    part. Where one part seems to speak against itself, what it says is chance, and both get one slope."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    spread = sums.std(0)
    spread[spread == 0] = 1
    scale = LogisticRegression(C=1.0).fit(sums / spread, wanted)
    if scale.coef_[0].min() >= 0:
        return scale.coef_[0] / spread, float(scale.intercept_[0])
    both = sums.sum(1)
    wide = float(both.std()) or 1.0
    scale = LogisticRegression(C=1.0).fit(both[:, None] / wide, wanted)
    return np.full(2, max(0.0, float(scale.coef_[0][0])) / wide), float(scale.intercept_[0])
