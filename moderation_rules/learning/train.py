"""Training from decisions. Needs scikit-learn (extra `[learn]`); nothing that judges imports this."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final

from moderation_rules.learning import features
from moderation_rules.learning.model import Model

ENOUGH: Final = 200  # decisions of each kind before a site's classifier is used by itself
RATES: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
_LEAST = 10
_SIZE = 1 << features.BITS


class TooFew(ValueError):
    """Not enough decisions of one kind to learn from."""


def train(texts: Sequence[str], labels: Sequence[int], about: Mapping[str, Any] | None = None) -> Model:
    """Learns from texts and what became of them (1: stopped, 0: published). The same input gives the same model.

    Probabilities are calibrated, and thresholds for false-alarm rates chosen, on folds that were held back.
    Raises TooFew, and ImportError without scikit-learn.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    wanted = np.asarray(labels, dtype=np.int8)
    fewest = int(min((wanted == 0).sum(), (wanted == 1).sum()))
    if fewest < _LEAST:
        raise TooFew(f"needs {_LEAST} comments of each kind at least, has {fewest}")
    rows, used = _matrix(texts)
    split = int(np.searchsorted(used, features.HALF))
    held_back = np.zeros(len(wanted))
    folds = StratifiedKFold(5, shuffle=True, random_state=7)
    for learn, test in folds.split(held_back, wanted):
        weights, squares, bias = _fit(rows[learn], wanted[learn], split)
        held_back[test] = _scaled(rows[test], squares, split) @ weights + bias
    scale = LogisticRegression(C=1e3).fit(held_back[:, None], wanted)
    slope, offset = float(scale.coef_[0][0]), float(scale.intercept_[0])
    chances = 1 / (1 + np.exp(-np.clip(slope * held_back + offset, -60, 60)))
    good = np.sort(chances[wanted == 0])
    thresholds = {
        rate: round(float(good[-int(rate * len(good)) - 1]), 9) for rate in RATES if int(rate * len(good)) >= 1
    }
    weights, squares, bias = _fit(rows, wanted, split)
    # What was never seen speaks for nothing, but it does make a text longer.
    all_weights = np.zeros(_SIZE, dtype=np.float32)
    all_squares = np.full(_SIZE, (np.log(1 + len(texts)) + 1) ** 2, dtype=np.float32)
    all_weights[used], all_squares[used] = weights, squares
    counts = {"published": int((wanted == 0).sum()), "stopped": int((wanted == 1).sum())}
    return Model(
        weights=array("f", all_weights.tobytes()),
        squares=array("f", all_squares.tobytes()),
        bias=float(bias),
        slope=slope,
        offset=offset,
        thresholds=thresholds,
        about={**counts, **(about or {})},
    )


def _matrix(texts: Sequence[str]) -> tuple[Any, Any]:
    """One row a text and one column a bucket that occurs in any; and which buckets those are."""
    import numpy as np
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped, unused-ignore]

    columns = array("i")
    ends = array("q", [0])
    for text in texts:
        words, letters = features.buckets(text)
        columns.extend(sorted(words))
        columns.extend(sorted(letters))
        ends.append(len(columns))
    used, compact = np.unique(np.asarray(columns), return_inverse=True)
    ones = np.ones(len(columns), dtype=np.float32)
    return csr_matrix((ones, compact, np.asarray(ends)), shape=(len(texts), len(used))), used


def _fit(rows: Any, wanted: Any, split: int) -> tuple[Any, Any, float]:
    """Mean of two logistic regressions, one on rare n-grams weighted up (IDF), one by class ratios besides (NB).

    Ratios as weights: Wang and Manning, "Baselines and Bigrams" (ACL 2012). Both are linear in the same columns, so
    the mean is one vector. Columns from `split` are n-grams of characters; they and those of words each have length 1.
    Returns weights with the IDF multiplied in, squared IDFs, bias.
    """
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    seen = np.asarray(rows.sum(0)).ravel()
    rarity = np.log((1 + rows.shape[0]) / (1 + seen)) + 1
    squares = rarity**2
    scaled = csr_matrix(_scaled(rows, squares, split).multiply(rarity))
    stopped = 1 + np.asarray(rows[wanted == 1].sum(0)).ravel()
    published = 1 + np.asarray(rows[wanted == 0].sum(0)).ravel()
    ratios = np.abs(np.log((stopped / stopped.sum()) / (published / published.sum())))
    plain = LogisticRegression(C=3, solver="liblinear", class_weight="balanced", random_state=7).fit(scaled, wanted)
    by_ratio = LogisticRegression(C=3, solver="liblinear", class_weight="balanced", random_state=7)
    by_ratio.fit(csr_matrix(scaled.multiply(ratios)), wanted)
    weights = (plain.coef_[0] + by_ratio.coef_[0] * ratios) / 2 * rarity
    return weights, squares, float(plain.intercept_[0] + by_ratio.intercept_[0]) / 2


def _scaled(rows: Any, squares: Any, split: int) -> Any:
    """Rows divided by the lengths of their two parts."""
    import numpy as np
    from scipy.sparse import csr_matrix, hstack

    parts = []
    for part in (slice(0, split), slice(split, None)):
        lengths = np.sqrt(np.asarray(rows[:, part] @ squares[part]).ravel())
        lengths[lengths == 0] = 1
        parts.append(rows[:, part].multiply(1 / lengths[:, None]))
    return csr_matrix(hstack(parts))
