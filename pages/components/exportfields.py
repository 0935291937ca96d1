"""Controls of the Export page: each stands in the link, and says what the link has wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

import streamlit as st

from core.errors import AssayError
from core.registry import Param
from pages.components import links, problems
from pages.components.words import plain, sentence

T = TypeVar("T")
_SLIDER = 1_000
"""A wider range is typed: a pixel of a slider would be too much of it."""


def read(said: Callable[[], T]) -> T | None:
    """Return what is said in a field; None, and why below it, where it cannot be read."""
    try:
        return said()
    except AssayError as error:
        problems.show(error)
        return None


def choice(label: str, key: str, titles: Mapping[str, str], noun: str) -> str:
    """Draw the choice of a name, with its title below it, and return the name."""
    name = one_of(label, key, list(titles), noun=noun)
    if titles[name]:
        st.caption(plain(titles[name], 600))
    return name


def one_of(
    label: str, key: str, names: Sequence[str], help: str | None = None, noun: str = ""
) -> str:
    """Draw the choice of a name; `noun` is what a wrong link is told it asks for."""
    links.check(key, names, noun or label.lower())
    chosen = st.selectbox(
        label,
        names,
        key=key,
        bind="query-params",
        help=help,
        on_change=links.changed,
        args=(key,),
    )
    return names[0] if chosen is None else chosen


def maybe(
    label: str, key: str, names: Collection[str], none: str, help: str | None = None, noun: str = ""
) -> str:
    """Draw the choice of a name or of none, which is "" and is called `none`."""
    chosen = one_of(label, key, [none, *(name for name in names if name != none)], help, noun)
    return "" if chosen == none else chosen


def several(label: str, key: str, names: Sequence[str], help: str, noun: str) -> tuple[str, ...]:
    """Draw the choice of names, in the order they were chosen."""
    links.check(key, [*names, ""], noun)
    chosen = st.multiselect(
        label,
        names,
        key=key,
        bind="query-params",
        placeholder="None",
        help=help,
        on_change=links.changed,
        args=(key,),
    )
    return tuple(chosen)


def pills(label: str, key: str, names: Sequence[str], help: str, noun: str) -> tuple[str, ...]:
    """Draw the choice of names, all of them chosen at first; none is a choice too."""
    links.check(key, [*names, ""], noun)
    chosen = st.pills(
        label,
        names,
        selection_mode="multi",
        default=names,
        key=key,
        bind="query-params",
        help=help,
        on_change=links.changed,
        args=(key,),
    )
    return tuple(chosen)


def text(label: str, key: str, value: str, placeholder: str, help: str | None = None) -> str:
    """Draw a line to type into."""
    said = st.text_input(
        label, value, key=key, bind="query-params", placeholder=placeholder, help=help
    )
    return (said or "").strip()


def flag(label: str, key: str, default: bool, help: str) -> bool:
    """Draw a switch."""
    links.check(key, ("true", "false"), label.lower())
    return st.toggle(
        label,
        default,
        key=key,
        bind="query-params",
        help=help,
        on_change=links.changed,
        args=(key,),
    )


def params(owner: str, given: Sequence[Param]) -> dict[str, float]:
    """Draw an entry's parameters; return those that are not its defaults."""
    held = {param.name: number(param, f"{owner}_{param.name}") for param in given}
    return {p.name: held[p.name] for p in given if held[p.name] != p.default}


def number(param: Param, key: str) -> float:
    """Draw a parameter as what fits its range: a switch, a slider, a box."""
    whole = isinstance(param.default, int)
    if whole and (param.low, param.high) == (0, 1):
        return int(flag(sentence(param.title), key, bool(param.default), param.help))
    links.check_between(key, param.low, param.high, param.title.lower())
    # Whole ones are floats too: of an integer's box, a link with `1e999` is an exception.
    low, high, default = float(param.low), float(param.high), float(param.default)
    step, shown = (1.0, "%.0f") if whole else (min(0.01, (high - low) / 100), "%.4g")
    draw = st.slider if high - low <= _SLIDER else st.number_input
    said = draw(
        param.title,
        low,
        high,
        default,
        step,
        shown,
        key=key,
        bind="query-params",
        help=param.help,
        on_change=links.changed,
        args=(key,),
    )
    value = default if said is None else float(said)
    return int(value) if whole else value
