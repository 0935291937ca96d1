"""Methods: every number, scorer, preset and format as its registry describes it."""

from __future__ import annotations

import streamlit as st

from pages.components import catalogue, frame, links

frame.maybe()
links.check("about", catalogue.PARTS, "part")
part = st.segmented_control(
    "Part",
    catalogue.PARTS,
    default="signals",
    required=True,
    key="about",
    bind="query-params",
    label_visibility="collapsed",
    on_change=links.changed,
    args=("about",),
)
catalogue.PARTS[part or "signals"]()
