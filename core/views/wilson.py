"""Shares with their Wilson 95 % intervals."""

from __future__ import annotations

from core.signals.wilson import wilson
from core.views.results import Share


def share(k: int, n: int) -> Share:
    """Return k/n with its Wilson score interval; unknown where n is 0."""
    return Share(k, n, k / n, *wilson(k / n, n)) if n else Share(0, 0, None, None, None)
