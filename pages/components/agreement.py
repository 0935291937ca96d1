"""How often each run agrees with the labels and with gold: a picture, with tables on request."""

from __future__ import annotations

import streamlit as st

from core.views.results import RunHealth
from pages.components import grid, render
from pages.components.words import interval, percent, plain


def show(runs: tuple[RunHealth, ...]) -> None:
    """Draw the runs; the table is sent when it is opened."""
    lines = [render.Line(_name(run), (run.agreement, run.gold_agreement)) for run in runs]
    render.picture(("with labels", "with gold"), lines, words(runs))
    _leaks(runs)
    grid.on_request("runs", "As a table", lambda: [_row(run) for run in runs])


def words(runs: tuple[RunHealth, ...]) -> str:
    """Return the picture in words."""
    said = "; ".join(
        f"{_name(run)} {percent(run.agreement.value)}"
        + (f", with gold {percent(run.gold_agreement.value)}" if run.gold_agreement.n else "")
        for run in runs
    )
    return f"Agreement with the labels: {said}."


def _name(run: RunHealth) -> str:
    return run.run_id + (" (leaks)" if run.leaks_label else "")


def _row(run: RunHealth) -> dict[str, str]:
    return {
        "Scorer": plain(_name(run)),
        "With labels": percent(run.agreement.value),
        "95 %": interval(run.agreement) or "–",
        "With gold": percent(run.gold_agreement.value),
        "Pairs scored": f"{run.covered:,}",
    }


def _leaks(runs: tuple[RunHealth, ...]) -> None:
    """Name the runs whose numbers know the label."""
    names = ", ".join(plain(run.run_id) for run in runs if run.leaks_label)
    if names:
        st.caption(
            f"Scores of {names} move with the labels under test: they are shown, and kept out of "
            "suspicion and noise."
        )
