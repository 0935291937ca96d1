"""Pairs like the open one: compared on request, for reading must not wait for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import streamlit as st

from core.schema import PairFilter
from core.views.results import PairDetail
from core.views.similar import Similar, SimilarPairs, Text, similar_pairs, vector_runs
from pages.components import cached
from pages.components.words import counted, plain

T = TypeVar("T", bound=str)
_STATE = "similar_opened"
_NEEDS = (
    "Similar pairs need embeddings of the texts: "
    "`python -m core score embedding --model MODEL` makes them."
)


@dataclass(frozen=True)
class _Opened:
    """For what the list is open: another row, or another filter, closes it."""

    row_id: int
    filter: PairFilter
    whole: tuple[str, Text] | None = None
    """The run and the text whose vectors are all compared, whatever time that takes."""


def show(detail: PairDetail, filter: PairFilter, chosen: Callable[[str, int], None]) -> None:
    """Draw the button, or the list; a callback gets the pair and the row that a person opens."""
    runs = cached.ask(vector_runs)
    if not runs:
        st.caption(_NEEDS)
        return
    opened = _opened(detail, filter)
    if opened is None:
        st.button(
            "Find similar pairs",
            key=f"similar_find_{detail.row_id}",
            icon=":material/hub:",
            on_click=_open,
            args=(_Opened(detail.row_id, filter),),
        )
        return
    st.subheader("Similar pairs", anchor=False)
    run, text = _choice(runs, detail)
    whole = opened.whole == (run, text)
    with st.spinner("Comparing vectors"):
        found = cached.ask(similar_pairs, detail.row_id, text, run, filter, whole)
    if found is not None:
        _list(found, run, text, chosen)
        _rest(found, text, replace(opened, whole=(run, text)))


def _opened(detail: PairDetail, filter: PairFilter) -> _Opened | None:
    opened: _Opened | None = st.session_state.get(_STATE)
    if opened is None or (opened.row_id, opened.filter) != (detail.row_id, filter):
        st.session_state.pop(_STATE, None)
        return None
    return opened


def _open(opened: _Opened) -> None:
    st.session_state[_STATE] = opened


def _close() -> None:
    st.session_state.pop(_STATE, None)


def _choice(runs: dict[str, tuple[Text, ...]], detail: PairDetail) -> tuple[str, Text]:
    """Let a person choose what is compared, and by which run where there are several."""
    run = next(iter(runs))
    answers = ("First answer", "Second answer") if detail.tie_kind else ("Chosen", "Rejected")
    names: dict[Text, str] = {"prompt": "Prompt", "chosen": answers[0], "rejected": answers[1]}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(runs) > 1:
            run = _pick("Embeddings", "similar_run", tuple(runs), plain)
        text = _pick("Like its", f"similar_text_{run}", runs[run], lambda name: names[name])
        st.button("Close", key="similar_close", type="tertiary", on_click=_close)
    return run, text


def _pick(label: str, key: str, options: tuple[T, ...], said: Callable[[T], str]) -> T:
    return st.segmented_control(
        label, options, default=options[0], required=True, key=key, format_func=said
    )


def _list(found: SimilarPairs, run: str, text: Text, chosen: Callable[[str, int], None]) -> None:
    if found.missing:
        what = "prompt" if text == "prompt" else "answer"
        st.info(f"In the run {plain(run)} this {what} {found.missing}.")
        return
    if found.compared and not found.pairs:
        st.info(f"No pair of another prompt was found. Searched in: {plain(found.within, 600)}.")
    if not found.pairs:
        return
    with st.container(gap=None):
        for pair in found.pairs:
            st.button(
                _line(pair),
                key=f"similar_{pair.row_id}",
                type="tertiary",
                on_click=chosen,
                args=(pair.pair_id, pair.row_id),
            )
    st.caption(
        "The number is the cosine of the two vectors; 1 is the same direction. Each other prompt "
        f"stands here once. Searched in: {plain(found.within, 600)}."
    )


def _line(pair: Similar) -> str:
    place = f"{pair.source}, {pair.split}, row {pair.row:,}"
    answers = {"chosen": "first answer", "rejected": "second answer"} if pair.tie else {}
    side = "" if pair.text == "prompt" else f" {answers.get(pair.text, pair.text)}"
    return f"{pair.similarity:.2f}{side} · {plain(place)} · {plain(pair.preview, 90)}"


def _rest(found: SimilarPairs, text: Text, whole: _Opened) -> None:
    """Say how far one looked, and offer the rest."""
    if found.missing:
        return
    vectors = counted(found.compared, "vector")
    odd = (
        f" {counted(found.odd, 'vector')} of zeros or of another width cannot be compared."
        if found.odd
        else ""
    )
    if found.searched >= 1:
        noun = "prompt" if text == "prompt" else "answer"
        have = f"the store has {counted(found.texts, noun)}"
        st.caption(f"Compared with all {vectors} of the run; {have}.{odd}")
        return
    share = f"{100 * found.searched:.0f} % of the run, in {found.seconds:.0f} s"
    st.warning(
        f"So far compared with {vectors}, {share}.{odd} Nearer ones may be among the rest.",
        icon=":material/hourglass_bottom:",
    )
    takes = f", about {math.ceil(found.needed):,} s" if math.isfinite(found.needed) else ""
    st.button(f"Compare with all{takes}", key="similar_all", on_click=_open, args=(whole,))
