"""How far prompts lie apart, and a choice of rows that keeps its prompts apart; bounded memory."""

from __future__ import annotations

import numpy as np

from core.curate.presets.cuts import steady
from core.schema import Floats, Ints

NEAREST = 1e-3
"""Distances below count as this: of equal prompts the logarithm would be endless."""
_BLOCK = 1_024
DIGITS = 8
"""Beyond them a product of matrices differs from machine to machine."""


def log_distances(vectors: Floats, rows: Ints, reference: Ints, k: int) -> Floats:
    """Return ln ||e − e^(k)|| of each of `rows` to its k-th nearest other of `reference`.

    vectors: shape (n, d). rows: places in it, shape (m,). reference: places in `rows`, shape (r,).
    Blocks of 1,024 × r distances are held at a time. 0 for a lone row; with fewer than k others the
    farthest counts. Source: k-nearest-neighbour entropy, FiFA (methods 8.2).
    """
    found = np.zeros(rows.size)
    others = vectors[rows[reference]].astype(np.float64)
    norms = np.einsum("ij,ij->i", others, others)
    column = np.full(rows.size, -1)
    column[reference] = np.arange(reference.size)
    for start in range(0, rows.size, _BLOCK):
        block = slice(start, min(start + _BLOCK, rows.size))
        square = _squares(vectors[rows[block]].astype(np.float64), others, norms)
        found[block] = _kth(square, column[block], k)
    return found


def _squares(points: Floats, others: Floats, norms: Floats) -> Floats:
    square = points @ others.T
    square *= -2
    square += norms
    square += np.einsum("ij,ij->i", points, points)[:, None]
    return square


def _kth(square: Floats, own: Ints, k: int) -> Floats:
    """Return ln of the k-th smallest distance of each line, shape (b, r) → (b,), without itself."""
    inside = np.flatnonzero(own >= 0)
    square[inside, own[inside]] = np.inf
    if square.shape[1] < 2:
        return np.zeros(len(square))
    at = min(k, square.shape[1] - 1) - 1
    return _log(np.partition(square, at, axis=1)[:, at])


def _log(square: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(square, NEAREST**2)) / 2, np.float64)


def farthest_first(vectors: Floats, base: Floats, first: Floats, weight: float, n: int) -> Ints:
    """Return n places, each with the largest base + weight·ln(distance to the nearest chosen).

    vectors: shape (c, d), in the order that decides between equals; base: shape (c,). The first is
    the largest of `first`, shape (c,). n·c·d steps. Ours, after farthest-point sampling (8.2).
    """
    norms = np.einsum("ij,ij->i", vectors, vectors)
    nearest = np.full(base.size, np.inf)
    total, chosen = first.copy(), np.zeros(n, np.int64)
    for i in range(n):
        chosen[i] = at = int(np.argmax(steady(total, DIGITS)))
        square = norms + norms[at] - 2 * (vectors @ vectors[at])
        nearest = np.minimum(nearest, square)
        total = base + weight * _log(nearest)
        total[chosen[: i + 1]] = -np.inf
    return chosen
