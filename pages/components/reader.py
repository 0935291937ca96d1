"""One pair, read: the conversation, both answers side by side, and everything known about them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.views.results import PairDetail
from pages.components import markdown, render
from pages.components.words import number, plain

TIES = {
    "tie": "a tie",
    "both_bad": "both bad",
    "both_good": "both good",
    "neither": "neither",
}
GOLD_SIGNAL = "gold_agrees"
"""Shown when it is asked for: who reads should judge first."""


@dataclass(frozen=True)
class Look:
    """How texts are shown."""

    compare: bool
    markdown: bool
    limit: int
    tokens: bool = False


@dataclass(frozen=True)
class Switch:
    """A button that turns a look on and off; its words say what pressing it does."""

    name: str
    key: str
    """On the keyboard; it is silent while a person types."""
    on: str
    off: str
    at_first: bool = False


COMPARE = Switch("diff", "D", "Hide differences", "Mark differences", at_first=True)
MARKDOWN = Switch("markdown", "M", "Raw text", "Markdown")
TOKENS = Switch("tokens", "T", "Hide tokens", "Tokens")


def looks(key: str, longest: int, short: int = render.SHORT, tokens: bool = False) -> Look:
    """Draw the switches and return what they say; texts are cut to `short` until asked for."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        as_tokens = tokens and _switch(key, TOKENS)
        as_markdown = not as_tokens and _switch(key, MARKDOWN)
        compare = not as_markdown and not as_tokens and _switch(key, COMPARE)
        more = longest > short and st.toggle("Whole texts", False, key=f"{key}_more")
    return Look(compare, as_markdown, render.LONG if more else short, as_tokens)


def _switch(page: str, switch: Switch) -> bool:
    """Draw a switch and return whether it is on; it stays so from pair to pair."""
    state = f"{page}_{switch.name}"
    on = bool(st.session_state.get(state, switch.at_first))
    st.button(
        switch.on if on else switch.off,
        key=f"{state}_switch",
        shortcut=switch.key,
        on_click=_turn,
        args=(state, not on),
    )
    return on


def _turn(state: str, on: bool) -> None:
    st.session_state[state] = on


def longest(detail: PairDetail) -> int:
    """Return the length of the longest text."""
    turns = (*detail.prompt, *detail.chosen, *detail.rejected)
    return max((len(turn.content) for turn in turns), default=0)


def conversation(detail: PairDetail, look: Look, terms: frozenset[str]) -> None:
    """Show the prompt turn by turn."""
    if look.markdown:
        for turn in detail.prompt:
            markdown.show(turn, look.limit)
    else:
        render.turns(detail.prompt, terms, look.limit)


def answers(detail: PairDetail, look: Look, terms: frozenset[str]) -> None:
    """Show both answers side by side; in a tie nobody chose, so they are first and second."""
    names = ("First", "Second") if detail.tie_kind else ("Chosen", "Rejected")
    if look.markdown:
        for column, name, turns in zip(
            st.columns(2), names, (detail.chosen, detail.rejected), strict=True
        ):
            with column:
                st.markdown(f"**{name}**")
                for turn in turns:
                    markdown.show(turn, look.limit)
        return
    first, second = (
        render.Side(name, model or "", render.text_of(turns))
        for name, model, turns in zip(
            names,
            (detail.chosen_model, detail.rejected_model),
            (detail.chosen, detail.rejected),
            strict=True,
        )
    )
    render.sides(first, second, terms, look.compare, look.limit)


def facts(detail: PairDetail) -> None:
    """Say where the row comes from and what its label is."""
    label = (
        f"tie: {TIES.get(detail.tie_kind, detail.tie_kind)}"
        if detail.tie_kind
        else (f"label {detail.label_kind}")
    )
    strength = f" · strength {number(detail.strength)}" if detail.strength is not None else ""
    st.caption(
        f"{plain(detail.source)} · {plain(detail.split)} · row {detail.row:,} · {label}"
        f"{strength} · pair `{detail.pair_id}`"
    )


def votes(detail: PairDetail) -> None:
    """List the votes that came with the source."""
    rows = [
        {
            "Annotator": plain(vote.annotator),
            "Vote": vote.winner or TIES.get(vote.tie_kind or "tie", "a tie"),
            "Aspect": plain(vote.aspect or ""),
            "Strength": number(vote.strength),
            "Reason": plain(vote.reason or ""),
        }
        for vote in detail.votes
    ]
    empty = {"Aspect": "", "Strength": "–", "Reason": ""}
    used = [k for k in rows[0] if any(row[k] != empty.get(k) for row in rows)] if rows else []
    if rows:
        shown = [{k: row[k] for k in used} for row in rows]
        st.table(shown, hide_index=True, border="horizontal", alt="Votes on this pair")
    else:
        st.caption("No votes came with this pair.")


def gold(detail: PairDetail) -> None:
    """Show the gold answer only when asked: who reads should judge first."""
    if detail.gold is None:
        st.caption("There is no gold answer for this pair.")
    elif st.toggle("Show gold", False, key="reader_gold"):
        verdict = {"chosen": "agrees with the label", "rejected": "contradicts the label"}
        said = verdict.get(detail.gold, f"says {TIES.get(detail.gold, detail.gold)}")
        st.markdown(f"Gold **{plain(said)}**.")
