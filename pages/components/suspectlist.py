"""The suspects as a ranked table, and the chosen one read: evidence, reasons, both answers."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from core.charts.evidence import evidence_figure, evidence_table, evidence_text
from core.store.textquery import terms
from core.views.browse import pair_detail
from core.views.results import Suspect
from pages.components import cached, chart, opened, reader, who
from pages.components.words import number, plain, sentence, visible

SHORT = 1_500
"""Characters of one text that are shown before the whole is asked for."""


def show(suspects: tuple[Suspect, ...], search: str) -> None:
    """Draw the table and the chosen suspect below it."""
    # Other rows are another table: what is selected in one says nothing about the next.
    key = f"suspects_{abs(hash(tuple(s.pair.row_id for s in suspects)))}"
    _table(suspects, key)
    _one(suspects, _place(suspects, key), key, search)


def send() -> None:
    """Draw the way to a queue of all suspects of the filter, for whoever may make one."""
    if not who.person().may("admin"):
        return
    if st.button(
        "Send to a queue",
        key="flips_send",
        icon=":material/playlist_add:",
        help="Team opens with a new queue of suspects, from the same filter",
    ):
        st.switch_page("pages/team.py", query_params={"team": "Queues", "kind": "suspects"})


def _place(suspects: tuple[Suspect, ...], key: str) -> int:
    """Return the place of the row that is selected, the first one where none is."""
    rows = st.session_state[key]["selection"]["rows"]
    return rows[0] if rows and rows[0] < len(suspects) else 0


def _table(suspects: tuple[Suspect, ...], key: str) -> None:
    # No row is selected at first, though the first is read: a table with a selection takes no keys.
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
        on_select="rerun",
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


def _move(key: str, place: int) -> None:
    st.session_state[key] = {"selection": {"rows": [place], "columns": [], "cells": []}}


def _one(suspects: tuple[Suspect, ...], at: int, key: str, search: str) -> None:
    suspect = suspects[at]
    detail = cached.ask(pair_detail, suspect.pair.row_id)
    if detail is None:
        return
    _bar(suspects, at, key)
    left, right = st.columns([2, 3], gap="large")
    with left:
        for reason in suspect.reasons:
            st.markdown(f"- {plain(sentence(reason), 400)}")
        _gold(suspect)
    with right:
        _evidence(suspect)
    look = reader.looks("flips", reader.longest(detail), SHORT)
    marked = terms(search)
    reader.conversation(detail, look, marked)
    reader.answers(detail, look, marked)


def _bar(suspects: tuple[Suspect, ...], at: int, table: str) -> None:
    suspect = suspects[at]
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, key, step in (("Previous", "Left", -1), ("Next", "Right", 1)):
            near = min(max(at + step, 0), len(suspects) - 1)
            st.button(
                label,
                key=f"flips_{label.lower()}",
                shortcut=key,
                on_click=_move,
                args=(table, near),
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
    parts = suspect.decomposition
    chart.show(
        evidence_figure(parts, chart.theme()),
        "evidence",
        evidence_text(parts),
        lambda: evidence_table(parts),
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
