"""Two answers, A and B, without anything that tells which one was chosen or who wrote it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.schema.relabel import BlindItem
from core.views.blind import BlindPair, Turns, blind_pair, model_names
from core.views.masking import mask, names_one
from pages.components import cached, render

MASKED, DIFF, WHOLE = "relabel_masked", "relabel_diff", "relabel_whole"
SIDES = ("A", "B")


def texts(item: BlindItem) -> BlindPair | None:
    """Return the texts of a showing, None where this store has no such pair."""
    return cached.ask(blind_pair, item.pair_id, item.left_id, item.right_id)


def leaks(pair: BlindPair) -> bool:
    """Return whether an answer names a maker or a model."""
    names = cached.ask(model_names)
    return any(names_one(turn.content, names) for turn in (*pair.left, *pair.right))


def show(pair: BlindPair) -> None:
    """Draw the prompt and both answers, raw."""
    if st.session_state.get(MASKED):
        pair = _masked(pair)
    whole = bool(st.session_state.get(WHOLE))
    limit = render.LONG if whole else render.SHORT
    render.turns(pair.prompt, frozenset(), limit, bounded=not whole)
    a, b = (
        render.Side(title, "", render.text_of(turns))
        for title, turns in zip(SIDES, (pair.left, pair.right), strict=True)
    )
    render.sides(a, b, frozenset(), bool(st.session_state.get(DIFF)), limit)


def is_long(pair: BlindPair) -> bool:
    """Return whether a text is cut at first."""
    turns = (*pair.prompt, *pair.left, *pair.right)
    return any(len(turn.content) > render.SHORT for turn in turns)


def _masked(pair: BlindPair) -> BlindPair:
    names = cached.ask(model_names)

    def hide(turns: Turns) -> Turns:
        return tuple(
            turn if turn.role == "user" else replace(turn, content=mask(turn.content, names))
            for turn in turns
        )

    return BlindPair(hide(pair.prompt), hide(pair.left), hide(pair.right))
