"""The store at a glance: tiles, sources and what to do next, in words and a small table."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.curate.commandline import command_line
from core.curate.recipe import Recipe
from core.views.results import Overview, SourceRow
from pages.components.exportview import store_flag
from pages.components.words import counted, interval, percent, plain


def tiles(seen: Overview) -> None:
    """Show the counts and what they say about the labels."""
    clean = _range(seen.clean_equivalent, 0)
    longer = seen.longer_wins
    first, second = st.columns(4), st.columns(4)
    _tile(first[0], "Pairs", f"{seen.pairs:,}", f"{seen.unique_pairs:,} different ones")
    _tile(first[1], "Votes", f"{seen.votes:,}", "that came with the sources")
    _tile(first[2], "Ties", f"{seen.ties:,}", "nobody named a winner")
    _tile(
        first[3],
        "Longer answer wins",
        percent(longer.value),
        f"{interval(longer)}\u00a0% (95 %)" if longer.n else "no row tells",
    )
    _tile(second[0], "Label noise", *_noise(seen))
    _tile(second[1], "Worth as clean pairs", clean, f"of {seen.noise_told:,}, n(1 − 2e)²")
    _tile(second[2], "Duplicates", f"{seen.duplicates:,}", "rows, same pair and label")
    _tile(second[3], "Contradictions", f"{seen.contradictions:,}", "rows, opposite labels")


def _tile(column: DeltaGenerator, label: str, value: str, note: str) -> None:
    with column.container(border=True, gap=None):
        st.metric(label, value)
        st.caption(note)


def _noise(seen: Overview) -> tuple[str, str]:
    """Return the range of the estimates; what gold says where there is some."""
    gold = seen.gold_noise
    if seen.noise is None and not gold.n:
        return "–", "not enough evidence"
    if seen.noise is None:
        return percent(gold.value), f"gold, of {gold.n:,} labels"
    known = f", gold: {percent(gold.value)}" if gold.n else ""
    ends = tuple(100 * end for end in seen.noise)
    return _range(ends, 1, "\u00a0%"), f"of {seen.noise_told:,}{known}"


def _range(ends: tuple[float, ...] | None, digits: int, unit: str = "") -> str:
    if ends is None:
        return "–"
    low, high = (f"{end:,.{digits}f}" for end in (min(ends), max(ends)))
    return f"{low}{unit}" if low == high else f"{low}–{high}{unit}"


def source_rows(sources: tuple[SourceRow, ...]) -> list[dict[str, str]]:
    """Return the sources as a table."""
    return [
        {
            "Source": plain(source.name),
            "Format": plain(source.format),
            "Pairs": f"{source.pairs:,}",
            "Different": f"{source.unique_pairs:,}",
            "Ties": f"{source.ties:,}",
            "Votes": f"{source.votes:,}",
            "Gold": f"{source.gold:,}",
            "Licence": plain(source.licence or "not known"),
        }
        for source in sources
    ]


def next_steps(seen: Overview) -> None:
    """Offer the next views, each as a link with its filter, and the command for the rest."""
    with st.container(horizontal=True, gap="small"):
        _steps(seen)
    command = command_line(Recipe(), "curated", store_flag())
    st.caption(f"Everything that a trainer can use, written to a folder: `{command}`")


def _steps(seen: Overview) -> None:
    fair = [run for run in seen.runs if not run.leaks_label]
    if fair:
        _step("flips", "Read suspects", {"where": "suspicion >= 0.5"})
        weakest = min(fair, key=lambda run: run.agreement.value or 0.0)
        _step("margins", "See the weakest scorer", {"signal": weakest.column})
    if source := _most_scored(seen):
        _step("margins", "See the reward models disagree", {"source": source, "by": "run"})
    if seen.contradictions:
        words = f"Read {counted(seen.contradictions, 'contradicting row')}"
        _step("flips", words, {"show": "contradictions"})
    if seen.votes:
        _step("browse", "Read split votes", {"where": "vote_entropy > 0"})
    if not fair:
        _step("browse", "Read pair by pair", {})
    _step("export", "Preview an export", {})


def _most_scored(seen: Overview) -> str | None:
    """Return the source that most runs have scored, None where no two runs share one."""
    source, n = max(seen.source_runs.items(), key=lambda item: item[1], default=(None, 0))
    return source if n > 1 else None


def _step(page: str, label: str, parameters: dict[str, str]) -> None:
    st.page_link(
        f"pages/{page}.py",
        label=label,
        icon=":material/arrow_forward:",
        query_params=parameters,
    )
