"""The pair that Browse has open: in the link as `?pair=`, so that every reading is a permalink.

`0123456789abcdef` is a pair's first row, `0123456789abcdef-2` its second one; a number is a row of
this store. A pair's id is the same in every store, a row's number is not.
"""

from __future__ import annotations

import streamlit as st

from core.schema import Order, PairFilter
from core.views.browse import find_rows, pair_detail
from core.views.results import PairDetail, Sibling
from core.views.signals import choices
from pages.components import cached, calculator, neighbours, problems, reader
from pages.components.words import plain

KEY = "pair"


def row() -> int | None:
    """Return the row that the link or the box names; say so when there is none."""
    text = (st.session_state.get(KEY) or "").strip().lower()
    if not text:
        return None
    if text.isdecimal() and len(text) < 16:
        return int(text)
    pair_id, _, place = text.partition("-")
    rows = cached.ask(find_rows, pair_id)
    at = int(place) - 1 if place.isdecimal() else 0
    if 0 <= at < len(rows):
        return rows[at]
    st.warning(
        f"There is no pair {plain(text, 60)} in this store; this is the table.",
        icon=":material/link_off:",
    )
    return None


def open_row(pair_id: str, row_id: int) -> None:
    """Open a row; only in a callback."""
    st.session_state[KEY] = name(pair_id, row_id)


def go(pair_id: str, row_id: int) -> None:
    """Open a row in Browse's reader, from another page."""
    st.switch_page("pages/browse.py", query_params={KEY: name(pair_id, row_id)})


def name(pair_id: str, row_id: int) -> str:
    """Return how a link names a row."""
    rows = cached.ask(find_rows, pair_id)
    place = rows.index(row_id) if row_id in rows else 0
    return f"{pair_id}-{place + 1}" if place else pair_id


def close() -> None:
    """Go back to the table; only in a callback."""
    st.session_state[KEY] = ""


def show(row_id: int, filter: PairFilter, order: Order) -> None:
    """Show the reader for one row."""
    detail = cached.ask(pair_detail, row_id)
    if detail is None:
        problems.empty("There is no such row in this store.", "Rows are numbered from 0.")
        return
    _bar(detail, filter, order)
    terms = reader.terms_of(filter.search)
    look = reader.looks("reader", reader.longest(detail))
    reader.conversation(detail, look, terms)
    reader.answers(detail, look, terms)
    calculator.show(detail)
    left, right = st.columns([2, 3], gap="large")
    offered = cached.ask(choices)
    with left:
        st.subheader("Signals", anchor=False)
        reader.signals(detail, offered)
    with right:
        st.subheader("Rewards", anchor=False)
        reader.scores(detail, offered)
        st.subheader("Votes and gold", anchor=False)
        reader.votes(detail)
        reader.gold(detail)
    _siblings(detail.siblings)


def _bar(detail: PairDetail, filter: PairFilter, order: Order) -> None:
    value = float(detail.row_id) if order.name == "row_id" else detail.signals.get(order.name)
    found = neighbours.around(filter, order, detail.row_id, value)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Table", icon=":material/table_rows:", on_click=close)
        for label, key, near in (
            ("Previous", "Left", found.before),
            ("Next", "Right", found.after),
        ):
            st.button(
                label,
                key=f"read_{label.lower()}",
                shortcut=key,
                on_click=open_row,
                args=(near.pair_id, near.row_id) if near else (detail.pair_id, detail.row_id),
                disabled=near is None,
            )
        reader.facts(detail)


def _siblings(siblings: tuple[Sibling, ...]) -> None:
    if not siblings:
        return
    st.subheader("Related rows", anchor=False)
    with st.container(gap=None):
        for sibling in siblings:
            place = f"{sibling.source}, {sibling.split}, row {sibling.row:,}"
            st.button(
                f"{sibling.relation.capitalize()}: {plain(place)} · {plain(sibling.preview, 90)}",
                key=f"sibling_{sibling.row_id}",
                type="tertiary",
                on_click=open_row,
                args=(sibling.pair_id, sibling.row_id),
            )
