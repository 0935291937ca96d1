"""Export's evaluation prompts that were met: how many, how surely, and some of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from core.curate.splits.contamination import HITS, Hits
from core.schema.base import id_text
from pages.components.words import plain, prose

SHOWN = 20
TEXT_CHARS = 300
_KINDS = {
    "exact": "The same text",
    "normalised": "The same but for case, spaces and marks",
    "near": "Nearly the same words",
    "contains": "Holds the whole evaluation prompt",
}


def show(found: Hits | None) -> None:
    """Say what was met; nothing where no file was given."""
    if found is None:
        return
    st.subheader("Evaluation prompts", anchor=False)
    n = found.prompt_ids.size
    st.markdown(told(n))
    if found.unchecked:
        st.info(prose(found.unchecked[:400]), icon=":material/help:")
    if not n:
        return
    rows = [
        {"How": _KINDS.get(name, name), "Prompts": f"{int((found.kind == i).sum()):,}"}
        for i, name in enumerate(HITS)
    ]
    st.table(rows, hide_index=True, border="horizontal", alt="Evaluation prompts that were met")
    folded = f"The first {SHOWN} of them" if n > SHOWN else "Which they are"
    with st.expander(folded, key="export_hits"):
        st.table(_first(found), hide_index=True, border="horizontal", alt="Prompts that were met")


def slim(found: Hits | None) -> Hits | None:
    """Return the hits with no more texts than they name, and those cut: previews are kept."""
    if found is None:
        return None
    used, of = np.unique(found.of, return_inverse=True)
    texts = tuple(found.texts[place][:TEXT_CHARS] for place in used.tolist())
    return replace(found, of=of.astype(np.int64), texts=texts)


def told(n: int) -> str:
    if not n:
        return "No prompt of these rows is among them."
    if n == 1:
        return "1 prompt of these rows is among them, and is left out with all its pairs."
    return f"{n:,} prompts of these rows are among them, and are left out with all their pairs."


def _first(found: Hits) -> list[dict[str, str]]:
    hits = zip(
        found.prompt_ids[:SHOWN].tolist(), found.kind.tolist(), found.of.tolist(), strict=False
    )
    return [
        {
            "Prompt": id_text(prompt),
            "How": _KINDS.get(HITS[kind], HITS[kind]),
            "Evaluation prompt": plain(found.texts[of], 160),
        }
        for prompt, kind, of in hits
    ]
