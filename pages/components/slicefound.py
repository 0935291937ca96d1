"""Slices that differ by more than chance, in sentences; each of them can be the filter."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from core.schema import PairFilter
from core.views.surprising import FEWEST, LEVEL, Surprise, Surprises, surprising
from pages.components import cached, slicekeep
from pages.components.words import interval, plain, visible

SHOWN = 10
"""Sentences; the table has all."""


def show(filter: PairFilter) -> None:
    """Draw the strongest differences and what to make of so many comparisons."""
    seen = cached.ask(surprising, filter)
    st.caption(plain(about(seen), 1000))
    for i, one in enumerate(seen.strongest[:SHOWN]):
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.container(width="stretch", gap=None):
                st.markdown(_line(one.sentence))
                st.caption(_line(_numbers(one)))
            key = f"surprise_{one.slice.column}_{one.measure.kind}_{one.measure.run}_{i}"
            slicekeep.button(one.slice, "Keep these", key)
    if len(seen.found) > len(seen.strongest[:SHOWN]):
        opened = st.expander(
            f"All {len(seen.found):,}", key="all_surprises", on_change="rerun", type="compact"
        )
        if opened.open:
            with opened:
                st.dataframe(_table(seen), hide_index=True, alt="All slices that differ")


def about(seen: Surprises) -> str:
    """Return how many comparisons were made, what holds, and how far to trust it."""
    where = f"{seen.rows:,} rows"
    if seen.rows < seen.matching:
        where = f"a sample of {seen.rows:,} of {seen.matching:,} rows"
    if not seen.comparisons:
        return (
            f"Nothing to compare in {where}: a slice, and what is outside of it, each need "
            f"{FEWEST} rows with a label and what it is held against."
        )
    made = f"{seen.comparisons:,} comparisons of a slice with all other rows, on {where}"
    rule = (
        "Of so many, some differ by chance: named is what holds after Benjamini and Hochberg's "
        f"correction over all of them, so about {100 * LEVEL:.0f} % of those named may still be "
        "chance"
    )
    if not seen.found:
        return f"{made}. {rule}. None holds."
    return (
        f"{made}; {len(seen.found):,} hold. {rule}. Shown is the largest difference for each kind "
        "of signal; slices by what the runs or the suspicion themselves say are left out, since "
        "they differ by construction. Rows of one prompt count as if they were apart."
    )


def _line(text: str) -> str:
    """Return a sentence for Markdown, no number parted from its sign."""
    return plain(text, 400).replace(" %", "\u00a0%")


def _numbers(one: Surprise) -> str:
    return (
        f"{interval(one.here)} % of {one.here.n:,} against {interval(one.rest)} % of "
        f"{one.rest.n:,}; p {one.p:.1g}"
    )


def _table(seen: Surprises) -> pa.Table:
    return pa.table(
        {
            "Difference": [visible(one.sentence) for one in seen.found],
            "Here": [one.here.value for one in seen.found],
            "Elsewhere": [one.rest.value for one in seen.found],
            "Rows here": [one.here.n for one in seen.found],
            "Rows elsewhere": [one.rest.n for one in seen.found],
            "p, corrected": [one.p for one in seen.found],
        }
    )
