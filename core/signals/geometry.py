"""Preferences that one score per response cannot hold: cycles, tastes, and mixed margins."""

from __future__ import annotations

import numpy as np

from core.schema import Floats
from core.signals.ranks import cycles


def skew_scores(vectors: Floats) -> Floats:
    """Return s(i > j) = a0·b1 − a1·b0 between responses with two numbers each, (n, 2) → (n, n).

    Antisymmetric, so it can hold cycles, which Bradley-Terry cannot.
    Source: GPM, Zhang et al., ICML 2025, arXiv:2410.02197 (methods 8.12).
    """
    first, second = vectors.T
    return np.asarray(np.outer(first, second) - np.outer(second, first), np.float64)


def cyclic_triads(scores: Floats) -> tuple[int, int]:
    """Return how many triples form a cycle, and how many are complete, of scores (n, n).

    s(i, j) > s(j, i): i is preferred; equal or NaN is no preference, and its triples are not
    complete. In a tournament by coin tosses a quarter of them are cyclic.
    Source: Kendall and Babington Smith 1940.
    """
    decided = ((scores > scores.T) | (scores < scores.T)).astype(np.int64)
    # Each complete triple is walked round six times.
    return len(cycles(scores)), int(np.trace(np.linalg.matrix_power(decided, 3))) // 6


def ideal_point_margin(
    prototypes: Floats, weights: Floats, chosen: Floats, rejected: Floats
) -> float:
    """Return ||x_l − a|| − ||x_w − a||, a = weights·prototypes: above 0 this person prefers x_w.

    Source: PAL, plural annotators (methods 8.13).
    """
    ideal = weights @ prototypes
    return float(np.linalg.norm(rejected - ideal) - np.linalg.norm(chosen - ideal))


def trace_share(trace_variance: float, trace_bias: Floats, empty_bias: Floats) -> float:
    """Return a* = b_e·(b_e − b_t) / (Var_t + ||b_t − b_e||²): the best share of the trace's margin.

    Source: algebra of bias and variance for BVPO, arXiv:2510.05095 (methods 8.7).
    """
    apart = empty_bias - trace_bias
    return float(empty_bias @ apart / (trace_variance + apart @ apart))
