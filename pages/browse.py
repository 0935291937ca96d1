"""Browse: every pair as a table to search, sort and page through, and a reader for one of them."""

from __future__ import annotations

import streamlit as st

from core.schema import Order
from core.views.browse import browse
from pages.components import address, cached, frame, links, opened, pairtable, problems, toolbar

asked = frame.current()
order: Order = toolbar.order()
row_id = opened.row()

if row_id is not None:
    opened.show(row_id, asked.filter, order)
elif not asked.count.matching:
    problems.no_match(asked.count)
else:
    page = cached.ask(browse, asked.filter, order, links.mark(), 50)
    st.caption("Choose a row by its box at the left, or with Shift and Space, to read it.")
    pairtable.show(
        page.rows,
        f"browse_{address.get(links.MARK)}",
        toolbar.columns(order),
        lambda row: opened.open_row(row.pair_id, row.row_id),
        f"Pairs, {asked.count.sentence}",
    )
    links.pager(page.after, len(page.rows), "browse")
