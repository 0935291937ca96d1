"""The end of a queue, for one person."""

from __future__ import annotations

import streamlit as st

from core.relabel.desk import Desk
from core.relabel.queues import Queue
from core.schema.relabel import Person
from pages.components import pace, queuepick, votebar
from pages.components.seat import here
from pages.components.words import counted, plain


def show(desk: Desk, person: Person, queue: Queue, last: int | None) -> None:
    """Say what was done and where there is more."""
    found = desk.progress(person.name, queue.id)
    st.subheader("Nothing is left for you here", anchor=False)
    at = f", {pace.seconds(found.median_seconds)} each" if found.median_seconds is not None else ""
    st.markdown(
        f"You gave {counted(found.answered, 'answer')} in **{plain(queue.name, 120)}**{at}."
    )
    if found.wanted:
        st.caption(
            "The queue still wants answers of others. A pair that somebody gives back can come to "
            "you."
        )
    with st.container(horizontal=True):
        st.button("Look again", key="relabel_look", on_click=here().act)
        votebar.back("", last)
    others = [q for q in queuepick.asking(desk, person) if q.id != queue.id]
    queuepick.choose(others, "Other queues that ask you")
