"""Which queue a person works in, and what they read before the first pair."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.relabel.desk import Desk
from core.relabel.queues import Queue
from core.schema.relabel import Person
from pages.components import address, cached, guideline, problems, saidline
from pages.components.seat import here
from pages.components.words import counted, plain

KEY = "queue"


def asking(desk: Desk, person: Person) -> list[Queue]:
    """Return the queues that ask this person now, the oldest first."""
    return desk.ask(lambda s: [q for q in s.queues.values() if q.asks(person.name)])


def show(desk: Desk, person: Person) -> Queue | None:
    """Return the queue that this person works in; draw the choice, or the start, until there is."""
    open_to = asking(desk, person)
    asked = address.get(KEY)
    found = {queue.id: queue for queue in open_to}.get(asked)
    if asked and found is None:
        st.warning(_gone(desk, asked), icon=":material/link_off:")
    if found is None and len(open_to) == 1 and not asked:
        found = open_to[0]
    if found is None:
        saidline.show()
        _none() if not open_to else choose(open_to, "Queues that ask you")
        return None
    if _is_new(desk, person, found):
        _start(desk, person, found)
        return None
    return found


def choose(queues: Sequence[Queue], title: str) -> None:
    """Draw a choice of queues, nothing where there is none."""
    if queues:
        st.subheader(title, anchor=False)
    for queue in queues:
        with st.container(horizontal=True, border=True, vertical_alignment="center"):
            st.markdown(f"**{plain(queue.name, 120)}**  \n{counted(len(queue.real), 'pair')}")
            st.space("stretch")
            st.button("Open", key=f"relabel_open_{queue.id}", on_click=enter, args=(queue.id,))


def enter(queue_id: str) -> None:
    """Work in a queue; a callback."""
    seat = here()
    seat.act()
    seat.item, seat.saved = None, ""
    address.put(KEY, queue_id)
    st.rerun()


def _gone(desk: Desk, asked: str) -> str:
    known = desk.ask(lambda state: state.queues.get(asked))
    if known is None:
        return "There is no such queue here."
    why = "is closed" if known.closed else "does not ask you now"
    return f"The queue {plain(known.name, 120)} {why}. What you answered in it is kept."


def _none() -> None:
    problems.empty(
        "No queue asks you now.",
        "A lead makes queues on the page Team or with the command below, and says there who is "
        "asked. Then reload this page.",
        "python -m core queue make NAME",
    )


def _is_new(desk: Desk, person: Person, queue: Queue) -> bool:
    if queue.id in here().begun:
        return False
    mine = desk.ask(
        lambda s: any(s.votes[q].queue == queue.id for q in s.by_person.get(person.name, ()))
    )
    return not mine


def _start(desk: Desk, person: Person, queue: Queue) -> None:
    """Draw what is asked, before the first pair."""
    found = desk.progress(person.name, queue.id)
    st.subheader(plain(queue.name, 120), anchor=False)
    st.markdown(
        "Read the prompt and both answers, then say which answer is better. Where they stand, "
        "left or right, is drawn for you; nothing here tells what others said."
    )
    # In all, whatever was answered: what is still wanted would tell how an answer counted.
    said = [f"{found.total:,} answers wanted", counted(len(queue.real), "pair")]
    if found.practice_left:
        said.append(f"{found.practice_left} to practise first, with solutions")
    st.caption(" · ".join(said))
    if queue.warning:
        st.warning(plain(queue.warning, 2_000), icon=":material/visibility_off:")
    st.button(
        "Start",
        key=f"relabel_start_{queue.id}",
        shortcut="Enter",
        type="primary",
        on_click=_begin,
        args=(queue.id,),
    )
    guideline.show(queue)


def _begin(queue_id: str) -> None:
    seat = here()
    seat.act()
    seat.begun.add(queue_id)
    if cached.desk().ask(lambda state: queue_id in state.queues):
        address.put(KEY, queue_id)
