"""The rows of every kind of a category; those dragged over, clicked or picked are kept."""

from __future__ import annotations

import streamlit as st

from core.charts.bars import (
    HEIGHT,
    bars_figure,
    bars_height,
    bars_table,
    bars_text,
    kind_name,
)
from core.schema import PairFilter
from core.views.crossfilter import Kind, Kinds, OfKinds, categories, kept_by, kinds_of, of_kinds
from pages.components import brush, cached, chart, frame, signalpick
from pages.components.words import number, plain, unlike

_HINT = "Pick a kind, or click its bar: the filter follows, on every page."
PICKED = ("=", "null")
"""Operators with which a kind is kept."""
HALF = 0.33
"""Of a bar's thickness."""
_CHART, _PICK, _DRAWN = "linked_bars", "linked_kind", "bars_drawn"


def alone(filter: PairFilter) -> None:
    """Draw the choice of a category, its bars, and what of them the filter keeps."""
    category, undo = st.columns(2, gap="large", vertical_alignment="bottom")
    with category:
        p = cached.ask(kinds_of, signalpick.category(cached.ask(categories)))
    # What is hidden is in neither count: it would show as their difference.
    every = PairFilter(hidden=filter.hidden)
    everything, kept = cached.ask(of_kinds, every, p), cached.ask(of_kinds, filter, p)
    with undo:
        brush.undo_button()
    st.caption(said(everything, kept, _HINT))
    _choice(p, filter)
    # What draws them costs a browser about a second: not on the page that opens first.
    if filter == every and not st.session_state.get(_DRAWN):
        st.button("Draw the bars", icon=":material/bar_chart:", on_click=_draw)
        return
    _draw()
    _bars(p, everything, kept, bars_height(p))


def said(everything: OfKinds, kept: OfKinds, hint: str) -> str:
    """Return how much the filter keeps, `hint` where it keeps all."""
    if kept.total == everything.total:
        return hint
    if not kept.total:
        cut_short = frame.current().count.note
        none = "Nothing found in what was searched" if cut_short else "No pair matches this filter"
        return f"{none}; the outlines are all rows."
    share = number(100 * kept.total / everything.total, 1)
    return (
        f"Filled: the **{kept.total:,}** {'pair' if kept.total == 1 else 'pairs'} that the filter "
        f"keeps ({share}\u00a0%). Outlined: all {everything.total:,}."
    )


def show(p: Kinds, everything: OfKinds, kept: OfKinds, filter: PairFilter) -> None:
    """Draw a choice of kinds, and the bars of all of them."""
    _choice(p, filter)
    _bars(p, everything, kept, HEIGHT)


def _draw() -> None:
    st.session_state[_DRAWN] = True


def _bars(p: Kinds, everything: OfKinds, kept: OfKinds, height: int) -> None:
    chart.show(
        bars_figure(p, everything, kept, chart.theme(), height),
        _CHART,
        bars_text(p, everything, kept),
        lambda: bars_table(p, everything, kept),
        lambda: _brushed(p),
        caption=False,
    )


def _choice(p: Kinds, filter: PairFilter) -> None:
    """Draw one pill per kind, pressed where the filter names it."""
    held = _held(p, filter)
    several = p.category in brush.LISTED
    st.session_state[_PICK] = held if several else next(iter(held), None)
    names = unlike(plain(kind_name(p.category, kind), 40) for kind in p.kinds)
    st.pills(
        "Keep only",
        range(len(p.kinds)),
        selection_mode="multi" if several else "single",
        key=_PICK,
        format_func=names.__getitem__,
        on_change=lambda: _picked(p),
    )


def _brushed(p: Kinds) -> None:
    """Keep the kinds whose bars the box touches, or the kind whose bar was clicked."""
    found = st.session_state[_CHART]["selection"]
    boxes = found.get("box", [])
    if boxes:
        low, high = sorted(boxes[0]["y"])
        reached = (low - HALF <= place <= high + HALF for place in range(len(p.kinds)))
        kinds = [kind for kind, inside in zip(p.kinds, reached, strict=True) if inside]
    else:
        kinds = [p.kinds[at] for at in found.get("point_indices", [])[:1] if at < len(p.kinds)]
    # The bar of all others stands for no kind: it keeps nothing and takes nothing away.
    if kinds:
        _keep(p, kinds)


def _picked(p: Kinds) -> None:
    chosen = st.session_state[_PICK]
    places = chosen if isinstance(chosen, list) else [chosen]
    held = st.session_state.get(p.category, ()) if p.category in brush.LISTED else ()
    without_pill = [name for name in held if name not in p.kinds]
    _keep(p, [*without_pill, *(p.kinds[place] for place in places if place is not None)])


def _keep(p: Kinds, kinds: list[Kind]) -> None:
    """Filter to kinds: several where the bar lists names, else the largest one; none is all."""
    named = tuple(kind for kind in kinds if kind is not None)
    if p.category in brush.LISTED:
        unknown = () if named or not kinds else (kept_by(cached.store(), p.category, None),)
        brush.narrow({p.category: PICKED}, unknown, {p.category: named})
    else:
        store = cached.store()
        conditions = tuple(kept_by(store, p.category, kind) for kind in kinds[:1])
        brush.narrow({p.category: PICKED}, conditions)


def _held(p: Kinds, filter: PairFilter) -> list[int]:
    """Return the places of the kinds that the filter names."""
    listed = {"source": filter.sources, "split": filter.splits}.get(p.category, ())
    store = cached.store()
    return [
        place
        for place, kind in enumerate(p.kinds)
        if kind in listed or kept_by(store, p.category, kind) in filter.conditions
    ]
