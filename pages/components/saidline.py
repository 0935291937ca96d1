"""What became of the last press, in one line that is read out."""

from __future__ import annotations

import streamlit as st

from pages.components.seat import here
from pages.components.words import plain


def show() -> None:
    """Draw the line; its place is always there, so that nothing jumps."""
    seat = here()
    parts = [plain(seat.saved)] * bool(seat.saved)
    parts += [f"**{plain(seat.warning, 600)}**"] * bool(seat.warning)
    with st.container(key="relabel_said"):
        st.caption(" · ".join(parts) or "\u00a0")
