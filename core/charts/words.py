"""A column's title, unit and sign, from the registry of signals."""

from __future__ import annotations

from core.charts.theme import plain
from core.signals.spec import SIGNALS, SignalSpec
from core.views.signals import signal_title

SIDES = {
    "Margins": ("disagrees", "agrees with label"),
    "Length": ("rejected is longer", "chosen is longer"),
}
"""Family of signals → what values below and above 0 say."""


def spec_of(column: str) -> SignalSpec | None:
    """Return the signal behind a column's name, None for a column that is no signal."""
    for spec in SIGNALS:
        if column == spec.name or (spec.per_run and column.startswith(f"{spec.name}_")):
            return spec
    return None


def title_of(column: str) -> str:
    """Return a column's title, with its run behind it."""
    spec = spec_of(column)
    if spec is None:
        return column
    return signal_title(spec, column.removeprefix(spec.name).removeprefix("_"))


def axis_title(column: str) -> str:
    """Return the escaped title with its unit, for an axis."""
    spec = spec_of(column)
    return plain(f"{title_of(column)} ({spec.unit})" if spec else column)


def sides_of(column: str) -> tuple[str, str] | None:
    """Return what values below and above 0 say; None where 0 is no turning point."""
    spec = spec_of(column)
    return SIDES.get(spec.family) if spec and spec.signed else None
