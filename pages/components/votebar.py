"""The buttons of a vote: one key each, and each button belongs to one showing alone."""

from __future__ import annotations

import streamlit as st

from pages.components import ballot, reasons, saidline
from pages.components.ballot import key
from pages.components.logvotes import STRENGTHS
from pages.components.seat import Seat

_VOTES = (
    ("a", "A is better", "A"),
    ("tie", "Tie", "T"),
    ("both_bad", "Both bad", "X"),
    ("cannot_judge", "Cannot judge", "J"),
    ("b", "B is better", "B"),
)


def show(seat: Seat, token: str, last: int | None) -> None:
    """Draw the votes, the strength of the next one, and the ways round it."""
    with st.container(key="relabel_bar", gap="small"):
        if st.session_state.get(reasons.OPEN):
            reasons.show(token)
        with st.container(horizontal=True, gap="small"):
            for choice, label, letter in _VOTES:
                st.button(
                    label,
                    key=key(choice, token),
                    shortcut=letter,
                    on_click=ballot.cast,
                    args=(token, choice),
                    width="stretch",
                )
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            for strength, label in STRENGTHS.items():
                st.button(
                    label,
                    key=key(f"strength_{strength}", token),
                    shortcut=str(strength),
                    type="primary" if seat.strength == strength else "tertiary",
                    on_click=ballot.strengthen,
                    args=(token, strength),
                )
            saidline.show()
            around(token, last)


def around(token: str, last: int | None) -> None:
    """Draw what leaves this pair: to the next one, or back."""
    st.button(
        "Skip",
        key=key("skip", token),
        shortcut="S",
        type="tertiary",
        on_click=ballot.skip,
        args=(token,),
    )
    back(token, last)


def back(token: str, last: int | None) -> None:
    """Draw the way back to the last own vote, where there is one."""
    st.button(
        "Undo",
        key=key("undo", token),
        shortcut="U",
        type="tertiary",
        on_click=ballot.undo,
        args=(token, last or 0),
        disabled=last is None,
    )
