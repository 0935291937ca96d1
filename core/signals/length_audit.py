"""The length audit: how far length alone makes the label, and a scorer beside equal lengths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.schema import Floats

EDGES = (-1.0, -0.3, -0.1, 0.1, 0.3, 1.0)
"""Of ln(chosen / rejected): answers within a tenth of each other's length are the middle bin."""


@dataclass(frozen=True)
class LengthAudit:
    """What length says about the labels; None where no row tells."""

    n: int
    """Rows with a known length ratio."""
    longer_wins: float | None
    """Share of labels that name the longer response, among those of unequal lengths."""
    auc: float | None
    """How well the length ratio alone tells the chosen side from the other; 0.5 is chance."""


@dataclass(frozen=True)
class LengthBin:
    """Labels whose two responses stand in one relation of lengths."""

    low: float
    high: float
    """Bounds of ln(chosen / rejected), low included."""
    n: int
    """Rows with a margin."""
    agreement: float | None
    """Share of margins above 0, those of exactly 0 as half; None without rows."""


def length_audit(ratio: Floats) -> LengthAudit:
    """Return what ln(chosen / rejected) of lengths says, shape (n,); NaN rows are left out.

    The AUC sets each row against each mirrored one: the share of i, j with r_i > −r_j, equal ones
    as half. Source: Singhal et al. 2023, arXiv:2310.03716; R3, arXiv:2402.03469.
    """
    known = np.sort(ratio[np.isfinite(ratio)])
    n, unequal = len(known), int((known != 0).sum())
    if not n:
        return LengthAudit(0, None, None)
    mirrored = np.sort(-known)
    below = np.searchsorted(mirrored, known, side="left")
    within = np.searchsorted(mirrored, known, side="right")
    auc = float((below + within).sum() / 2 / n**2)
    return LengthAudit(n, float((known > 0).sum() / unequal) if unequal else None, auc)


def length_bins(
    margins: Floats, ratio: Floats, edges: tuple[float, ...] = EDGES
) -> tuple[LengthBin, ...]:
    """Return how far margins agree with the labels within bins of ln(chosen / rejected).

    Shapes (n,); NaN rows are left out. A scorer that only counts words agrees where the chosen
    response is longer and not elsewhere; a good one agrees in every bin.
    """
    known = np.isfinite(margins) & np.isfinite(ratio)
    margins, place = margins[known], np.searchsorted(edges, ratio[known], side="right")
    n = np.bincount(place, minlength=len(edges) + 1)
    agrees = (np.sign(margins) + 1) / 2
    total = np.bincount(place, agrees, minlength=len(edges) + 1)
    bounds = (-np.inf, *edges, np.inf)
    return tuple(
        LengthBin(
            bounds[at], bounds[at + 1], int(n[at]), float(total[at] / n[at]) if n[at] else None
        )
        for at in range(len(edges) + 1)
    )
