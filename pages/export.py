"""Export: what a curated split would hold, the command that writes it, and the files."""

from __future__ import annotations

import streamlit as st

from core.curate.reading import parts
from core.errors import AssayError
from pages.components import (
    cached,
    exportask,
    exportcompare,
    exportdivided,
    exportform,
    exportgallery,
    exporthits,
    exportmissing,
    exportpreview,
    exportwrite,
    frame,
    leftout,
    problems,
    who,
)

asked = frame.current()
if not asked.count.matching:
    problems.no_match(asked.count)
    raise frame.PageEnds

person = who.person()
leftout.warn(asked.filter)
sources = [part.name for part in cached.ask(parts)]
top = st.container()
left, right = st.columns([4, 5], gap="large")
with left:
    form = exportform.show(asked.filter, sources)
given = exportask.given_of(form.recipe, form.evaluation, person)
with top:
    exportgallery.show(form.recipe, given, sources)
with right:
    if not form.whole:
        problems.empty("No preview yet.", "Something on the left cannot be read; it says what.")
        raise frame.PageEnds
    try:
        seen = cached.curated(exportask.seen, given, form.recipe)
    except AssayError as error:
        exportmissing.show(error)
        raise frame.PageEnds from error
    exportpreview.headline(seen.preview)
    exportwrite.offer(form, seen, person)
    exportpreview.show(seen.preview)
    exportdivided.show(seen.preview)
    exporthits.show(seen.preview.hits)
exportcompare.show(form.recipe, given, sources)
exportwrite.show(form, seen, given, person)
