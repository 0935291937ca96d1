"""Rulings: those that stand, each with a way to take it back, and the history of all."""

from __future__ import annotations

import streamlit as st

from core.relabel.chain import Event
from core.relabel.settling import settled
from core.schema import id_text
from core.schema.relabel import Decision
from core.views.settle import pair_texts, previews
from pages.components import cached, opened, problems, teamdo
from pages.components.logvotes import SAID
from pages.components.teamdo import Team
from pages.components.words import counted, plain

MOST = 50
"""Rulings on one page, and lines of the history."""


def show(team: Team) -> None:
    """Draw the rulings that stand, the last one first."""
    found = team.ask(settled)
    if not found:
        problems.empty("No ruling stands.", "Rulings are made under To settle.")
    else:
        st.caption(
            f"{counted(len(found), 'ruling')}, the last first"
            + (f"; the first {MOST} are shown." if len(found) > MOST else ".")
        )
        texts = cached.ask(previews, tuple(sorted(made.pair_id for made in found[:MOST])))
        for made in found[:MOST]:
            _one(made, texts.get(made.pair_id, "not in this store"))
    _history(team.hidden)


def _one(made: Decision, preview: str) -> None:
    key = id_text(made.pair_id)
    ruling = made.ruling
    cause = f" {plain(ruling.cause.capitalize())}." if ruling.cause else ""
    note = f" {plain(ruling.note, 4000)}" if ruling.note else ""
    with st.container(border=True):
        left, right = st.columns([3, 1], vertical_alignment="center")
        left.markdown(
            f"**{_said(made)}**, ruling of {plain(made.reviewer)} on {teamdo.when(made.at)} UTC."
            f"{cause}{note}  \n{plain(preview, 160)}"
        )
        beside = right.container(horizontal=True, horizontal_alignment="right")
        if beside.button("Read", key=f"settled_read_{key}", type="tertiary"):
            opened.go(key, _row(made.pair_id))
        beside.button(
            "Take back",
            key=f"settled_back_{key}",
            icon=":material/undo:",
            on_click=teamdo.press,
            args=(
                "reviewer",
                lambda desk, me: desk.withdraw(me, made.pair_id),
                "The ruling was taken back; the votes speak again.",
            ),
        )


def _row(pair_id: int) -> int:
    texts = cached.ask(pair_texts, pair_id)
    return texts.rows[0].row_id if texts else 0


def _said(made: Decision) -> str:
    if made.ruling.winner_id is None:
        return SAID.get(made.ruling.tie or "", "?").capitalize()
    texts = cached.ask(pair_texts, made.pair_id)
    won = texts.number(made.ruling.winner_id) if texts else None
    if texts is None or won is None:
        return "Another response wins"
    said = {row.chosen_id == made.ruling.winner_id for row in texts.rows if row.chosen_id}
    if len(said) != 1:
        return f"{won} wins"
    return f"{won} wins, {'as the label says' if True in said else 'against the label'}"


def _history(hidden: frozenset[int]) -> None:
    with st.expander("History of all rulings", on_change="rerun", key="settled_history") as opened_:
        if not opened_.open:
            return
        events = [event for event in cached.rulings().events if event.pair_id not in hidden]
        if not events:
            st.caption("Nobody has ruled yet.")
            return
        st.table(
            [_line(event) for event in reversed(events[-MOST:])],
            hide_index=True,
            border="horizontal",
            alt="Every ruling and withdrawal, the last one first",
        )


def _line(event: Event) -> dict[str, str]:
    body = event.body
    said = "taken back" if "withdrawn" in body else SAID.get(body.get("tie") or "", "a winner")
    return {
        "When, UTC": teamdo.when(event.at),
        "Who": plain(event.person),
        "Pair": f"`{id_text(event.pair_id or 0)}`",
        "Ruling": plain(said),
        "Cause": plain(str(body.get("cause") or "")),
        "Note": plain(str(body.get("note") or ""), 4000),
    }
