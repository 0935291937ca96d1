"""The audited noise rate: what rows that were looked at say about all, by how they were drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.schema import Bools, Floats
from core.signals.wilson import Z90, wilson


@dataclass(frozen=True)
class Audited:
    """A share of reversed labels, with its 90 % interval."""

    rate: float
    low: float
    high: float
    naive: float
    """Share among the rows looked at, as if they had been drawn evenly."""


def horvitz_thompson(wrong: Bools, probability: Floats, rows: int) -> float:
    """Return sum(wrong / probability) / rows: the share of reversed labels among `rows`.

    wrong, probability: shape (audited,); the chance each had of being drawn, known by design and
    never clipped. With probability 1 it is the plain share. Source: Horvitz and Thompson 1952.
    """
    return float((wrong / probability).sum() / rows)


def audited(wrong: Bools, probability: Floats, rows: int) -> Audited:
    """Return Hajek's form, sum(wrong / p) / sum(1 / p), with a Wilson interval.

    The interval uses the effective number of audits (sum 1/p)² / sum 1/p² (Kish 1965), and is that
    of the process that made the labels, also where every row was looked at. `rows` bounds nothing
    but the check that as many were not drawn.

    Raises:
        ValueError: no audit, a probability outside (0, 1], or more audits than rows.
    """
    if not len(wrong) or len(wrong) > rows:
        raise ValueError(f"{len(wrong)} audits of {rows} rows")
    if not ((probability > 0) & (probability <= 1)).all():
        raise ValueError("a probability of being drawn lies above 0 and at most at 1")
    weight = 1 / probability
    rate = float((wrong * weight).sum() / weight.sum())
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    low, high = wilson(rate, effective, Z90)
    return Audited(rate, low, high, float(np.mean(wrong)))
