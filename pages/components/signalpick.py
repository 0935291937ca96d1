"""Choosing signals by their column's name, which is what the URL and every condition say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.views.flips import evidence_columns
from core.views.results import SignalChoice
from pages.components import cached, links
from pages.components.words import plain

Offered = Mapping[str, SignalChoice]
By = Literal["source", "split", "run"]
View = Literal["one signal", "linked"]
_VIEWS: tuple[View, ...] = get_args(View)
_BY: tuple[By, ...] = get_args(By)


def view() -> View:
    """Draw the choice between one signal's page and the linked panels."""
    links.check("view", _VIEWS, "view")
    return st.segmented_control(
        "View",
        _VIEWS,
        default="one signal",
        required=True,
        key="view",
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed",
        on_change=links.changed,
        args=("view",),
    )


def signal_and_slice(offered: Offered) -> tuple[str, By | None]:
    """Draw the choice of a signal and of what its histogram is cut by; `run` is every run's own."""
    links.check("by", _BY, "slice")
    left, right = st.columns(2, gap="medium")
    with left:
        signal = one("Signal", "signal", offered, next(_telling(offered)))
    with right:
        by = st.segmented_control(
            "One for each",
            _BY,
            key="by",
            bind="query-params",
            persist_state="session",
            help="A line for each source or split; for each run, a chart of its own.",
        )
    if by != "run":
        st.caption(f"{plain(offered[signal].title)}. {plain(offered[signal].direction)}")
    return signal, by


def three(offered: Offered, categories: tuple[str, ...]) -> tuple[str, str, str]:
    """Draw the choice of two signals and of a category, side by side."""
    first, other, last = st.columns(3)
    x, y = _two(offered, next(_telling(offered)), first, other)
    with last:
        return x, y, category(categories)


def category(categories: tuple[str, ...]) -> str:
    """Draw the choice of a category."""
    links.check("category", categories, "category")
    chosen = st.selectbox(
        "Category",
        categories,
        key="category",
        bind="query-params",
        on_change=links.changed,
        args=("category",),
    )
    return chosen or categories[0]


def two(offered: Offered, signal: str) -> tuple[str, str]:
    """Draw the choice of two signals: the page's own, and another scorer's."""
    return _two(offered, signal, *st.columns(2))


def _two(
    offered: Offered, signal: str, left: DeltaGenerator, right: DeltaGenerator
) -> tuple[str, str]:
    other = next((name for name in _telling(offered) if name != signal), signal)
    with left:
        x = one("Across", "x", offered, signal)
    with right:
        y = one("Up", "y", offered, other)
    return x, y


def one(label: str, key: str, offered: Offered, default: str) -> str:
    """Draw the choice of a signal."""
    return pick(label, key, "signal", list(offered), default)


def pick(label: str, key: str, noun: str, names: Sequence[str], default: str) -> str:
    """Draw one choice, which the link says as `?key=`."""
    links.check(key, names, noun)
    chosen = st.selectbox(
        label,
        names,
        index=list(names).index(default),
        key=key,
        bind="query-params",
        on_change=links.changed,
        args=(key,),
    )
    return chosen or default


def _telling(offered: Offered) -> Iterator[str]:
    """Yield names, margins of scorers that do not know the label first: people come for those."""
    scorers = [column.name for column in cached.ask(evidence_columns)]
    yield from (name for name in scorers if name in offered)
    yield from (name for name in offered if name not in scorers)
