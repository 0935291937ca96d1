"""Choosing what to slice by, what to see of each slice, and whose; all of it in the link."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import streamlit as st

from core.charts.slices import SHOWN
from core.views.scorers import GOLD, LENGTH, run_margins
from core.views.slices import SUSPICION
from pages.components import cached, links, signalpick

_FIRST = ("length_ratio", "source")
"""What to slice by where the link says nothing: length tells most, most often."""
_NEEDS = {"longer": LENGTH, "gold": GOLD, "suspicion": SUSPICION}


@dataclass(frozen=True)
class Picked:
    """What a person chose."""

    column: str
    shown: str
    """One of `SHOWN`."""
    run: str | None
    signal: str


def show(offered: Sequence[str]) -> Picked | None:
    """Draw the choices; None in a store without any signal."""
    signals = [column.name for column in cached.store().signal_columns if column.n]
    if not signals:
        return None
    runs = list(cached.ask(run_margins))
    left, middle, right = st.columns(3, gap="medium")
    with left:
        column = signalpick.pick("Slice by", "slice", "slicing", offered, _first(offered, signals))
    with middle:
        shown = _shown([name for name in SHOWN if _told(name, runs, signals)])
    with right:
        run = runs[0] if runs else None
        if shown == "agreement":
            run = signalpick.pick("Agreement of", "whose", "run with margins", runs, runs[0])
        signal = signals[0]
        if shown == "mean":
            signal = signalpick.pick("Mean of", "mean_of", "signal", signals, signals[0])
    return Picked(column, shown, run, signal)


def _told(name: str, runs: Sequence[str], signals: Collection[str]) -> bool:
    """Return whether the store can say it of any slice."""
    if name == "agreement":
        return bool(runs)
    return name not in _NEEDS or _NEEDS[name] in signals


def _first(offered: Sequence[str], signals: Sequence[str]) -> str:
    return next((name for name in _FIRST if name in offered), signals[0])


def _shown(names: Sequence[str]) -> str:
    """Draw the choice of a measure by its words; the link says them too."""
    words = [SHOWN[name] for name in names]
    links.check("measure", words, "measure")
    chosen = st.selectbox(
        "What to compare",
        words,
        key="measure",
        bind="query-params",
        on_change=links.changed,
        args=("measure",),
    )
    return next((name for name in names if SHOWN[name] == chosen), names[0])
