"""What people said of a pair on Relabel: their votes, the verdict these make, and a ruling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import streamlit as st

from core.schema import relabel
from core.schema.relabel import Decision
from core.views.voted import LogVote, RowVerdict, RowVotes
from pages.components.words import counted, number, percent, plain

SAID: Mapping[str, str] = {
    "tie": "a tie",
    "both_bad": "both bad",
    "cannot_judge": "cannot judge",
    "contested": "contested",
}
STRENGTHS: Mapping[int | None, str] = dict(
    zip(relabel.STRENGTHS, ("slightly", "clearly", "by far"), strict=True)
)
_VERDICTS: Mapping[str | None, str] = {
    "keep": "keep the label",
    "reversed": "the label is reversed",
    "winner": "one response is better; the label is a tie",
    "tie": "a tie",
    "both_bad": "both are bad",
    "cannot_judge": "nobody could judge",
    "contested": "contested: people differ",
    "unresolved": "unresolved",
}
_EMPTY = {"Strength": "–", "Reasons": "", "Why": "", "Late": ""}


def show(said: RowVotes, ruling: Decision | None, tie: bool) -> None:
    """List the votes, then the verdict with its source; nothing where nobody was asked."""
    if said.votes:
        rows = [_row(vote, tie) for vote in said.votes]
        used = [k for k in rows[0] if any(row[k] != _EMPTY.get(k) for row in rows)]
        shown = [{k: row[k] for k in used} for row in rows]
        st.table(shown, hide_index=True, border="horizontal", alt="Votes given on Relabel")
    if said.verdict is not None:
        st.markdown(_verdict(said.verdict))
    if ruling is not None:
        st.markdown(_ruling(ruling))


def _row(vote: LogVote, tie: bool) -> dict[str, str]:
    sides = {"chosen": "first", "rejected": "second"} if tie else {}
    won = sides.get(vote.winner or "", vote.winner)
    return {
        "On Relabel": plain(vote.annotator),
        "Vote": won or SAID.get(vote.tie_kind or "tie", plain(vote.tie_kind or "")),
        "Strength": STRENGTHS.get(vote.strength, number(vote.strength)),
        "Reasons": plain(vote.tags),
        "Why": plain(vote.rationale, 600),
        "When": f"{vote.voted_at:%Y-%m-%d %H:%M} UTC",
        "Late": "late, not counted" if vote.late else "",
    }


def _verdict(told: RowVerdict) -> str:
    words = _VERDICTS.get(told.verdict, "neither response of this row")
    share = f", {percent(told.share)} for the leading response" if told.share is not None else ""
    votes = counted(told.n_votes, "vote")
    return f"Verdict: **{words}** ({plain(told.source_of)}; {votes}{share})."


def _ruling(ruling: Decision) -> str:
    at = datetime.fromtimestamp(ruling.at / 1e6, UTC)
    cause = f", because: {plain(ruling.ruling.cause)}" if ruling.ruling.cause else ""
    note = f". {plain(ruling.ruling.note, 600)}" if ruling.ruling.note else ""
    return f"Ruled by **{plain(ruling.reviewer)}** on {at:%Y-%m-%d %H:%M} UTC{cause}{note}"
