"""One pair, read: the conversation, both answers side by side, and everything known about them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st

from core.views.results import PairDetail, SignalChoice
from pages.components import markdown, render
from pages.components.words import number, plain

TIES = {
    "tie": "a tie",
    "both_bad": "both bad",
    "both_good": "both good",
    "neither": "neither",
}
GOLD_SIGNAL = "gold_agrees"
_WORD = re.compile(r"\w+")
_SYNTAX = frozenset({"and", "or", "not", "prompt", "chosen", "rejected"})


@dataclass(frozen=True)
class Look:
    """How texts are shown."""

    compare: bool
    markdown: bool
    limit: int


def terms_of(search: str) -> frozenset[str]:
    """Return the words to mark."""
    return frozenset(w.lower() for w in _WORD.findall(search)) - _SYNTAX


def looks(key: str, longest: int, short: int = render.SHORT) -> Look:
    """Draw the switches and return what they say; texts are cut to `short` until asked for."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        compare = st.toggle("Mark differences", True, key=f"{key}_diff", persist_state="session")
        as_markdown = st.toggle("Markdown", False, key=f"{key}_markdown", persist_state="session")
        more = longest > short and st.toggle("Whole texts", False, key=f"{key}_more")
    return Look(compare and not as_markdown, as_markdown, render.LONG if more else short)


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


def signals(detail: PairDetail, choices: tuple[SignalChoice, ...]) -> None:
    """List every signal but the margins that stand with their rewards; say which are unknown."""
    scored = {score.run_id for score in detail.scores}
    # What gold says is shown when it is asked for.
    choices = tuple(
        c for c in choices if c.column.run_id not in scored and c.column.name != GOLD_SIGNAL
    )
    known = [choice for choice in choices if detail.signals.get(choice.column.name) is not None]
    rows = [
        {
            "Signal": plain(choice.title),
            "Value": number(detail.signals[choice.column.name]),
            "Unit": plain(choice.unit),
        }
        for choice in known
    ]
    if rows:
        st.table(rows, hide_index=True, border="horizontal", alt="Signals of this pair")
    if unknown := [plain(choice.title) for choice in choices if choice not in known]:
        st.caption(f"Unknown for this pair: {', '.join(unknown)}.")


def scores(detail: PairDetail, choices: tuple[SignalChoice, ...]) -> None:
    """List each run's two rewards and its margin."""
    margins = {c.column.run_id: detail.signals.get(c.column.name) for c in choices}
    rows = [
        {
            "Run": plain(score.run_id),
            "Chosen": number(score.chosen),
            "Rejected": number(score.rejected),
            "Margin": number(margins.get(score.run_id)),
        }
        for score in detail.scores
    ]
    if rows:
        st.table(rows, hide_index=True, border="horizontal", alt="Rewards of each run")
    else:
        st.caption("No run has scored these answers.")


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
