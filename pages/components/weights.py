"""What each run counts for in the evidence about each source, and why some count for nothing."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.schema import EvidenceModel, EvidenceWeight
from pages.components import grid
from pages.components.words import number, percent, plain, sentence

CALIBRATED = {
    "gold": "gold answers",
    "margins": "the shape of its margins",
    "assumption": "the middle of what its agreement leaves possible",
}


def show(models: Mapping[str, EvidenceModel]) -> None:
    """Name the runs that are left out and what the evidence lacks, with all weights on request."""
    said = [_note(source, item) for source, m in models.items() for item in m.weights]
    lines = [line for line in said if line] + [plain(m.note) for m in models.values() if m.note]
    if lines:
        st.caption("  \n".join(lines))
    else:
        st.caption("No run is left out of the evidence.")
    grid.on_request("weights", "Every weight", lambda: _rows(models))


def _note(source: str, item: EvidenceWeight) -> str:
    """Return a sentence for a run that speaks and is hardly heard."""
    if not item.reason or item.weight or not item.n:
        return ""
    return f"**{plain(item.run_id)}** has no weight in {plain(source)}: {plain(item.reason)}."


def _rows(models: Mapping[str, EvidenceModel]) -> list[dict[str, str]]:
    return [
        {
            "Source": plain(source),
            "Run": plain(item.run_id),
            "Weight": percent(item.weight),
            "With labels": percent(item.agreement),
            "With the others": number(item.consensus, 2),
            "Scale from": CALIBRATED[model.calibrated],
            "Why so little": sentence(plain(item.reason)),
        }
        for source, model in models.items()
        for item in model.weights
    ]
