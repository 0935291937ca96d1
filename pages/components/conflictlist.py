"""Rows that stand apart from the suspects: contested pairs, contradictions, duplicates."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.schema import PairFilter
from core.views.bands import AMBIGUITY, SUSPICION, contested_pairs
from core.views.flips import CONFLICTS, Conflict, conflicts
from core.views.results import PairPage
from pages.components import address, bandpick, cached, links, opened, pairtable, problems
from pages.components.words import prose, sentence

LISTS: Mapping[str, Conflict | None] = {
    "contested": None,
    "contradictions": "contradiction",
    "duplicates": "duplicate",
}
HOW = " Choose a row by its box at the left, or with Shift and Space, to read it."
_WORDS: Mapping[str, str] = {
    "contested": bandpick.CONTESTED_WORDS,
    "contradictions": "Rows whose pair stands in another row with the opposite label.",
    "duplicates": "Rows whose pair and label stand in another row too.",
}
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "contested": (AMBIGUITY, "vote_share", SUSPICION),
    "contradictions": (CONFLICTS["contradiction"], SUSPICION),
    "duplicates": (CONFLICTS["duplicate"], SUSPICION),
}


def show(filter: PairFilter, name: str, size: int) -> None:
    """Draw one of LISTS, a page of it."""
    found = _page(filter, name, size)
    st.caption(_WORDS[name] + HOW * bool(found.rows))
    if found.rows:
        pairtable.show(
            found.rows,
            f"{name}_{address.get(links.MARK)}",
            [column for column in _COLUMNS[name] if column in cached.store().columns],
            lambda row: opened.go(row.pair_id, row.row_id),
            f"Rows of the list of {name}",
        )
    else:
        _empty(name)
    links.pager(found.after, len(found.rows), "flips")


def _page(filter: PairFilter, name: str, size: int) -> PairPage:
    kind = LISTS[name]
    if kind is None:
        return cached.ask(contested_pairs, filter, links.mark(), size)
    return cached.ask(conflicts, filter, kind, links.mark(), size)


def _empty(name: str) -> None:
    missing = cached.store().absent.get(AMBIGUITY) if name == "contested" else None
    if missing:
        problems.empty("Nobody's votes say which pairs are contested.", sentence(prose(missing)))
    elif name == "contested":
        problems.empty("No contested pair here.", "Nobody is split over a pair of this filter.")
    else:
        text = "No pair of this filter stands in another row like that."
        problems.empty(f"No {name.removesuffix('s')} here.", text)
