"""Scores by which pairs, neighbours or slices are chosen: functions for presets and queues."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.schema import Bools, Floats, Ints

_MOST_NEIGHBOURS = 8


def topsis(columns: Floats, lower_is_better: Bools) -> Floats:
    """Return d_worst / (d_best + d_worst) per row, in [0,1], higher is better, shape (n, c) → (n,).

    Each column is divided by its L2 norm; best and worst are the column's ends. Rows at both ends
    of equal columns get a half. NaN where a column is unknown. Source: Hwang and Yoon 1981, as used
    by DONOD (methods 8.1).
    """
    known = np.isfinite(columns).all(1)
    found = np.full(len(columns), np.nan)
    if not known.any():
        return found
    kept = columns[known]
    size = np.sqrt((kept**2).sum(0))
    scaled = np.where(lower_is_better, -kept, kept) / np.where(size > 0, size, 1.0)
    best = np.sqrt(((scaled - scaled.max(0)) ** 2).sum(1))
    worst = np.sqrt(((scaled - scaled.min(0)) ** 2).sum(1))
    apart = best + worst
    found[known] = np.where(apart > 0, worst / np.where(apart > 0, apart, 1.0), 0.5)
    return found


def log_neighbour_distance(points: Floats, k: int) -> Floats:
    """Return ln ||e − e^(k)|| to each point's k-th nearest other, shape (n, d) → (n,).

    −inf for a point with k equal ones. All distances are made, so n is a few thousand at most.
    Raises ValueError unless 1 ≤ k < n. Source: k-nearest-neighbour entropy, FiFA (methods 8.2).
    """
    if not 1 <= k < len(points):
        raise ValueError(f"k is 1 to {len(points) - 1}, not {k}")
    square = (points**2).sum(1)
    apart = np.maximum(square[:, None] + square - 2 * points @ points.T, 0.0)
    np.fill_diagonal(apart, np.inf)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.partition(apart, k - 1, axis=1)[:, k - 1]) / 2, np.float64)


def alignment_map(chosen: Floats, rejected: Floats) -> tuple[Floats, Floats]:
    """Return mean and population variance of a pair's two scores, shape (n,) each.

    The variance is (margin / 2)². Source: alignment data map, arXiv:2505.23114 (methods 12.15).
    """
    return (chosen + rejected) / 2, ((chosen - rejected) / 2) ** 2


def examples_needed(p: Floats) -> Ints:
    """Return how many similar pairs to fetch for a gold error, 8 for p ≤ 0.5, else ⌈8(1−p)⌉.

    Source: Skywork-Reward-V2, arXiv:2507.01352 (methods 8.9).
    """
    fewer = np.ceil(_MOST_NEIGHBOURS * (1 - p) - 1e-9)
    return np.where(p <= 0.5, _MOST_NEIGHBOURS, fewer).astype(np.int64)


@dataclass(frozen=True)
class SignalToNoise:
    """How far a diagnostic tells scorers apart, beside how much it moves by itself."""

    signal: float
    noise: float
    ratio: float | None
    """None without noise."""


def signal_to_noise(scores: Floats, repeats: Floats) -> SignalToNoise:
    """Return max |m_j − m_k| / mean m over scorers, std / mean over repeats, and their ratio.

    scores: one per scorer; repeats: one scorer's value from several seeds or bootstrap draws; both
    with a mean other than 0. Source: Heineman et al., arXiv:2508.13144 (methods 8.16).
    """
    signal = float((scores.max() - scores.min()) / scores.mean())
    noise = float(repeats.std() / repeats.mean())
    return SignalToNoise(signal, noise, signal / noise if noise else None)
