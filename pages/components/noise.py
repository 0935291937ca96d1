"""How noisy the set is: four estimates side by side, per source, and all slices as a table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.schema import Labeller, Method, NoiseEstimate, PairFilter
from core.views.noise import MOST, filter_noise, step_of
from core.views.results import Count, Overview, Share
from pages.components import cached, grid, render
from pages.components.words import interval, percent, plain, sentence

METHODS: dict[Method, str] = {
    "repo": "RE-PO",
    "confident": "confident learning",
    "mirrored": "mirrored bells",
    "audited": "audit",
}

_DRAWN = ("filter", "source")


def of_filter(filter: PairFilter, count: Count) -> tuple[NoiseEstimate, ...]:
    """Return the estimates of what a filter keeps; of very much, on request."""
    if count.sentence == "all pairs":
        return ()
    if count.matching > MOST:
        asked = st.toggle("Estimate it for this filter too", key="noise_of_filter")
        if not asked:
            return ()
        st.caption(f"From about {count.matching // step_of(count.matching):,} of its rows.")
    return cached.ask(filter_noise, filter, count.matching)


def show(
    seen: Overview, filtered: tuple[NoiseEstimate, ...], labellers: tuple[Labeller, ...]
) -> None:
    """Draw the sources (and the filter) that tell a rate, say why others do not; offer tables."""
    rows = (*filtered, *seen.noise_estimates)
    values = dict.fromkeys(row.value for row in rows if row.slice in _DRAWN)
    told = [value for value in values if any(_rates(_of(rows, value)))]
    if told:
        lines = [render.Line(value, _shares(_of(rows, value))) for value in told]
        ends = [row.high for row in rows if row.slice in _DRAWN and row.high is not None]
        most = 0.5 if max(ends) <= 0.5 else 1.0
        render.picture(tuple(METHODS.values()), lines, _words(rows, told), most)
        st.caption(
            "Share of reversed labels with its 90\u00a0% interval. Where the intervals have "
            "nothing in common, the whole range is the answer."
        )
    silent = [value for value in values if value not in told]
    if silent:
        names = ", ".join(plain(value) for value in silent)
        st.caption(f"Not enough evidence: {names}. {_advice(rows, silent)}")
    grid.on_request("noise", "Every estimate, and why there is none", lambda: _rows(rows))
    if labellers:
        grid.on_request("labellers", "How reliable who is", lambda: _people(labellers))


def _of(rows: Sequence[NoiseEstimate], value: str) -> list[NoiseEstimate]:
    found = {row.method: row for row in rows if row.slice in _DRAWN and row.value == value}
    return [found[method] for method in METHODS]


def _rates(rows: Sequence[NoiseEstimate]) -> list[bool]:
    return [row.rate is not None for row in rows]


def _shares(rows: Sequence[NoiseEstimate]) -> tuple[Share, ...]:
    return tuple(Share(0, row.n, row.rate, row.low, row.high) for row in rows)


def _words(rows: Sequence[NoiseEstimate], values: Sequence[str]) -> str:
    said = (
        f"{value}: "
        + ", ".join(
            f"{METHODS[row.method]} {percent(row.rate)} ({interval(row)})"
            for row in _of(rows, value)
            if row.rate is not None
        )
        for value in values
    )
    return f"Share of reversed labels. {'; '.join(said)}."


def _advice(rows: Sequence[NoiseEstimate], silent: Sequence[str]) -> str:
    reasons = {
        sentence(row.reason.removeprefix("not enough evidence: "))
        for row in rows
        if row.slice in _DRAWN and row.value in silent and row.method == "repo"
    }
    return " ".join(f"{reason}." for reason in sorted(reasons))


def _rows(rows: Sequence[NoiseEstimate]) -> list[dict[str, str]]:
    return [
        {
            "Of": f"{row.slice} {plain(row.value)}" if row.slice != "all" else "all",
            "By": METHODS[row.method],
            "Labels": f"{row.n:,}",
            "Reversed": percent(row.rate),
            "90 %": interval(row) or "–",
            "Why there is no rate": plain(row.reason),
        }
        for row in rows
    ]


def _people(labellers: tuple[Labeller, ...]) -> list[dict[str, str]]:
    return [
        {
            "Annotator": plain(who.annotator or ""),
            "Source": plain(who.source),
            "Labels and votes": f"{who.n:,}",
            "Right": percent(who.reliability),
            "90 %": f"{100 * (who.low or 0):.1f}–{100 * (who.high or 0):.1f}",
        }
        for who in sorted(labellers, key=lambda who: (who.source, who.reliability or 0.0))
    ]
