"""A linear Bradley-Terry model, cross-fitted: P(A beats B) = sigmoid(w·φ(A) − w·φ(B))."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.schema import Floats, Ints
from core.scorers.features import COLUMNS, Features

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_STYLE_WEIGHT = 0.1
"""Size of a standardised style count beside n-gram vectors of length 1."""
_ROUNDS = 300


@dataclass(frozen=True)
class Model:
    """One weight vector per fold; that of fold f never saw a label of fold f."""

    idf: npt.NDArray[np.float32]
    """Shape (COLUMNS,)."""
    words: npt.NDArray[np.float32]
    """Shape (COLUMNS, folds)."""
    style: Floats
    """Shape (folds, styles), for raw style counts."""

    def rewards(self, features: Features, fold: Ints) -> Floats:
        """Return w_fold·φ per response, shape (n,); no row depends on another."""
        by_fold = weighted(features.ngrams, self.idf) @ self.words
        style = (features.style * self.style[fold]).sum(axis=1)
        return np.asarray(by_fold[np.arange(len(fold)), fold] + style, np.float64)


def weighted(ngrams: csr_matrix, idf: npt.NDArray[np.float32]) -> csr_matrix:
    """Return (1 + ln|tf|)·idf with each row scaled to length 1; an empty row stays 0."""
    from sklearn.preprocessing import normalize

    damped = ngrams.copy()
    damped.data = np.sign(damped.data) * (1 + np.log(np.maximum(np.abs(damped.data), 1)))
    damped.data *= idf[damped.indices]
    return normalize(damped, copy=False)


def cross_fit(chosen: Features, rejected: Features, fold: Ints, folds: int, c: float) -> Model:
    """Fit one model per fold on the pairs of all other folds.

    Row i of `chosen` and of `rejected` is pair i, in a canonical order; `fold` has shape (n,).
    Minimises Σ −ln sigmoid(w·(φ_chosen − φ_rejected)) + |w|²/(2c); Bradley and Terry 1952.
    The inverse document frequencies and scales look at texts, never at labels.
    """
    from scipy.sparse import csr_matrix, hstack

    idf = _idf(chosen.ngrams, rejected.ngrams)
    words = weighted(chosen.ngrams, idf) - weighted(rejected.ngrams, idf)
    gap = chosen.style - rejected.style
    # Root mean square rather than deviation: the same when two sides swap, so no label leaks.
    scale = np.sqrt(np.mean(gap.astype(np.float64) ** 2, axis=0))
    unit = np.divide(_STYLE_WEIGHT, scale, out=np.zeros_like(scale), where=scale > 0)
    pairs = hstack([words, csr_matrix((gap * unit).astype(np.float32))], format="csr")
    fitted = np.array([_fit(pairs[fold != f], c) for f in range(folds)])
    words_first = np.ascontiguousarray(fitted[:, :COLUMNS].T, dtype=np.float32)
    return Model(idf, words_first, fitted[:, COLUMNS:] * unit)


def _idf(chosen: csr_matrix, rejected: csr_matrix) -> npt.NDArray[np.float32]:
    seen = sum(np.bincount(side.indices, minlength=COLUMNS) for side in (chosen, rejected))
    n = chosen.shape[0] + rejected.shape[0]
    return np.asarray(np.log((1 + n) / (1 + seen)) + 1, np.float32)


def _fit(pairs: csr_matrix, c: float) -> npt.NDArray[np.float32]:
    """Return the weights; every second pair is turned round, since two classes are asked for."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    turn = np.where(np.arange(pairs.shape[0]) % 2, -1, 1)
    turned = pairs.multiply(turn[:, None].astype(np.float32)).tocsr()
    model = LogisticRegression(C=c, fit_intercept=False, max_iter=_ROUNDS)
    # One thread: more of them add in another order and change the last digits.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.asarray(model.fit(turned, turn).coef_[0], np.float32)
