"""The filter bar: four widgets bound to the URL, and the filter they make.

`app.py` draws it before the page: in a page script its state would be lost on navigation.
"""

from __future__ import annotations

from typing import Literal

import streamlit as st

from core.schema import Condition, PairFilter
from core.views.margins import OTHERS, histogram
from core.views.overview import overview
from pages.components import cached, links, savedfilters
from pages.components.words import plain

KEYS = ("source", "split", "q", "where")
_OPERATORS = (">=", "<=", ">", "<", "=", "!=")
_SEARCHES = """Words that the prompt or an answer holds: `two words`, `"a phrase"`, `fu*`.

`prompt:` `chosen:` `rejected:` stand before a word or a group; `AND` `OR` `NOT` `-` and
parentheses join them: `chosen:(sorry OR apolog*) -rejected:sorry`.

`exact:` finds a text letter for letter, `re:` a pattern (RE2). They look at every text, for 2
seconds at most."""


def show() -> PairFilter:
    """Draw the bar and return the filter; raise FilterError when a condition cannot be read."""
    sources = [source.name for source in cached.ask(overview).sources]
    splits = list(cached.ask(histogram, PairFilter(), "row_id", 1, "split").series)
    links.check("source", sources, "source")
    if OTHERS not in splits:
        links.check("split", splits, "split")
    with st.sidebar:
        top = st.container()
        _names("Sources", sources, "source", more=False)
        _names("Splits", sorted(splits), "split", more=OTHERS in splits)
        _text("Search texts", "q", _SEARCHES, "search", "Words")
        _text(
            "Conditions",
            "where",
            "`NAME OP VALUE`, joined by `AND`: `suspicion >= 0.7 AND tie = false`, "
            "`vote_share is not null`.",
            "default",
            "suspicion >= 0.5",
        )
        with top:
            savedfilters.choose({"source": sources, "split": None if OTHERS in splits else splits})
        filter = current()
        _chips(filter.conditions)
        _add_condition()
        if filter != PairFilter():
            st.button("Clear filters", icon=":material/filter_alt_off:", on_click=clear)
        savedfilters.keep(filter)
    return filter


def current() -> PairFilter:
    """Return the filter that the widgets hold; raise FilterError."""
    state = st.session_state
    return PairFilter(
        sources=tuple(state.get("source", ())),
        splits=tuple(state.get("split", ())),
        search=(state.get("q") or "").strip(),
        conditions=cached.parse_where(state.get("where") or ""),
    )


def asked() -> list[str]:
    """Return what the widgets hold, as texts: the same for the same filter."""
    return [str(st.session_state.get(key) or "") for key in KEYS]


def clear() -> None:
    """Empty every filter."""
    for key in KEYS:
        st.session_state[key] = [] if key in ("source", "split") else ""
        links.changed(key)


def set_conditions(conditions: tuple[Condition, ...]) -> None:
    """Write the conditions of the filter; only in a callback."""
    st.session_state["where"] = cached.where_text(conditions)
    links.changed("where")


def _names(label: str, names: list[str], key: str, more: bool) -> None:
    st.multiselect(
        label,
        names,
        key=key,
        bind="query-params",
        placeholder="All",
        accept_new_options=more,
        on_change=links.changed,
        args=(key,),
    )


def _text(
    label: str, key: str, help: str, type: Literal["default", "search"], placeholder: str
) -> None:
    st.text_input(
        label,
        key=key,
        help=help,
        placeholder=placeholder,
        type=type,
        bind="query-params",
        on_change=links.changed,
        args=(key,),
    )


def _chips(conditions: tuple[Condition, ...]) -> None:
    for i, condition in enumerate(conditions):
        st.button(
            plain(cached.where_text((condition,)), 60),
            key=f"drop_{i}",
            icon=":material/close:",
            help="Remove this condition",
            on_click=set_conditions,
            args=(conditions[:i] + conditions[i + 1 :],),
        )


def _add_condition() -> None:
    added = st.popover("Add a condition", icon=":material/add:", on_change="rerun", key="add")
    if not added.open:
        return
    with added, st.form("add_form", border=False):
        st.selectbox("Column", _number_columns(), key="add_name")
        st.selectbox("Comparison", _OPERATORS, key="add_op")
        st.number_input("Value", value=0.0, step=0.1, key="add_value", format="%g")
        st.form_submit_button("Add", on_click=_add)


def _add() -> None:
    state = st.session_state
    new = Condition(state["add_name"], state["add_op"], float(state["add_value"]))
    set_conditions((*current().conditions, new))


def _number_columns() -> list[str]:
    return [name for name, kind in cached.store().columns.items() if kind == "number"]
