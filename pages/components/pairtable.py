"""Rows as a table in which one row can be chosen; ids are text, numbers stay numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core.views.results import PairRow
from pages.components.words import visible

ROW_PIXELS = 35
TEXT_PIXELS = 160
"""Of a text at least: leaves room for the first signals at 1280 px."""


def show(
    rows: tuple[PairRow, ...],
    key: str,
    signals: Sequence[str],
    chosen: Callable[[PairRow], None],
    alt: str,
) -> None:
    """Draw the table; a callback gets the row that a person chose."""
    st.dataframe(
        _table(rows, signals),
        key=key,
        hide_index=True,
        height=min(ROW_PIXELS * (len(rows) + 1) + 3, 640),
        on_select=lambda: _selected(rows, key, chosen),
        selection_mode="single-row",
        placeholder="–",
        column_config=_config(signals),
        alt=alt,
    )


def _selected(rows: tuple[PairRow, ...], key: str, chosen: Callable[[PairRow], None]) -> None:
    found = st.session_state[key]["selection"]["rows"]
    if found:
        chosen(rows[found[0]])


def _table(rows: tuple[PairRow, ...], signals: Sequence[str]) -> pa.Table:
    columns: dict[str, list[object]] = {
        "Prompt": [_line(row.prompt) for row in rows],
        "Chosen": [_line(row.chosen) for row in rows],
        "Rejected": [_line(row.rejected) for row in rows],
    }
    for name in signals:
        columns[name] = [row.signals.get(name) for row in rows]
    columns |= {
        "Source": [visible(row.source) for row in rows],
        "Split": [visible(row.split) for row in rows],
        "Row": [str(row.row) for row in rows],
        "Tie": [row.tie_kind or "" for row in rows],
        "Pair": [row.pair_id for row in rows],
    }
    return pa.table(columns)


def _line(text: str) -> str:
    return visible(" ".join(text.split()))


def _config(signals: Sequence[str]) -> dict[str, ColumnConfig]:
    numbers = {name: st.column_config.NumberColumn(name, format="%.3f") for name in signals}
    texts = {
        name: st.column_config.TextColumn(name, width=TEXT_PIXELS)
        for name in ("Prompt", "Chosen", "Rejected")
    }
    return {**texts, **numbers, "Row": st.column_config.TextColumn("Row", width="small")}
