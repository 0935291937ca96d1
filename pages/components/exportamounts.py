"""Export's amounts: at most so many pairs of a slice, and as many of each."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from core.curate.commandline import SLICES, cap_of, cap_text
from core.curate.recipe import Cap
from pages.components import exportfields, links

NONE = "nothing"
KEY = "cap"
MOST = 10**9
_BY, _VALUE, _N = "cap_by", "cap_value", "cap_n"


def show(sources: Iterable[str]) -> tuple[tuple[Cap, ...], str] | None:
    """Draw caps and the balance; None where a cap cannot be read, which is said below it."""
    said = st.multiselect(
        "At most",
        [],
        key=KEY,
        bind="query-params",
        accept_new_options=True,
        placeholder="source=500",
        help="`source=500`: at most 500 pairs of each source; `source:NAME=500`: of one. Also: "
        f"{', '.join(f'`{name}`' for name in SLICES[1:])}. A preset that ranks keeps its best.",
    )
    caps = exportfields.read(lambda: tuple(cap_of(text) for text in said))
    _add(list(sources))
    balance = exportfields.maybe(
        "Balanced by",
        "balance",
        SLICES,
        NONE,
        "As many pairs of each value as the rarest one has: a rare value makes the set small.",
        "key",
    )
    return None if caps is None else (caps, balance)


def _add(sources: list[str]) -> None:
    opened = st.popover("Add a cap", icon=":material/add:", on_change="rerun", key="cap_add")
    if not opened.open:
        return
    with opened, st.form("cap_form", border=False):
        st.selectbox("Of each", SLICES, key=_BY)
        st.selectbox(
            "Only of",
            sources,
            index=None,
            accept_new_options=True,
            placeholder="Each value has its own",
            help="A source, or a value of what is chosen above",
            key=_VALUE,
        )
        st.number_input("At most", 0.0, float(MOST), 1000.0, 1.0, "%.0f", key=_N)
        st.form_submit_button("Add", on_click=_put)


def _put() -> None:
    state = st.session_state
    cap = Cap(state[_BY], int(state[_N] or 0), state.get(_VALUE) or "")
    held = [text for text in state.get(KEY, []) if text != cap_text(cap)]
    state[KEY] = [*held, cap_text(cap)]
    links.changed(KEY)
