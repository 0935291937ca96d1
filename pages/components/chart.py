"""A chart with its text alternative, and the same numbers as a table on request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import streamlit as st

from core.charts.theme import drawn_for
from pages.components import filters
from pages.components.words import plain, visible

if TYPE_CHECKING:
    import pyarrow as pa
    from streamlit.elements.plotly_chart import FigureOrData

CONFIG = {"displaylogo": False, "displayModeBar": False, "scrollZoom": False}


def theme() -> Literal["light", "dark"]:
    """Return the theme that the browser shows."""
    return "dark" if st.context.theme.type == "dark" else "light"


def show(
    figure: FigureOrData,
    key: str,
    text: str,
    table: Callable[[], pa.Table],
    brushed: Callable[[], None] | None = None,
    caption: bool = True,
) -> None:
    """Draw a figure; `brushed` is called when a person draws a box in it or clicks a mark.

    Without `caption` the words stand with the table, where they repeat what is there to see.
    """
    st.plotly_chart(
        drawn_for(figure, filters.asked()) if brushed else figure,
        key=key,
        theme=None,
        config=CONFIG,
        on_select=brushed or "ignore",
        selection_mode=("points", "box"),
        alt=visible(text),
    )
    if caption:
        st.caption(plain(text, 1000))
    opened = st.expander("As a table", key=f"{key}_table", on_change="rerun", type="compact")
    if opened.open:
        with opened:
            if not caption:
                st.caption(plain(text, 1000))
            st.dataframe(table(), hide_index=True, alt=text)
