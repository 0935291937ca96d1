"""Which suspects to see: what would be done about them, with the number of each."""

from __future__ import annotations

import streamlit as st

from core.schema import PairFilter
from core.views.bands import CONTESTED, LIKELY, UNLIKELY, UNSURE, Band, BandCounts, band_counts
from pages.components import cached, links
from pages.components.words import plain

ALL = "all"
NAMES: dict[str, Band | None] = {
    ALL: None,
    "propose a flip": "propose",
    "ask a person": "ask",
    "keep": "keep",
}
_WORDS: dict[Band | None, str] = {
    None: "Every row with a suspicion, except those over which people are split.",
    "propose": f"Suspicion above {LIKELY:g}, and neither people nor models are split: most likely "
    "reversed, for a person to confirm.",
    "ask": f"Suspicion from {UNLIKELY:g} to {LIKELY:g}, or an ambiguity of {UNSURE:g} nats and "
    "more: nobody can tell without reading.",
    "keep": f"Suspicion below {UNLIKELY:g}, and neither people nor models are split.",
}
CONTESTED_WORDS = (
    "Pairs over which people, or else models, are split: hardly more than two of three votes agree "
    f"(ambiguity of {CONTESTED:g} nats and more). That is no wrong label, so they are in no other "
    "list; ask more people, or train on them softly."
)


def show(filter: PairFilter) -> Band | None:
    """Draw the choice and what it means; return the band, None for all of them."""
    links.check("band", NAMES, "band")
    chosen = st.segmented_control(
        "Band",
        NAMES,
        default=ALL,
        required=True,
        key="band",
        bind="query-params",
        label_visibility="collapsed",
        on_change=links.changed,
        args=("band",),
    )
    band = NAMES[chosen or ALL]
    st.markdown(_counted(cached.ask(band_counts, filter)))
    st.caption(f"{plain(_WORDS[band])} Nothing is flipped by itself: an export keeps every label.")
    return band


def _counted(counts: BandCounts) -> str:
    """Say how many rows of the filter are in each band, and apart from them."""
    of = ", ".join(
        f"{name} **{counts.of[band]:,}**" for name, band in NAMES.items() if band is not None
    )
    return f"{of} · contested **{counts.contested:,}**, apart".capitalize()
