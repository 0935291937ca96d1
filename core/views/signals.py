"""The stored signals with the words that pages need."""

from __future__ import annotations

from core.signals.spec import SIGNALS, SignalSpec
from core.store.instance import Store
from core.views.results import SignalChoice

EXPLICIT = "explicit_margin"
"""The signal that every run has a column of."""


def choices(store: Store) -> tuple[SignalChoice, ...]:
    """Return the stored signals in their stored order."""
    return tuple(
        SignalChoice(
            column=column,
            title=signal_title(spec, column.run_id),
            unit=spec.unit,
            direction=spec.direction,
        )
        for column in store.signal_columns
        for spec in (SIGNALS.get(column.signal),)
    )


def signal_title(spec: SignalSpec, run_id: str | None) -> str:
    """Return a column's title; a run's name is shown as it is."""
    return f"{spec.title} of {run_id}" if run_id else spec.title
