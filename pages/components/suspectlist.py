"""The suspects as a ranked table, and the chosen one read: evidence, reasons, both answers."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from core.charts.evidence import evidence_figure, evidence_table, evidence_text
from core.views.browse import pair_detail
from core.views.results import Suspect
from pages.components import cached, chart, links, opened, reader
from pages.components.words import number, plain, sentence, visible

CONFLICTS = {
    "contradiction": "Rows whose pair stands in another row with the opposite label; choose one by "
    "its box at the left, or with Shift and Space, to read it.",
    "duplicate": "Rows whose pair and label stand in another row too; choose one by its box at the "
    "left, or with Shift and Space, to read it.",
}
SHORT = 1_500
"""Characters of one text that are shown before the whole is asked for."""
_AT, _TURN = "flips_at", "flips_turn"


def show(suspects: tuple[Suspect, ...], search: str) -> None:
    """Draw the table and the chosen suspect below it."""
    at = _place(suspects)
    _table(suspects, at)
    _one(suspects, at, search)


def _place(suspects: tuple[Suspect, ...]) -> int:
    """Return the place of the row that was chosen, the first one when it is not on this page."""
    chosen = st.session_state.get(_AT)
    return next((i for i, s in enumerate(suspects) if s.pair.row_id == chosen), 0)


def _table(suspects: tuple[Suspect, ...], at: int) -> None:
    # A new key moves the table's own mark when the buttons below it moved on.
    mark, turn = st.query_params.get(links.MARK, "first"), st.session_state.get(_TURN, 0)
    key = f"suspects_{mark}_{turn}"
    st.dataframe(
        pa.table(
            {
                "Suspicion": [s.suspicion for s in suspects],
                "Runs against": [_against(s) for s in suspects],
                "Why": [visible(sentence("; ".join(s.reasons))) for s in suspects],
                "Prompt": [visible(" ".join(s.pair.prompt.split())) for s in suspects],
                "Source": [visible(s.pair.source) for s in suspects],
            }
        ),
        key=key,
        hide_index=True,
        height=282,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [at]}},
        on_select=lambda: _chosen(suspects, key),
        column_config={
            "Suspicion": st.column_config.ProgressColumn(
                "Suspicion", format="%.2f", min_value=0.0, max_value=1.0, width="small"
            ),
            "Runs against": st.column_config.TextColumn("Runs against", width=100),
            "Why": st.column_config.TextColumn("Why", width="large"),
            "Prompt": st.column_config.TextColumn("Prompt", width="medium"),
        },
        alt="Labels that look reversed, most suspected first",
    )


def _against(suspect: Suspect) -> str:
    against = sum(evidence.margin < 0 for evidence in suspect.evidence)
    return f"{against} of {len(suspect.evidence)}"


def _chosen(suspects: tuple[Suspect, ...], key: str) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        st.session_state[_AT] = suspects[rows[0]].pair.row_id


def _move(row_id: int) -> None:
    st.session_state[_AT] = row_id
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def _one(suspects: tuple[Suspect, ...], at: int, search: str) -> None:
    suspect = suspects[at]
    detail = cached.ask(pair_detail, suspect.pair.row_id)
    if detail is None:
        return
    _bar(suspects, at)
    left, right = st.columns([2, 3], gap="large")
    with left:
        for reason in suspect.reasons:
            st.markdown(f"- {plain(sentence(reason), 400)}")
        _gold(suspect)
    with right:
        _evidence(suspect)
    look = reader.looks("flips", reader.longest(detail), SHORT)
    terms = reader.terms_of(search)
    reader.conversation(detail, look, terms)
    reader.answers(detail, look, terms)


def _bar(suspects: tuple[Suspect, ...], at: int) -> None:
    suspect = suspects[at]
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, key, step in (("Previous", "Left", -1), ("Next", "Right", 1)):
            near = min(max(at + step, 0), len(suspects) - 1)
            st.button(
                label,
                key=f"flips_{label.lower()}",
                shortcut=key,
                on_click=_move,
                args=(suspects[near].pair.row_id,),
                disabled=near == at,
            )
        st.button(
            "Open in the reader",
            icon=":material/open_in_full:",
            on_click=opened.go,
            args=(suspect.pair.pair_id, suspect.pair.row_id),
        )
        st.caption(
            f"{at + 1} of {len(suspects)} on this page · suspicion "
            f"**{number(suspect.suspicion, 2)}** · {plain(suspect.pair.source)}, "
            f"row {suspect.pair.row:,}"
        )


def _evidence(suspect: Suspect) -> None:
    if not suspect.evidence:
        st.caption("No run has a margin for this pair.")
        return
    chart.show(
        evidence_figure(suspect, chart.theme()),
        "evidence",
        evidence_text(suspect),
        lambda: evidence_table(suspect),
        caption=False,
    )


def _gold(suspect: Suspect) -> None:
    if suspect.gold is None:
        return
    if st.toggle("Show gold", key="flips_gold"):
        verdict = {
            "chosen": "agrees with the label: this suspicion is wrong",
            "rejected": "contradicts the label: this suspicion is right",
        }
        st.markdown(f"Gold **{verdict.get(suspect.gold, 'says ' + plain(suspect.gold))}**.")
