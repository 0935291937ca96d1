"""Browse's toolbar: the order of rows, and which pair is opened."""

from __future__ import annotations

import streamlit as st

from core.schema import Order
from core.views.signals import choices
from pages.components import cached, links, opened
from pages.components.reader import GOLD_SIGNAL

IMPORTED = "order of import"
_MOST_COLUMNS = 6


def order() -> Order:
    """Draw the controls and return the order they ask for."""
    names = [IMPORTED, *(c.column.name for c in cached.ask(choices))]
    links.check("sort", names, "column to sort by")
    links.check("desc", ("true", "false"), "direction")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Sort by",
            names,
            key="sort",
            bind="query-params",
            width=340,
            on_change=links.changed,
            args=("sort",),
        )
        descending = st.toggle(
            "Highest first",
            key="desc",
            bind="query-params",
            on_change=links.changed,
            args=("desc",),
        )
        opened.box()
    return Order("row_id" if name in (None, IMPORTED) else name, descending)


def columns(order: Order) -> list[str]:
    """Return the signals that the table shows: what it is sorted by, then those that tell most."""
    stored = [c.column for c in cached.ask(choices) if c.column.n]
    names = [column.name for column in stored]
    first = [order.name] if order.name in names else []
    telling = [n for n in ("suspicion", "vote_share") if n in names]
    margins = [column.name for column in stored if column.run_id]
    # Gold only when it is asked for: who reads should judge first.
    rest = [name for name in names if name != GOLD_SIGNAL]
    return list(dict.fromkeys([*first, *telling, *margins, *rest]))[:_MOST_COLUMNS]
