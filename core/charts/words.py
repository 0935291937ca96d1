"""A column's title, unit and sign, from the registry of signals."""

from __future__ import annotations

from core.charts.letters import cut
from core.charts.theme import plain
from core.signals.spec import SIGNALS, SignalSpec
from core.views.signals import signal_title

SIDES = {
    "Margins": ("disagrees", "agrees with label"),
    "Length": ("rejected is longer", "chosen is longer"),
}
"""Family of signals → what values below and above 0 say."""
NARROW_CHARS = 38
"""What fits along an axis of a chart of half a page at 1280 px."""


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


def narrow_title(column: str) -> str:
    """Return the escaped title for an axis of half a page: a long run's name on its own line."""
    spec, title = spec_of(column), title_of(column)
    if spec is None or len(title) <= NARROW_CHARS:
        return plain(cut(title, NARROW_CHARS))
    run = column.removeprefix(spec.name).removeprefix("_")
    return f"{spec.title} of<br>{plain(cut(run, NARROW_CHARS))}"


def inside(title: str) -> str:
    """Return a title as it stands inside a sentence."""
    return title[:1].lower() + title[1:]


def sides_of(column: str) -> tuple[str, str] | None:
    """Return what values below and above 0 say; None where 0 is no turning point."""
    spec = spec_of(column)
    return SIDES.get(spec.family) if spec and spec.signed else None
