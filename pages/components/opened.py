"""The pair that Browse has open: in the link as `?pair=`, so that every reading is a permalink.

`0123456789abcdef` is a pair's first row, `0123456789abcdef-2` its second one; a number is a row of
this store. A pair's id is the same in every store, a row's number is not.
"""

from __future__ import annotations

import streamlit as st

from core.schema import Order, PairFilter
from core.store.textquery import terms
from core.views.browse import find_rows, pair_detail
from core.views.detail import Near
from core.views.prompts import prompt_view
from core.views.results import PairDetail, Sibling
from core.views.signals import choices
from core.views.tokens import token_runs
from core.views.voted import row_votes
from pages.components import (
    address,
    cached,
    calculator,
    copylink,
    leftout,
    logvotes,
    neighbours,
    problems,
    promptview,
    reader,
    signalgroups,
    similar,
    tokens,
)
from pages.components.neighbours import Neighbours
from pages.components.words import plain

KEY = "pair"


def box() -> None:
    """Draw the box that names the open pair and opens another.

    It is another widget for every pair, and heard only where it says another one than it was
    drawn with: the browser sends each widget's value with every press, and one sent before the
    new pair's arrived would lead back to the pair before.
    """
    text = address.get(KEY)
    key = f"pair_{text}"
    st.text_input(
        "Pair",
        value=text,
        key=key,
        on_change=_typed,
        args=(key, text),
        placeholder="Id of a pair, 16 digits",
        width=260,
    )


def _typed(key: str, drawn: str) -> None:
    if (text := st.session_state[key]) != drawn:
        address.put(KEY, text.strip())


def row() -> int | None:
    """Return the row that the link or the box names; say so when there is none."""
    text = address.get(KEY).strip().lower()
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
    address.put(KEY, name(pair_id, row_id))


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
    address.put(KEY, "")


def show(row_id: int, filter: PairFilter, order: Order) -> None:
    """Show the reader for one row."""
    if row_id in filter.hidden:
        st.button("Table", icon=":material/table_rows:", on_click=close)
        st.info(leftout.OPEN, icon=":material/visibility_off:")
        return
    detail = cached.ask(pair_detail, row_id, filter.hidden)
    if detail is None:
        problems.empty("There is no such row in this store.", "Rows are numbered from 0.")
        return
    found = _around(detail, filter, order)
    _bar(detail, found)
    marked = terms(filter.search)
    runs = cached.ask(token_runs)
    look = reader.looks("reader", reader.longest(detail), tokens=bool(runs))
    reader.conversation(detail, look, marked)
    if look.tokens:
        tokens.show(detail, runs)
    else:
        reader.answers(detail, look, marked)
    calculator.show(detail)
    st.subheader("Everything known of this pair", anchor=False)
    signalgroups.show(detail, cached.ask(choices))
    st.subheader("Votes and gold", anchor=False)
    reader.votes(detail)
    said = cached.ask(row_votes, row_id)
    logvotes.show(said, cached.decision(detail.pair_id), detail.tie_kind is not None)
    reader.gold(detail)
    _related(detail, filter)
    similar.show(detail, filter, open_row)
    _fetch(found.after, filter, order)


def _fetch(near: Near | None, filter: PairFilter, order: Order) -> None:
    """Ask for all that the next pair's page needs while this one is read."""
    detail = cached.ask(pair_detail, near.row_id, filter.hidden) if near else None
    if detail is not None:
        _around(detail, filter, order)
        cached.ask(prompt_view, detail.row_id, filter.hidden)
        cached.ask(find_rows, detail.pair_id)


def _around(detail: PairDetail, filter: PairFilter, order: Order) -> Neighbours:
    value = float(detail.row_id) if order.name == "row_id" else detail.signals.get(order.name)
    return neighbours.around(filter, order, detail.row_id, value)


def _bar(detail: PairDetail, found: Neighbours) -> None:
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
        if st.button("Copy link", key="read_copy", shortcut="L"):
            copylink.show(name(detail.pair_id, detail.row_id))
        reader.facts(detail)


def _related(detail: PairDetail, filter: PairFilter) -> None:
    """Show the prompt's responses where there are several, and the rows of this pair."""
    ranked = cached.ask(prompt_view, detail.row_id, filter.hidden)
    if ranked is not None:
        promptview.show(ranked, detail.row_id, open_row)
    listed = [s for s in detail.siblings if ranked is None or s.relation != "same prompt"]
    _siblings(tuple(listed))


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
