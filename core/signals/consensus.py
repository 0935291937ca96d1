"""How much each run counts: what runs say together, and what labels or gold add to that.

Products of two margins do not change when a label is reversed, so who agrees with whom tells the
good runs from bad and inverted ones whatever the noise. Labels (or gold) move the weights away from
that only where they say so clearly.
"""

from __future__ import annotations

import numpy as np

from core.schema import Floats, Ints

FEWEST_COMMON = 50
"""Rows that two runs must share before their agreement counts."""
_SAME, _ALIKE = 0.95, 0.85
"""Runs that correlate from `_ALIKE` to `_SAME` count as one more and more."""
_ROUNDS = 200
_CLEARLY = 3.0
"""Nats by which labels must be likelier with weights of their own: 20 to 1."""
_AT_ALL = 0.5
"""The same for two runs: their consensus is equal weights, which says nothing of either."""
_ROUNDING = 1e-12
_TIGHT = np.logspace(-4, 1, 26)
"""Pseudo-rows per row that hold weights at the consensus."""


def moments(margins: Floats) -> Floats:
    """Return the mean products of runs, shape (K, K), of standardised margins, shape (n, K).

    Over the rows that two runs share; 0 where they share fewer than 50.
    """
    known = np.isfinite(margins)
    filled, here = np.where(known, margins, 0.0), known.astype(np.float64)
    shared = here.T @ here
    mean = filled.T @ filled / np.maximum(shared, 1)
    off = ~np.eye(len(mean), dtype=np.bool_)
    mean[off & (shared < FEWEST_COMMON)] = 0.0
    return np.asarray(mean, np.float64)


def consensus(products: Floats, rows: Ints) -> Floats:
    """Return weights of K runs by how far each agrees with the others, shape (K,), sum 1.

    The leading vector of the mean products, shape (K, K), without their diagonal, kept at 0 or
    above: a run against the others gets 0, and so does one that agrees with them no more than
    chance among its `rows`, shape (K,); one that only says what another says shares its weight with
    it. Equal weights where no two runs agree, and for two runs.

    Source: Parisi et al. 2014 (spectral meta-learner), PNAS 111(4); the sharing is ours.
    """
    size = np.sqrt(np.maximum(np.diag(products), 1e-300))
    alike = np.clip((products / np.outer(size, size) - _ALIKE) / (_SAME - _ALIKE), 0.0, 1.0)
    np.fill_diagonal(alike, 1.0)
    share = np.sqrt(1 / alike.sum(1))
    tie = np.outer(share, share) * products * (1 - alike)
    vector = np.ones(len(products))
    # Part of the vector stays: a run between others that share no rows would swing for ever.
    stay = 0.5 * float(np.abs(tie).sum(1).max(initial=0.0))
    for _ in range(_ROUNDS):
        if not np.maximum(tie @ vector, 0.0).any():
            return np.asarray(share**2 / (share**2).sum(), np.float64)
        moved = np.maximum(tie @ vector + stay * vector, 0.0)
        # By the largest one: the norm of numbers near 0 is 0.
        vector = moved / moved.max()
    weights = share * vector
    if len(weights) > 2:
        together = against_others(products, weights)
        chance = ~(together > 2 / np.sqrt(np.maximum(rows, 1)))
        kept = np.where(chance, 0.0, weights)
        weights = kept if kept.any() else weights
    return np.asarray(weights / weights.sum(), np.float64)


def moved_by_labels(margins: Floats, weights: Floats) -> Floats:
    """Return the weights after hearing the labels, shape (K,), never negative, sum 1.

    margins: shape (n, K), positive where a run agrees with the label (or with gold), NaN unknown,
    which counts as 0. Least squares of 1 on the margins, held near the consensus `weights` by a
    normal prior as wide as the labels are likeliest under; labels that are not 20 times as likely
    without the consensus leave it as it is. Labels reversed at random shrink what is fitted and do
    not turn it, as with Fisher's discriminant.

    Source: empirical Bayes ridge regression, MacKay 1992; the threshold is ours.
    """
    filled = np.where(np.isfinite(margins), margins, 0.0)
    gram, toward = filled.T @ filled, filled.sum(0)
    said = float(weights @ gram @ weights)
    # Of runs that cancel each other out a rounding error is left, which says nothing.
    clear = said > _ROUNDING * float(np.trace(gram))
    along = max(float(toward @ weights) / said, 0.0) if clear else 0.0
    rest = toward - along * (gram @ weights)
    spread, turn = np.linalg.eigh(gram)
    spread, rest_turned = np.maximum(spread, 0.0), turn.T @ rest
    tight = _TIGHT * max(len(margins), 1)
    gains = [
        0.5 * float((rest_turned**2 / (spread + t)).sum() - np.log1p(spread / t).sum())
        for t in tight
    ]
    best = int(np.argmax(gains))
    if gains[best] <= (_CLEARLY if len(weights) > 2 else _AT_ALL):
        return weights
    apart = turn @ (rest_turned / (spread + tight[best]))
    moved = np.maximum(along * weights + apart, 0.0)
    return np.asarray(moved / moved.sum(), np.float64) if moved.any() else weights


def against_others(products: Floats, weights: Floats) -> Floats:
    """Return each run's correlation with the weighted sum of the others, shape (K,), NaN alone."""
    found = np.full(len(weights), np.nan)
    for k in range(len(weights)):
        others = np.where(np.arange(len(weights)) == k, 0.0, weights)
        square = float(others @ products @ others) * float(products[k, k])
        if square > 0:
            found[k] = float(products[k] @ others) / square**0.5
    return np.array(np.clip(found, -1.0, 1.0), np.float64)
