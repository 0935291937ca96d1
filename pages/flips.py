"""Flips: labels that look reversed, most suspected first, with their evidence; and conflicts."""

from __future__ import annotations

import streamlit as st

from core.views.flips import suspects
from pages.components import (
    bandpick,
    cached,
    conflictlist,
    frame,
    links,
    problems,
    suspectlist,
)
from pages.components.words import prose, sentence

SIZE = 50
SHOWN = ("suspects", *conflictlist.LISTS)

asked = frame.current()
links.check("show", SHOWN, "list")
shown = st.segmented_control(
    "List",
    SHOWN,
    default="suspects",
    required=True,
    key="show",
    bind="query-params",
    label_visibility="collapsed",
    on_change=links.changed,
    args=("show",),
)

if shown in conflictlist.LISTS:
    conflictlist.show(asked.filter, shown, SIZE)
elif not asked.count.matching:
    problems.no_match(asked.count)
elif not cached.store().runs:
    problems.no_scores()
else:
    band = bandpick.show(asked.filter)
    page = cached.ask(suspects, asked.filter, links.mark(), SIZE, band)
    if page.suspects:
        suspectlist.show(page.suspects, asked.filter.search)
        suspectlist.send()
    elif band:
        problems.empty("No row is in this band.", "Choose another one above, or change the filter.")
    else:
        why = cached.store().absent.get("suspicion", "Ties and rows without scores have none.")
        problems.empty("No row here has a suspicion.", sentence(prose(why)))
    links.pager(page.after, len(page.suspects), "flips")
