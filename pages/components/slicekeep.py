"""A slice becomes the filter of every page; a filter becomes a link, and an export's command."""

from __future__ import annotations

import streamlit as st

from core.curate.commandline import command_line
from core.curate.recipe import Recipe
from core.schema import Condition, PairFilter
from core.views.slices import Slices
from core.views.slicing import Slice
from pages.components import brush, cached, filters, savedfilters
from pages.components.exportview import store_flag
from pages.components.words import plain

OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "null", "notnull")
"""All that a condition on the slice's column can be."""
OUT = "curated"
"""Folder that the command writes to."""


def buttons(seen: Slices) -> None:
    """Draw a button for each slice, which narrows the filter on every page, and the way back."""
    st.caption("Keep one slice, on every page:")
    with st.container(horizontal=True, gap="small"):
        for i, row in enumerate(seen.rows):
            button(row.slice, row.slice.label, f"slice_{seen.column}_{i}")
        brush.undo_button()


def button(slice: Slice, label: str, key: str) -> None:
    """Draw the button that adds a slice's conditions to the filter."""
    st.button(
        plain(label, 60),
        key=key,
        icon=":material/filter_alt:",
        help=plain(cached.where_text(slice.conditions), 300),
        on_click=brush.narrow,
        args=({slice.column: OPERATORS}, _added(slice)),
    )


def link(filter: PairFilter) -> None:
    """Show the filter as a link to any page, and as the export that it makes."""
    st.markdown("As a link. It opens this filter here; with another page's name, on that page.")
    st.code(address(st.context.url, filter), language=None, wrap_lines=True)
    st.markdown("As a recipe: the command exports these pairs; its options stand on Export.")
    st.code(
        command_line(Recipe(filter=filter), OUT, store_flag()), language="bash", wrap_lines=True
    )


def address(url: str | None, filter: PairFilter) -> str:
    """Return the address of a page with the filter, from the page's own where it is known."""
    said = [
        *(("source", name) for name in filter.sources),
        *(("split", name) for name in filter.splits),
        *([("q", filter.search)] if filter.search else []),
        *([("where", cached.where_text(filter.conditions))] if filter.conditions else []),
    ]
    return savedfilters.address(url or "/slices", said)


def _added(slice: Slice) -> tuple[Condition, ...]:
    """Return what the filter says of the slice's column already, and the slice, each once."""
    held = (c for c in filters.current().conditions if c.name == slice.column)
    return tuple(dict.fromkeys((*held, *slice.conditions)))
