"""Reasons for a vote, on request: tags, a text, scores; the page is lighter without them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.relabel.answering import LONGEST
from core.schema.relabel import TAGS, Answer

ATTRIBUTES = ("helpful", "correct", "harmless")
SCORES = (1, 2, 3, 4, 5)
OPEN = "relabel_reasons"
_NAMES = {"under-specified": "prompt unclear", "error": "factual error"}


def show(token: str) -> None:
    """Draw the fields for one showing; no press in them redraws the page."""
    first, second = st.columns([3, 1], gap="medium")
    with first, st.container(gap="small"):
        st.pills(
            "Reasons",
            TAGS,
            selection_mode="multi",
            format_func=lambda tag: _NAMES.get(tag, tag),
            key=f"tags_{token}",
            on_change="ignore",
            label_visibility="collapsed",
            wrap=True,
        )
        with st.container(horizontal=True, gap="small"):
            for name in ATTRIBUTES:
                st.segmented_control(
                    f"{name.capitalize()}: less … more",
                    SCORES,
                    key=f"score_{name}_{token}",
                    on_change="ignore",
                )
    second.text_area(
        "In your words",
        key=f"note_{token}",
        max_chars=LONGEST,
        height=100,
        on_change="ignore",
        placeholder="Letters typed here are no votes. Escape leaves the box.",
    )


def recall(token: str, answer: Answer) -> None:
    """Put what an answer that was taken back said into the fields of its new showing."""
    state = st.session_state
    state[f"tags_{token}"] = list(answer.tags)
    state[f"note_{token}"] = answer.rationale
    for name, score in answer.attributes.items():
        state[f"score_{name}_{token}"] = score
    if answer.tags or answer.rationale or answer.attributes:
        state[OPEN] = True


def given(token: str) -> dict[str, Any]:
    """Return what the fields of a showing say, for an Answer; nothing where they are closed.

    A score says how the winner is against the other: 1 much less, 3 the same, 5 much more.
    """
    state = st.session_state
    scores = {name: state.get(f"score_{name}_{token}") for name in ATTRIBUTES}
    return {
        "tags": tuple(tag for tag in TAGS if tag in (state.get(f"tags_{token}") or ())),
        "rationale": (state.get(f"note_{token}") or "").strip(),
        "attributes": {name: score for name, score in scores.items() if score is not None},
    }
