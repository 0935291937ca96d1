"""What a person decides about an export, section by section; every choice is in the link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from core.curate.judged import EvaluationPrompts
from core.curate.recipe import Cap, Labels, Recipe
from core.curate.splits.asked import SplitPlan
from core.errors import AssayError
from core.schema import PairFilter
from pages.components import (
    exportamounts,
    exportformat,
    exportlabels,
    exportpreset,
    exportsplits,
    problems,
)

T = TypeVar("T")


_NO_CAPS: tuple[tuple[Cap, ...], str] = ((), "")
_NO_FILES: tuple[EvaluationPrompts, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What was decided."""

    recipe: Recipe
    evaluation: tuple[EvaluationPrompts, ...]
    whole: bool
    """Every section could be read; where one could not, the recipe has its defaults."""


def show(filter: PairFilter, sources: Sequence[str]) -> Asked:
    """Draw the form; a section that cannot be meant says why, and the others go on."""
    sections = _Sections()
    labels, names = Labels(), False
    if exportlabels.any_votes():
        labels, names = sections.draw("Labels", exportlabels.show, (Labels(), False))
    picked = sections.draw(
        "Which pairs", lambda: exportpreset.show(sources), exportpreset.Picked("everything", {}, {})
    )
    caps, balance = sections.draw("Amounts", lambda: exportamounts.show(sources), _NO_CAPS)
    splits, seed = sections.draw("Splits", exportsplits.show, (SplitPlan(), 42))
    evaluation = sections.draw("Evaluation", exportsplits.evaluation, _NO_FILES)
    format = sections.draw("Format", exportformat.show, exportformat.Format())
    recipe = Recipe(
        filter=filter,
        labels=labels,
        evaluation=tuple(one.file for one in evaluation),
        preset=picked.name,
        params=picked.params,
        use=picked.use,
        caps=caps,
        balance=balance,
        splits=splits,
        seed=seed,
        format=format.format,
        file=format.file,
        columns=format.columns,
        names=names,
    )
    return Asked(recipe, evaluation, sections.whole)


class _Sections:
    """Sections under their headings, with what is wrong in each."""

    def __init__(self) -> None:
        self.whole = True

    def draw(self, title: str, section: Callable[[], T | None], instead: T) -> T:
        """Draw a section; one that says itself what is wrong returns None."""
        st.subheader(title, anchor=False)
        try:
            found = section()
        except AssayError as error:
            problems.show(error)
            found = None
        self.whole = self.whole and found is not None
        return instead if found is None else found
