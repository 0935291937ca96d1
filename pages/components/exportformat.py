"""Export's format: what a row looks like to a trainer, and in what kind of file."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.curate.recipe import AUTO
from core.curate.written.knobs import KNOBS
from core.curate.written.writers import FILES, FORMATS
from pages.components import cached, exportfields, exportpreset
from pages.components.words import plain, prose, sentence

_AUTO = "TRL preference pairs: standard where every row fits it, else conversational."
_EITHER = ("trl", "trl-conversational")
"""What AUTO takes."""


@dataclass(frozen=True)
class Format:
    """What was chosen."""

    format: str = AUTO
    file: str = "jsonl"
    columns: tuple[str, ...] = ()


def show() -> Format:
    """Draw the choice of a format, a kind of file and columns for a trainer."""
    titles = {AUTO: _AUTO, **{shape.name: shape.title for shape in FORMATS}}
    format = exportfields.choice("What a row looks like", "format", titles, "format")
    kinds = {name: FILES.get(name).title for name in files_of(format)}
    file = exportfields.choice("Kind of file", "file", kinds, "kind of file")
    columns = exportfields.several(
        "Columns for a trainer",
        "columns",
        KNOBS.names(),
        "Numbers per pair that a loss can use: weights, margins, betas; and where a label is from.",
        "column",
    )
    for name in columns:
        st.caption(f"`{name}`: {plain(KNOBS.get(name).title, 300)}")
    own = () if format == AUTO else FORMATS.get(format).knobs
    for name in dict.fromkeys((*own, *columns)):
        _lacking(name)
    return Format(format, file, columns)


def files_of(format: str) -> tuple[str, ...]:
    """Return the kinds of file that a format can be written to, the usual one first."""
    names = _EITHER if format == AUTO else (format,)
    first, *others = (FORMATS.get(name).files for name in names)
    return tuple(kind for kind in first if all(kind in files for files in others))


def _lacking(name: str) -> None:
    """Say what a column needs and the store has not: writing would end with that."""
    needs = [need for need in KNOBS.get(name).needs if not need.optional]
    missing = [need.signal for need in needs if not exportpreset.fitting(need)]
    if missing:
        absent = cached.store().absent
        why = " ".join(absent.get(signal, "") for signal in missing).strip()
        st.warning(
            f"`{name}` needs {plain(', '.join(missing))}, which the store does not have. "
            f"{sentence(prose(why[:600]))}",
            icon=":material/warning:",
        )
