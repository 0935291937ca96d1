"""A prompt with several responses: their ranks, who was preferred to whom, and what goes round."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.views.prompts import Comparison, PromptView
from pages.components import render
from pages.components.render import Row, Table
from pages.components.words import counted, number, plain

MATRIX = 12
"""Most responses whose comparisons are shown as a square."""
LISTED = 30
"""Most comparisons that are listed, and most cycles that are named."""
_LEGEND = (
    ("Response", "A is the first by score, then B, and so on."),
    ("Score", "Bradley-Terry, in nats, around 0; P(A over B) = σ(A's − B's). A tie is half a win, "
     "and half a win and half a loss against a score of 0 keep scores finite."),
    ("Who won", "How often the response of the line was preferred to that of the column."),
)  # fmt: skip


def show(found: PromptView, row_id: int, chosen: Callable[[str, int], None]) -> None:
    """Draw the ranking; a callback gets the pair and the row that a person opens."""
    st.subheader("All responses to this prompt", anchor=False)
    here = next((c for c in found.comparisons if c.row_id == row_id), None)
    drawn = [_ranking(found, here)]
    if len(found.responses) <= MATRIX:
        drawn.append(_matrix(found))
    render.tables(drawn, _LEGEND, wide=True)
    if found.cut:
        st.caption("This prompt has more rows; ranked is what its first rows compare.")
    _cycles(found)
    _rows(found, row_id, chosen)


def _ranking(found: PromptView, here: Comparison | None) -> Table:
    rows = tuple(
        Row(
            (
                f"{response.name}{_part(response.name, here)} · {_line(response.preview)}",
                response.model or "–",
                number(response.score, 2),
                str(response.won),
                str(response.lost),
                str(response.tied),
            )
        )
        for response in found.responses
    )
    title = f"{counted(len(rows), 'response')} in {counted(len(found.comparisons), 'row')}"
    return Table(title, ("Response", "Model", "Score", "Won", "Lost", "Tied"), rows)


def _part(name: str, here: Comparison | None) -> str:
    """Return what a response is in the pair that is open."""
    if here is None or name not in (here.first, here.second):
        return ""
    if here.tie:
        return " (first here)" if name == here.first else " (second here)"
    return " (chosen here)" if name == here.first else " (rejected here)"


def _line(text: str) -> str:
    return " ".join(text.split())[:120]


def _matrix(found: PromptView) -> Table:
    names = [response.name for response in found.responses]
    rows = tuple(
        Row((name, *("·" if i == j else f"{n:.0f}" for j, n in enumerate(line))))
        for i, (name, line) in enumerate(zip(names, found.wins(), strict=True))
    )
    return Table("Who won", ("Response", *names), rows)


def _cycles(found: PromptView) -> None:
    if not found.cycles:
        return
    named = "; ".join(" over ".join((*names, names[0])) for names in found.cycles[:LISTED])
    more = f"; and {len(found.cycles) - LISTED} more" if len(found.cycles) > LISTED else ""
    st.warning(
        f"No ranking holds all of these labels, they go round: {named}{more}.",
        icon=":material/cycle:",
    )


def _rows(found: PromptView, row_id: int, chosen: Callable[[str, int], None]) -> None:
    with st.container(gap=None):
        for row in found.comparisons[:LISTED]:
            said = "tied with" if row.tie else "over"
            place = f"{row.source}, {row.split}, row {row.row:,}"
            st.button(
                f"{row.first} {said} {row.second} · {plain(place)}",
                key=f"compared_{row.row_id}",
                type="tertiary",
                on_click=chosen,
                args=(row.pair_id, row.row_id),
                disabled=row.row_id == row_id,
            )
    if len(found.comparisons) > LISTED:
        st.caption(f"The first {LISTED} of {len(found.comparisons)} rows are listed.")
