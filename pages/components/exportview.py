"""An export's preview: how many pairs, what was left out and why, how they are divided."""

from __future__ import annotations

import streamlit as st

from core.curate.preview import Preview
from core.settings import Settings, load_settings
from pages.components.words import counted, number, plain


def show(seen: Preview) -> None:
    """Show the counts, the splits and the slices."""
    counts = seen.counts
    st.markdown(
        f"**{counts.selected:,}** of {counted(counts.matching, 'row')} would be written "
        f"as `{seen.format}`."
    )
    left_out = {
        "Ties: nobody named a winner": counts.ties,
        "Pairs that stand with both labels": counts.contradictions,
        "Further rows of the same pair and label": counts.duplicates,
        "Left out by the preset": counts.unselected,
    }
    rows = [{"Left out": k, "Rows": f"{n:,}"} for k, n in left_out.items() if n]
    if rows:
        st.table(rows, hide_index=True, border="horizontal", alt="Rows that are left out")
    st.table(_splits(seen), hide_index=True, border="horizontal", alt="Pairs per split and source")
    _leakage(seen)
    if seen.losses:
        st.caption(f"What the files cannot hold: {plain('; '.join(seen.losses), 600)}")
    if seen.margins:
        st.table(_margins(seen), hide_index=True, border="horizontal", alt="Mean margins")


def store_flag() -> str:
    """Return the store for the command line, nothing where it is the one that is found anyway."""
    store = load_settings({}).store
    return "" if store == Settings.store else str(store)


def _splits(seen: Preview) -> list[dict[str, str]]:
    """Return a line for all, for prompts, and for each source; a column for each split."""
    cells = {(piece.split, piece.source): piece.rows for piece in seen.slices}
    sources = sorted({piece.source for piece in seen.slices})
    lines = {
        "All pairs": {entry.name: entry.rows for entry in seen.splits},
        "Prompts": {entry.name: entry.prompts for entry in seen.splits},
        **{
            plain(name): {entry.name: cells.get((entry.name, name), 0) for entry in seen.splits}
            for name in sources
        },
    }
    return [
        {"": line, **{name: f"{n:,}" for name, n in counts.items()}}
        for line, counts in lines.items()
    ]


def _leakage(seen: Preview) -> None:
    if seen.shared_prompts:
        st.warning(
            f"{counted(seen.shared_prompts, 'prompt')} would stand in more than one split: the "
            "sources' own splits share them.",
            icon=":material/warning:",
        )
    elif len(seen.splits) > 1:
        st.caption("No prompt stands in two splits.")


def _margins(seen: Preview) -> list[dict[str, str]]:
    return [
        {
            "Mean margin": plain(margin.column),
            "Before": number(margin.before),
            "After": number(margin.after),
        }
        for margin in seen.margins
    ]
