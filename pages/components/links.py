"""What a link says that no widget binds, and what it says that does not fit.

A bound widget drops a value it does not know without a word, so links are read before it is drawn.
"""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from core.schema import Cursor
from pages.components import address
from pages.components.words import plain

LISTED = 6
"""Most known names that a note repeats."""
MARK = "after"
"""Parameter that says where a keyset page starts: `VALUE:ROW`."""
_NOTES = "link_notes"
_TRAIL = "page_trail"


def check(key: str, known: Collection[str], noun: str) -> None:
    """Name the values of `?key=` that are none of `known`; call before the widget is drawn."""
    unknown = [value for value in st.query_params.get_all(key) if value not in known]
    listed = ", ".join(plain(name, 80) for name in list(known)[:LISTED]) or "none"
    more = f" and {len(known) - LISTED} more" if len(known) > LISTED else ""
    _note(key, unknown, noun, f"which is not here. Known: {listed}{more}.")


def check_number(key: str, most: int, noun: str) -> None:
    """Name the values of `?key=` that are no whole numbers from 0 to `most`; call before."""
    values = st.query_params.get_all(key)
    _note(key, [v for v in values if not _fits(v, most)], noun, f"no number up to {most:,}.")


def check_between(key: str, low: float, high: float, noun: str) -> None:
    """Name the values of `?key=` that are no numbers from `low` to `high`; call before."""
    values = st.query_params.get_all(key)
    wrong = [value for value in values if not low <= _number(value) <= high]
    _note(key, wrong, noun, f"no number from {low:,g} to {high:,g}.")


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return float("nan")


def _fits(value: str, most: int) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    return 0 <= number <= most and number.is_integer()


def _note(key: str, unknown: list[str], noun: str, why: str) -> None:
    """Show what the link said wrongly about `key`, until it is changed."""
    notes: dict[str, str] = st.session_state.setdefault(_NOTES, {})
    if unknown:
        named = ", ".join(plain(value, 80) for value in unknown[:LISTED])
        notes[key] = f"This link asks for the {noun} “{named}”, {why}"
    if key in notes:
        st.warning(notes[key], icon=":material/link_off:")


def changed(key: str) -> None:
    """Forget what the link said about `key`; pages start over. A widget's `on_change`."""
    st.session_state.get(_NOTES, {}).pop(key, None)
    first_page()


def mark() -> Cursor | None:
    """Return where the page starts, None at the beginning; say so when it cannot be read."""
    text = address.get(MARK)
    if not text:
        return None
    value, _, row = text.rpartition(":")
    try:
        return Cursor(float(value) if value else None, int(row))
    except ValueError:
        st.warning(
            f"This link's page mark {plain(text, 80)} cannot be read; this is the first page.",
            icon=":material/link_off:",
        )
        first_page()
        return None


def next_page(after: Cursor) -> None:
    """Go on behind `after`, remembering the way back."""
    st.session_state.setdefault(_TRAIL, []).append(address.get(MARK))
    value = "" if after.value is None else repr(after.value)
    address.put(MARK, f"{value}:{after.row_id}")


def previous_page() -> None:
    """Go back the way we came; a link opened in the middle leads to the first page."""
    trail: list[str] = st.session_state.get(_TRAIL) or [""]
    if before := trail.pop():
        address.put(MARK, before)
    else:
        first_page()


def first_page() -> None:
    """Go to the first page."""
    st.session_state[_TRAIL] = []
    address.put(MARK, "")


def pager(after: Cursor | None, shown: int, key: str) -> None:
    """Draw the way through keyset pages, where there is more than one."""
    here = bool(address.get(MARK))
    if not here and after is None:
        return
    number = len(st.session_state.get(_TRAIL, [])) + 1
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("First", key=f"{key}_first_page", on_click=first_page, disabled=not here)
        st.button("Previous", key=f"{key}_previous_page", on_click=previous_page, disabled=not here)
        st.button(
            "Next",
            key=f"{key}_next_page",
            on_click=next_page,
            args=(after,),
            disabled=after is None,
        )
        trail = st.session_state.get(_TRAIL)
        where = f"Page {number}" if trail or not here else "A page opened by link"
        st.caption(f"{where}, {shown} rows")
