"""What stands around every page: the filter bar, the title, the filter in words with its count."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from core.errors import AssayError
from core.schema import PairFilter
from core.views.browse import count
from core.views.results import Count
from pages.components import cached, filters, leftout, menu, render
from pages.components.ends import PageEnds
from pages.components.words import plain

__all__ = ["Frame", "PageEnds", "begin", "current", "leave", "maybe", "show"]

_STATE = "frame"


@dataclass(frozen=True)
class Frame:
    """What the page is asked for."""

    filter: PairFilter
    count: Count


def show(title: str, bare: bool = False) -> None:
    """Draw the frame; what goes wrong is kept for the page that needs it.

    A bare page has its title alone: nothing there tells what is in the store.
    """
    render.controls()
    st.title(title, anchor=False)
    if bare:
        st.session_state[_STATE] = None
        return
    try:
        filter = replace(filters.show(), hidden=leftout.rows())
        found = cached.ask(count, filter)
    except AssayError as error:
        st.session_state[_STATE] = error
        return
    st.session_state[_STATE] = Frame(filter, found)
    _sentence(found)
    leftout.show(filter)


def leave() -> None:
    """Forget the frame: the next page is to be drawn with its own."""
    st.session_state.pop(_STATE, None)


def begin() -> None:
    """Make sure that app.py drew what stands around this page; the first line of a bare one."""
    if _STATE not in st.session_state:
        _through_the_app()


def current() -> Frame:
    """Return what app.py drew this page for; raise what went wrong there."""
    found = maybe()
    if isinstance(found, AssayError):
        raise found
    return found


def maybe() -> Frame | AssayError:
    """Return the frame or what went wrong, for the page that works without a store."""
    begin()
    found: Frame | AssayError = st.session_state[_STATE]
    return found


def _sentence(found: Count) -> None:
    pairs = "pair" if found.total == 1 else "pairs"
    if found.sentence == "all pairs":
        st.markdown(f"All **{found.total:,}** {pairs}")
    else:
        st.markdown(
            f"**{found.matching:,}** of {found.total:,} {pairs}: {plain(found.sentence, 600)}"
        )


def _through_the_app() -> None:
    """Start over through app.py.

    Until a server has met its first `st.navigation`, it takes the folder `pages` for a menu and
    runs the page of a link by itself.
    """
    menu.show()
    st.rerun()
