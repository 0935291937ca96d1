"""An export's preview: how many pairs, what each step left out, and what became of the rest."""

from __future__ import annotations

import streamlit as st

from core.charts.curation import Step, Steps, steps_figure, steps_table, steps_text
from core.curate.preview import Change, Preview
from pages.components import chart, exportlabels
from pages.components.words import counted, number, percent, plain, prose, sentence

_STEPS = {
    "ties": "Ties: nobody named a winner",
    "removed": "Removed by people's verdicts",
    "contradictions": "Pairs with both labels",
    "duplicates": "Duplicates of a pair",
    "unwritable": "A turn that is no text",
    "contaminated": "Evaluation prompts",
    "unselected": "Preset",
    "capped": "Over a cap",
    "unbalanced": "Over the balance",
}
"""In the order of the steps."""
SHOWN = 5
"""Means that are not folded: the two over all runs, and the margins of three."""


def headline(seen: Preview) -> None:
    """Show how many pairs there would be."""
    counts = seen.counts
    share = percent(counts.selected / counts.matching if counts.matching else None)
    st.subheader(
        f"{counted(counts.selected, 'pair')} of {counted(counts.matching, 'row')}, {share}",
        anchor=False,
    )
    st.caption(_about(seen))


def show(seen: Preview) -> None:
    """Show the steps, what changed, and what the preset used."""
    steps = steps_of(seen)
    chart.show(
        steps_figure(steps, chart.theme()),
        "export_steps",
        steps_text(steps),
        lambda: steps_table(steps),
        caption=False,
    )
    exportlabels.told(seen)
    _changes(seen)
    _facts(seen)


def steps_of(seen: Preview) -> Steps:
    """Return the steps that leave something out, the preset's by its reasons."""
    found = []
    for name, label in _STEPS.items():
        rows = getattr(seen.counts, name)
        reasons = seen.left_out if name == "unselected" else {}
        if sum(reasons.values()) == rows:
            found += [Step(f"{label}: {why}", n) for why, n in reasons.items()]
        elif rows:
            found.append(Step(label, rows))
    kept = [step for step in found if step.rows]
    return Steps(seen.counts.matching, tuple(kept), seen.counts.selected)


def changes(seen: Preview) -> list[tuple[str, str, Change]]:
    """Return what is told before and after: its title, how it is written, the means."""
    rows = []
    if seen.suspicion:
        rows.append(("Mean suspicion", "percent", seen.suspicion))
    if seen.longer:
        rows.append(("The longer answer is chosen", "percent", seen.longer))
    return rows + [(f"Mean {_called(change.column)}", "number", change) for change in seen.margins]


def told(value: float | None, how: str) -> str:
    """Return a mean as it is written."""
    return percent(value) if how == "percent" else number(value)


def _called(column: str) -> str:
    """Return a margin in words; with spaces a long name of a run finds a place to break."""
    kind, _, run = column.partition("_margin")
    name = run.removeprefix("_")
    margin = f"{kind.replace('length_', 'length-')} margin"
    return plain(f"{margin} of {name}" if name else margin)


def _about(seen: Preview) -> str:
    parts = [f"Format `{seen.format}`", counted(len(seen.splits), "split")]
    if seen.flipped:
        parts.append(f"{counted(seen.flipped, 'label')} reversed")
    if seen.soft:
        parts.append(f"{counted(seen.soft, 'label')} soft, by the share of votes")
    return " · ".join(parts)


def _changes(seen: Preview) -> None:
    rows = [
        {"": title, "Before": told(change.before, how), "After": told(change.after, how)}
        for title, how, change in changes(seen)
    ]
    if not rows:
        return
    st.markdown("**Before and after**")
    st.table(rows[:SHOWN], hide_index=True, border="horizontal", alt="Means before and after")
    if more := rows[SHOWN:]:
        with st.expander(f"Further means ({len(more)})", key="export_means"):
            st.table(more, hide_index=True, border="horizontal", alt="Further means")
    said = "Before: all rows of the filter, as the sources label them. After: what is written."
    if seen.suspicion:
        said += (
            " Suspicion is what the runs believe, so a preset that drops suspects lowers it "
            "whether it is right or not: an audit under Team tells."
        )
    st.caption(said)


def _facts(seen: Preview) -> None:
    if not (seen.facts or seen.uses):
        return
    with st.expander("What the preset read and used", key="export_facts"):
        rows = [{"Role": plain(r), "Column": plain(c)} for r, c in seen.uses.items()]
        if rows:
            st.table(rows, hide_index=True, border="horizontal", alt="Columns that were read")
        facts = [
            {"Number": prose(sentence(name.replace("_", " "))), "Value": number(value, 4)}
            for name, value in seen.facts.items()
        ]
        if facts:
            st.table(facts, hide_index=True, border="horizontal", alt="Numbers that were used")
