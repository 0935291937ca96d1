"""Export's splits as they come out: each source's shares, and what links them."""

from __future__ import annotations

import streamlit as st

from core.charts.shares import Cell, parts_figure, parts_table, parts_text
from core.curate.preview import Preview
from core.curate.splits.leakage import LeakageReport
from pages.components import chart
from pages.components.words import counted, plain, prose, sentence

_KINDS = {
    "same": "Prompts with several rows",
    "normalised": "The same but for case, spaces and marks",
    "near": "Nearly the same words",
    "response": "An answer in common",
    "conversation": "One conversation",
}


def show(seen: Preview) -> None:
    """Show the splits, the slices in them, and the report."""
    st.subheader("How they are divided", anchor=False)
    rows = [
        {"Split": plain(e.name), "Pairs": f"{e.rows:,}", "Prompts": f"{e.prompts:,}"}
        for e in seen.splits
    ]
    st.table(rows, hide_index=True, border="horizontal", alt="Pairs per split")
    cells = [Cell(piece.split, piece.source, piece.rows) for piece in seen.slices]
    if cells:
        chart.show(
            parts_figure(cells, chart.theme()),
            "export_slices",
            parts_text(cells, "source"),
            lambda: parts_table(cells, "source"),
        )
    if seen.shared_prompts:
        st.warning(
            f"{counted(seen.shared_prompts, 'prompt')} would stand in more than one split: the "
            "sources' own splits share them.",
            icon=":material/warning:",
        )
    _leakage(seen.leakage, all(e.rows for e in seen.splits) and len(seen.splits) > 1)


def _leakage(found: LeakageReport, divided: bool) -> None:
    # Nothing crosses into a split without pairs, which says nothing for it.
    if divided:
        _verdict(found)
    rows = [
        {
            "What links prompts": _KINDS.get(kind.kind, plain(kind.kind)),
            "Links checked": f"{kind.links:,}",
            "Crossing": f"{kind.crossing:,}",
        }
        for kind in found.kinds
    ]
    st.table(rows, hide_index=True, border="horizontal", alt="Links between prompts, by kind")
    for warning in found.warnings:
        st.warning(plain(warning, 400), icon=":material/warning:")
    for kind, why in found.unchecked.items():
        st.info(
            f"Not checked: {_KINDS.get(kind, plain(kind)).lower()}. {sentence(prose(why[:400]))}",
            icon=":material/help:",
        )
    st.caption(_merged(found))
    _largest(found)


def _verdict(found: LeakageReport) -> None:
    if found.safe:
        but = ", apart from what was not checked" if found.unchecked else ""
        st.success(f"No link crosses the splits{but}.", icon=":material/verified:")
        return
    crossing = sum(kind.crossing for kind in found.kinds)
    st.error(
        f"{counted(crossing, 'link')} of {counted(found.crossing, 'group')} of prompts cross the "
        "splits: what is tested was trained on.",
        icon=":material/error:",
    )


def _merged(found: LeakageReport) -> str:
    if not found.merges:
        return f"No two of the {found.prompts:,} prompts had to stay together."
    through = (
        f" {counted(found.through, 'group')} {'holds' if found.through == 1 else 'hold'} together "
        "through prompts that are not written."
        if found.through
        else ""
    )
    return (
        f"{found.merged_prompts:,} of {found.prompts:,} prompts had to stay together, in "
        f"{counted(found.merges, 'group')} with {counted(found.merged_rows, 'pair')}.{through}"
        f"{_deviation(found)}"
    )


def _deviation(found: LeakageReport) -> str:
    if all(share.wanted is None for share in found.shares):
        return ""
    if most := round(found.deviation):
        return f" No split of a source is off its share by more than {counted(most, 'pair')}."
    return " Every source has its shares exactly."


def _largest(found: LeakageReport) -> None:
    if not found.largest:
        return
    with st.expander("Largest groups that had to stay together", key="export_merges"):
        rows = [
            {
                "Pairs": f"{one.rows:,}",
                "Prompts": f"{one.prompts:,}",
                "Through others": f"{one.through:,}",
                "Linked by": plain(", ".join(one.kinds)),
                "Some prompts": plain(", ".join(one.sample)),
            }
            for one in found.largest
        ]
        st.table(rows, hide_index=True, border="horizontal", alt="Largest groups")
