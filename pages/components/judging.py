"""The pair that waits for this person, and the buttons under it: all that a press redraws."""

from __future__ import annotations

import time

import streamlit as st

from core.errors import AssayError
from core.relabel.desk import Desk
from core.relabel.queues import Queue
from core.relabel.state import State
from core.schema.relabel import BlindItem, Person
from core.views.blind import BlindPair
from pages.components import (
    ballot,
    blind,
    cached,
    finished,
    pace,
    practice,
    problems,
    saidline,
    votebar,
    who,
)
from pages.components.seat import Seat, Unsent, here
from pages.components.words import plain


@st.fragment
def show(queue_id: str) -> None:
    """Draw what is open to this person in a queue; a press draws this alone anew."""
    seat = here()
    # A press that found no button of its pair draws this too: its pair was gone.
    if not (seat.whole or seat.acted):
        seat.drop()
    seat.whole = seat.acted = False
    try:
        _draw(seat, queue_id)
    except AssayError as error:
        seat.item = None
        problems.show(error)
        st.button("Try again", key="relabel_again", on_click=seat.act)


def _draw(seat: Seat, queue_id: str) -> None:
    person = who.known()
    desk = cached.desk()
    queue = desk.ask(lambda state: state.queues.get(queue_id))
    if not isinstance(person, Person) or queue is None or not queue.asks(person.name):
        st.rerun()  # the whole page says why
    if queue.guideline_hash != seat.guideline:
        seat.warning = f"{seat.warning} The guideline was changed.".strip()
        st.rerun()
    if seat.unsent is not None:
        _unsent(seat.unsent)
        return
    if seat.practised is not None:
        practice.show(*seat.practised)
        return
    items = desk.showing(person.name, queue_id)
    last = desk.ask(lambda state: last_vote(state, person.name, queue_id))
    if not items:
        seat.item = None
        saidline.show()
        finished.show(desk, person, queue, last)
        return
    _line(seat, desk, person, queue)
    _open(seat, queue, items[0], last)
    for item in items[1:]:
        blind.texts(item)


def last_vote(state: State, person: str, queue_id: str) -> int | None:
    """Return the number of a person's last vote in a queue that can be taken back."""
    for seq in reversed(state.by_person.get(person, ())):
        vote = state.votes[seq]
        if vote.queue == queue_id and vote.purpose != "practice" and not vote.origin:
            return seq
    return None


def _line(seat: Seat, desk: Desk, person: Person, queue: Queue) -> None:
    line = pace.line(desk.progress(person.name, queue.id), person.name, queue.id, len(queue.real))
    st.caption(f"{plain(queue.name, 80)} · {line}")
    pace.remind(seat)


def _open(seat: Seat, queue: Queue, item: BlindItem, last: int | None) -> None:
    """Draw a pair, its texts before its buttons: no key speaks of what is not on screen."""
    fresh = seat.item is None or seat.item.token != item.token
    seat.item = item
    if item.source in queue.warn and seat.uncovered != item.token:
        seat.answerable = False
        _covered(queue, item, last)
        return
    pair = blind.texts(item)
    seat.answerable = pair is not None
    if pair is None:
        _missing(item, last)
        return
    if fresh:
        seat.strength, seat.recalled = seat.recalled, None
        seat.leaked = blind.leaks(pair)
    _texts(pair)
    votebar.show(seat, item.token, last)
    if fresh or not seat.drawn_at:
        seat.drawn_at = time.monotonic()


def _texts(pair: BlindPair) -> None:
    blind.show(pair)
    if blind.is_long(pair):
        st.toggle("Whole texts", key=blind.WHOLE, on_change=here().act)


def _covered(queue: Queue, item: BlindItem, last: int | None) -> None:
    """Draw a warning in place of the texts, which are not sent yet."""
    with st.container(border=True):
        st.markdown("**The texts of this pair are hidden.**")
        st.markdown(plain(queue.warning, 2_000) or "They may be hard to read.")
        st.button(
            "Show the texts",
            key=ballot.key("uncover", item.token),
            shortcut="V",
            on_click=ballot.uncover,
            args=(item.token,),
        )
    with st.container(horizontal=True):
        votebar.around(item.token, last)
        saidline.show()


def _missing(item: BlindItem, last: int | None) -> None:
    problems.empty(
        "This pair is not in the store.",
        "Its queue was made from another one. Skip it and tell the lead.",
    )
    with st.container(horizontal=True):
        votebar.around(item.token, last)
        saidline.show()


def _unsent(unsent: Unsent) -> None:
    """Draw the pair whose answer was not taken, and the way to send it again."""
    with st.container(key="relabel_said"):
        st.error(
            f"{plain(unsent.why, 600)} Your answer is kept on this page.",
            icon=":material/sync_problem:",
        )
    st.button(
        "Send again",
        key=ballot.key("again", unsent.item.token),
        shortcut="Enter",
        type="primary",
        on_click=ballot.send_again,
    )
    if (pair := blind.texts(unsent.item)) is not None:
        blind.show(pair)
