"""What follows an answer in practice: the solution, and why."""

from __future__ import annotations

import streamlit as st

from core.schema.relabel import Answer, BlindItem, QueueItem
from pages.components import ballot, blind, cached
from pages.components.logvotes import SAID
from pages.components.words import plain


def show(item: BlindItem, answer: Answer) -> None:
    """Draw the pair once more with its solution."""
    asked = cached.desk().ask(lambda state: state.queues[item.queue].items[item.place])
    said = said_of(item, answer.winner_id, answer.tie)
    right = said_of(item, asked.gold_id, asked.gold_tie)
    if (pair := blind.texts(item)) is not None:
        blind.show(pair)
    with st.container(key="relabel_bar", gap="small"):
        if said == right:
            st.success(f"Yes: {right}.{_why(asked)}", icon=":material/check:")
        else:
            st.warning(
                f"Here it is {right}; you said {said}.{_why(asked)}", icon=":material/school:"
            )
        st.button(
            "Next",
            key=ballot.key("next", item.token),
            shortcut="Enter",
            type="primary",
            on_click=ballot.go_on,
        )


def said_of(item: BlindItem, winner_id: int | None, tie: str | None) -> str:
    """Return an answer in words, by the sides of one showing."""
    if winner_id is None:
        return SAID.get(tie or "tie", "a tie")
    return "A" if winner_id == item.left_id else "B"


def _why(asked: QueueItem) -> str:
    return f" {plain(asked.explanation, 2_000)}" if asked.explanation else ""
