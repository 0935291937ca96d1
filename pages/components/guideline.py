"""What a lead wrote about how to judge: Markdown that loads nothing."""

from __future__ import annotations

import streamlit as st

from core.relabel.queues import Queue
from pages.components.markdown import harmless
from pages.components.seat import here

OPEN = "relabel_guideline"
MOST = 40_000
"""Characters of a guideline that a page shows."""


def show(queue: Queue) -> None:
    """Draw a queue's guideline, and remember which one is on the page."""
    here().guideline = queue.guideline_hash
    if queue.guideline:
        with st.container(border=True, key="relabel_guide"):
            st.markdown(harmless(queue.guideline[:MOST]))
    else:
        st.caption("This queue has no guideline.")
