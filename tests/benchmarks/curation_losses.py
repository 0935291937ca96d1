"""What a pair costs, by its margin in logits: the knobs of an export as a trainer reads them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from core.schema import Floats

Loss = Callable[[Tensor, Tensor], Tensor]
"""Margins in logits and the places of their pairs → a loss per pair."""


def plain(h: Tensor, _: Tensor) -> Tensor:
    """Return −ln sigmoid(h): Bradley-Terry, and DPO."""
    return F.softplus(-h)


def soft(q: Floats, device: str) -> Loss:
    """Return −q·ln sigmoid(h) − (1−q)·ln sigmoid(−h), q per pair: RE-PO's soft targets, or cDPO."""
    right = torch.as_tensor(q, dtype=torch.float32, device=device)
    return lambda h, at: right[at] * F.softplus(-h) + (1 - right[at]) * F.softplus(h)


def weighted(weight: Floats, device: str) -> Loss:
    """Return −w·ln sigmoid(h), a weight per pair."""
    of = torch.as_tensor(weight, dtype=torch.float32, device=device)
    return lambda h, at: of[at] * F.softplus(-h)


def robust(e: float) -> Loss:
    """Return ((1−e)·L(h) − e·L(−h)) / (1−2e): rDPO; `core.signals.losses` has the formula."""
    return lambda h, _: ((1 - e) * F.softplus(-h) - e * F.softplus(h)) / (1 - 2 * e)
