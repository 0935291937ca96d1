"""The pages, in the order of the work, each at a stable address."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page

from pages.components import brand

_PAGES = (
    ("overview", "Overview", "dashboard", "What is in the store and what to do next."),
    ("browse", "Browse", "table_rows", "Every pair: a table to search and sort, a reader."),
    ("margins", "Margins", "bar_chart", "How signals are distributed; brush a range to filter."),
    ("slices", "Slices", "splitscreen", "Where labels, runs and length differ; what surprises."),
    ("flips", "Flips", "swap_horiz", "Labels that look reversed, with the evidence."),
    ("scorers", "Scorers", "speed", "Health of every run, and of those being made."),
    ("export", "Export", "download", "A curated split, previewed, and the command that makes it."),
    ("methods", "Methods", "functions", "Formulas, directions and limits of every number."),
)


def show() -> Page:
    """Draw the menu and return the page that is asked for."""
    # Before the menu: without an icon of its own, the page fetches the menu's from the internet.
    st.set_page_config(page_title="Assay", page_icon=brand.ICON, layout="wide")
    st.logo(brand.LOGO)
    page = st.navigation(
        [
            st.Page(
                f"pages/{name}.py",
                title=title,
                icon=f":material/{icon}:",
                url_path=name,
                help=help,
                default=name == "overview",
            )
            for name, title, icon, help in _PAGES
        ]
    )
    st.set_page_config(page_title=f"{page.title} · Assay")
    return page
