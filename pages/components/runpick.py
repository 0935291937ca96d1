"""Choosing one run, by the box or by its row in the table; the link says which."""

from __future__ import annotations

import streamlit as st

from core.views.results import ScoredRun
from pages.components import links, runtable
from pages.components.runtable import KEY


def one(runs: tuple[ScoredRun, ...]) -> ScoredRun:
    """Draw the choice and return the run."""
    by_name = {run.info.run_id: run for run in runs}
    links.check(KEY, by_name, "run")
    chosen = st.selectbox(
        "One run, closely",
        list(by_name),
        key=KEY,
        bind="query-params",
        width=340,
        on_change=_changed,
    )
    return by_name.get(chosen, runs[0])


def _changed() -> None:
    links.changed(KEY)
    runtable.turn()
