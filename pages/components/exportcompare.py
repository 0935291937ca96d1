"""Export's comparison: a second preset beside the first, on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.charts.shares import Cell, parts_figure, parts_table, parts_text
from core.curate.comparing import Comparison, compare
from core.curate.judged import Given
from core.curate.presets import PRESETS
from core.curate.recipe import Recipe
from core.errors import AssayError
from core.store.instance import Store
from pages.components import (
    cached,
    chart,
    exportfields,
    exportmissing,
    exportpreset,
    exportpreview,
)
from pages.components.cached import Known
from pages.components.words import counted, percent, plain

KEY = "compare"
NONE = "no other"


def show(recipe: Recipe, given: Given, sources: Sequence[str]) -> None:
    """Draw the choice of another preset, and how what both keep differs."""
    st.subheader("Beside another preset", anchor=False)
    left, right = st.columns([4, 5], gap="large")
    with left:
        name = exportfields.maybe("Compare with", KEY, PRESETS.names(), NONE, noun="preset")
        if not name:
            st.caption("Overlap, composition, margins, length and noise of two presets.")
            return
        other = exportpreset.settings(name, sources, f"{KEY}_{name}")
    second = replace(recipe, preset=other.name, params=other.params, use=other.use)
    names = _titles(recipe, second)
    try:
        found = cached.curated(compared, given, recipe, second)
    except AssayError as error:
        with right:
            exportmissing.show(error)
        return
    with right:
        _overlap(found, names)
    _shares(found, names)
    rows = _rows(found, (plain(names[0]), plain(names[1])))
    st.table(rows, hide_index=True, border="horizontal", alt="Two presets side by side")


def compared(store: Store, first: Recipe, second: Recipe, given: Given, known: Known) -> Comparison:
    """Return how two recipes differ."""
    return compare(store, first, second, given, known.base, known.hits)


def _overlap(found: Comparison, names: tuple[str, str]) -> None:
    of = [
        f"{percent(found.both / kept if kept else None)} of {plain(name)}"
        for name, kept in zip(names, _kept(found), strict=True)
    ]
    st.markdown(f"**{counted(found.both, 'pair')}** in both: {' and '.join(of)}")
    if found.other_label:
        st.warning(
            f"{counted(found.other_label, 'pair')} of those with opposite labels.",
            icon=":material/swap_horiz:",
        )


def _kept(found: Comparison) -> tuple[int, int]:
    return found.first.counts.selected, found.second.counts.selected


def _shares(found: Comparison, names: tuple[str, str]) -> None:
    cells = [
        Cell(part, one.source, rows)
        for one in found.parts
        for part, rows in (
            (f"only {names[0]}", one.first - one.both),
            ("both", one.both),
            (f"only {names[1]}", one.second - one.both),
        )
    ]
    if cells:
        chart.show(
            parts_figure(cells, chart.theme()),
            "export_compare",
            parts_text(cells, "source"),
            lambda: parts_table(cells, "source"),
        )


def _titles(first: Recipe, second: Recipe) -> tuple[str, str]:
    """Return what the two are called; one preset with other numbers stands beside itself."""
    if first.preset != second.preset:
        return first.preset, second.preset
    return first.preset, f"{second.preset} (compared)"


def _rows(found: Comparison, names: tuple[str, str]) -> list[dict[str, str]]:
    a, b = found.first, found.second
    lines = [("Pairs", f"{a.counts.selected:,}", f"{b.counts.selected:,}")]
    others = {title: change for title, _, change in exportpreview.changes(b)}
    for title, how, change in exportpreview.changes(a):
        after = others[title].after if title in others else None
        lines.append((title, exportpreview.told(change.after, how), exportpreview.told(after, how)))
    return [{"Of what is kept": of, names[0]: one, names[1]: other} for of, one, other in lines]
