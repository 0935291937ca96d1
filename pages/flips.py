"""Flips: labels that look reversed, most suspected first, with their evidence; and conflicts."""

from __future__ import annotations

import streamlit as st

from core.views.flips import CONFLICTS, Conflict, conflicts, suspects
from pages.components import cached, frame, links, opened, pairtable, problems, suspectlist
from pages.components.words import prose, sentence

SIZE = 50
KINDS: dict[str, Conflict | None] = {
    "suspects": None,
    "contradictions": "contradiction",
    "duplicates": "duplicate",
}

asked = frame.current()
links.check("show", KINDS, "list")
shown = st.segmented_control(
    "List",
    KINDS,
    default="suspects",
    required=True,
    key="show",
    bind="query-params",
    label_visibility="collapsed",
    on_change=links.changed,
    args=("show",),
)
kind = KINDS[shown or "suspects"]

if kind is None:
    page = cached.ask(suspects, asked.filter, links.mark(), SIZE)
    st.caption(
        "Nothing is flipped by itself: a suspicion is a reason to read a pair, and an export "
        "keeps every label as it is."
    )
    if page.suspects:
        suspectlist.show(page.suspects, asked.filter.search)
    elif not asked.count.matching:
        problems.no_match()
    elif not cached.store().runs:
        problems.no_scores()
    else:
        why = cached.store().absent.get("suspicion", "Ties and rows without scores have none.")
        problems.empty("No row here has a suspicion.", sentence(prose(why)))
    links.pager(page.after, len(page.suspects), "flips")
else:
    found = cached.ask(conflicts, asked.filter, kind, links.mark(), SIZE)
    st.caption(suspectlist.CONFLICTS[kind])
    if found.rows:
        pairtable.show(
            found.rows,
            f"{kind}_{st.query_params.get(links.MARK, 'first')}",
            [CONFLICTS[kind]],
            lambda row: opened.go(row.pair_id, row.row_id),
            f"Rows that are one side of a {kind}",
        )
    else:
        problems.empty(
            f"No {kind} here.", "No pair of this filter stands in another row like that."
        )
    links.pager(found.after, len(found.rows), "flips")
