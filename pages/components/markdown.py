"""Texts from data rendered as Markdown, on request only: no images, colours, icons or formulas."""

from __future__ import annotations

import re

import streamlit as st

from core.views.results import Turn
from pages.components.words import plain, visible

_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)
_DIRECTIVE = re.compile(r"([:$])(?=\S)")


def show(turn: Turn, limit: int) -> None:
    """Show one turn as Markdown."""
    st.caption(plain(turn.role))
    with st.container(border=True):
        st.markdown(harmless(turn.content[:limit]))


def harmless(text: str) -> str:
    """Return Markdown that loads nothing and uses none of the app's own signs."""
    # Everywhere, code included: what is code here may be none to the page's own parser.
    text = visible(text).replace("![", "! [").replace("```mermaid", "```text")
    parts = _CODE.split(text)
    return "".join(part if i % 2 else _DIRECTIVE.sub(r"\\\1", part) for i, part in enumerate(parts))
