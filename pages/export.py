"""Export: what a curated split would hold, the command that writes it, and a small download."""

from __future__ import annotations

import streamlit as st

from core.curate.export import ARCHIVE_PAIRS
from core.curate.preview import preview
from core.curate.commandline import command_line
from pages.components import cached, exportfile, exportform, exportview, frame, problems, who

asked = frame.current()
if not asked.count.matching:
    problems.no_match(asked.count)
    raise frame.PageEnds

left, right = st.columns([2, 3], gap="large")
with left:
    recipe = exportform.show(asked.filter)
with right:
    seen = cached.ask(preview, recipe)
    exportview.show(seen)

st.subheader("Write it", anchor=False)
st.code(command_line(recipe, "curated", exportview.store_flag()), language=None, wrap_lines=True)
if not seen.counts.selected:
    st.caption("Nothing would be written.")
elif seen.counts.selected > ARCHIVE_PAIRS:
    st.caption(f"A download holds up to {ARCHIVE_PAIRS:,} pairs; the command has no limit.")
else:
    st.download_button(
        "Download as a zip file",
        exportfile.later(recipe, who.person()),
        file_name="curated.zip",
        mime="application/zip",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )
