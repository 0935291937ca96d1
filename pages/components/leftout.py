"""The pairs that are open to whoever is here: judged blind on Relabel, left out elsewhere."""

from __future__ import annotations

import streamlit as st

from core.errors import AssayError
from core.schema import PairFilter
from core.schema.relabel import Person
from pages.components import cached, who
from pages.components.words import counted, plain

OPEN = "This pair is open to you on Relabel. It is shown here once you have answered it."
_TROUBLE = "leftout_trouble"


def rows() -> tuple[int, ...]:
    """Return the rows to leave out; raise LogError where nobody knows which they are."""
    found = who.known()
    return cached.hidden(found.name) if isinstance(found, Person) else ()


def show(filter: PairFilter) -> None:
    """Say how many rows the page leaves out, and offer them back; nothing where it is none."""
    if trouble := cached.trouble() or st.session_state.pop(_TROUBLE, ""):
        st.warning(plain(trouble, 400), icon=":material/sync_problem:")
    if filter.hidden:
        n = counted(len(filter.hidden), "row")
        _line(f"{n} left out on every page: open to you on Relabel.", "leftout_back")


def warn(filter: PairFilter) -> None:
    """Say that an export lacks what is left out: nobody writes a smaller set unknowingly."""
    if filter.hidden:
        n = counted(len(filter.hidden), "row")
        st.warning(
            f"{n} that are open to you on Relabel are neither counted here nor in the download. "
            "The command below leaves out nothing.",
            icon=":material/visibility_off:",
        )
        _button("leftout_export")


def _line(text: str, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(text)
        _button(key)


def _button(key: str) -> None:
    st.button(
        "Put them back",
        key=key,
        icon=":material/undo:",
        type="tertiary",
        help="Give the open pairs back to their queues, unanswered",
        on_click=_put_back,
    )


def _put_back() -> None:
    try:
        found = who.known()
        if isinstance(found, Person):
            cached.desk().release(found.name)
    except AssayError as error:
        st.session_state[_TROUBLE] = str(error)
