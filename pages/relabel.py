"""Relabel: which answer is better, judged blind, one key a decision."""

from __future__ import annotations

import streamlit as st

from pages.components import (
    blind,
    cached,
    frame,
    guideline,
    judging,
    mine,
    presskeys,
    queuepick,
    reasons,
    who,
)
from pages.components.seat import here
from pages.components.words import plain

_SWITCHES = (
    (guideline.OPEN, "G", "Guideline", "Hide guideline"),
    (reasons.OPEN, "N", "Add reasons", "Hide reasons"),
    (blind.MASKED, "M", "Hide names", "Show names"),
    (blind.DIFF, "D", "Mark differences", "Hide differences"),
)


def _switches() -> None:
    with top:
        st.space("stretch")
        for state, letter, on, off in _SWITCHES:
            is_on = bool(st.session_state.get(state))
            st.button(
                off if is_on else on,
                key=f"{state}_switch",
                shortcut=letter,
                type="tertiary",
                on_click=_turn,
                args=(state, not is_on),
            )


def _turn(state: str, on: bool) -> None:
    st.session_state[state] = on


frame.begin()
person = who.person()
cached.store()
desk = cached.desk()
if trouble := cached.trouble():
    st.warning(plain(trouble, 400), icon=":material/sync_problem:")
presskeys.show()
top = st.container(horizontal=True, vertical_alignment="center", gap="small")
view = top.segmented_control(
    "View",
    mine.VIEWS,
    default=mine.default_view(),
    required=True,
    key=mine.VIEW,
    bind="query-params",
    label_visibility="collapsed",
    width="content",
)
if view == mine.VIEWS[1]:
    mine.show(desk, person)
elif (queue := queuepick.show(desk, person)) is not None:
    here().whole = True
    here().guideline = queue.guideline_hash
    _switches()
    if st.session_state.get(guideline.OPEN):
        left, right = st.columns([3, 1], gap="medium")
        with right:
            guideline.show(queue)
        with left:
            judging.show(queue.id)
    else:
        judging.show(queue.id)
