"""An outside reference: cleanlab's scores on the same probabilities, where it is installed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from core.schema import Floats
from core.signals.detectors import Detection

_FEWEST = 10
"""Rows below which there is nothing to count."""


def cleanlab(p: Floats, seed: int = 0) -> Mapping[str, Detection]:
    """Return what cleanlab makes of p = P(the chosen response is better), shape (n,).

    The two sides stand in random order, drawn by `seed`: as chosen and rejected all rows would have
    one class. The score is 1 − label quality (self-confidence); the rate is the share of rows that
    `find_label_issues` prunes. Nothing where it is not installed.

    Source: Northcutt et al. 2021, arXiv:1911.00068.
    """
    known = np.flatnonzero(np.isfinite(p))
    if find_spec("cleanlab") is None or len(known) < _FEWEST:
        return {}
    label = np.random.default_rng(seed).permutation(np.arange(len(known)) % 2)
    both = np.stack([np.where(label == 0, p[known], 1 - p[known])] * 2, axis=1)
    both[:, 1] = 1 - both[:, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quality = import_module("cleanlab.rank").get_label_quality_scores(
            label, both, method="self_confidence"
        )
        issues = import_module("cleanlab.filter").find_label_issues(
            label, both, filter_by="prune_by_noise_rate", n_jobs=1
        )
    score, counted = np.full(len(p), np.nan), np.full(len(p), np.nan)
    score[known], counted[known] = 1 - quality, issues
    return {"": Detection(score, score, counted, np.ones(len(p)))}
