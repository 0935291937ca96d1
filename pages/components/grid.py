"""A small table of words as Markdown: it needs none of the browser code of the large tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows of the same columns as a Markdown table; cells are Markdown, numbers right."""
    if not rows:
        return ""
    cells = [list(row.values()) for row in rows]
    rules = [
        "---:" if all(cell[:1].isdigit() or cell == "–" for cell in column) else "---"
        for column in zip(*cells, strict=True)
    ]
    lines = [list(rows[0]), rules, *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def on_request(key: str, title: str, rows: Callable[[], Sequence[Mapping[str, str]]]) -> None:
    """Offer a table behind its title; it is made and sent when it is opened."""
    opened = st.expander(title, key=f"{key}_table", on_change="rerun", type="compact")
    if opened.open:
        opened.markdown(table(rows()))
