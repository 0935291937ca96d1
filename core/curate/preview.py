"""What an export would hold, for a page to show while its recipe changes; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from core.curate.base import Base
from core.curate.counts import Counts
from core.curate.judged import Given
from core.curate.manifests.manifest import SplitEntry
from core.curate.plan import Plan, check_writable, plan, split_entries
from core.curate.presetinputs import SUSPICION, relabelled
from core.curate.reading import column_values
from core.curate.recipe import Recipe
from core.curate.selection import Selection
from core.curate.splits.contamination import Hits
from core.curate.splits.leakage import LeakageReport
from core.curate.splits.links import Components
from core.curate.written.tables import tables_of
from core.errors import ExportError
from core.schema import Floats, SignalColumn
from core.store.instance import Store

LONGER = "length_delta_chars"
SHOWN = ("explicit_margin", "implicit_margin", "length_normalised_margin", "rating_margin")
"""Signals whose means are told before and after."""


@dataclass(frozen=True)
class Slice:
    """Pairs of one source in one split."""

    split: str
    source: str
    rows: int


@dataclass(frozen=True)
class Change:
    """A mean before and after; None where no row has it."""

    column: str
    before: float | None
    """Over all rows the filter found."""
    after: float | None
    """Over the pairs that would be written, with their labels."""


@dataclass(frozen=True)
class Preview:
    """What an export would hold."""

    sentence: str
    """The filter in words."""
    format: str
    counts: Counts
    splits: tuple[SplitEntry, ...]
    shared_prompts: int
    slices: tuple[Slice, ...]
    margins: tuple[Change, ...]
    suspicion: Change | None
    """Mean suspicion: how many labels the scores take for reversed. A preset that drops suspects
    lowers it whether it is right or not. None where nothing is scored."""
    longer: Change | None
    """Share of labels that name the longer answer, among unequal ones."""
    flipped: int
    soft: int
    """Pairs whose label is a share of votes."""
    verdicts: Mapping[str, int]
    """What people's verdicts did → rows."""
    left_out: Mapping[str, int]
    """Why the preset left rows out → rows."""
    facts: Mapping[str, float]
    uses: Mapping[str, str]
    """Role → column that the preset read."""
    losses: tuple[str, ...]
    """What the files cannot hold; sentences."""
    leakage: LeakageReport
    hits: Hits | None
    """Prompts left out as evaluation prompts; None where no file names any."""
    empty: Mapping[str, int] = field(default_factory=dict)
    """Column of numbers that was asked for → pairs in which it is unknown; none where it is 0."""
    refusal: str = ""
    """Why such an export is not written; empty where it is."""


def preview(
    store: Store,
    recipe: Recipe,
    given: Given | None = None,
    base: Base | None = None,
    groups: Components | None = None,
    hits: Hits | None = None,
) -> Preview:
    """Say what `export.write` would write; takes and raises what `plan` and `tables_of` do."""
    planned = plan(store, recipe, given, base, groups, hits)
    seen = previewed(store, planned)
    # A number that nothing provides is said before writing.
    return replace(seen, empty=tables_of(store, planned).empty) if recipe.columns else seen


def previewed(store: Store, planned: Plan) -> Preview:
    """Say what a plan would write."""
    chosen = planned.selection
    return Preview(
        sentence=chosen.sentence,
        format=planned.recipe.format,
        counts=chosen.counts,
        splits=split_entries(planned),
        shared_prompts=planned.splits.shared_prompts,
        slices=_slices(planned),
        margins=tuple(
            _change(store, column, chosen)
            for column in store.signal_columns
            if column.signal in SHOWN and column.n
        ),
        suspicion=_of(store, SUSPICION, chosen),
        longer=_longer(store, chosen),
        flipped=int(chosen.flipped.sum()),
        soft=int(np.isfinite(chosen.soft).sum()),
        verdicts=chosen.verdicts,
        left_out=chosen.left_out,
        facts=chosen.facts,
        uses=chosen.uses,
        losses=planned.losses,
        leakage=planned.leakage,
        hits=planned.hits,
        refusal=_refusal(planned),
    )


def _refusal(planned: Plan) -> str:
    try:
        check_writable(planned)
    except ExportError as error:
        return error.message
    return ""


def _slices(planned: Plan) -> tuple[Slice, ...]:
    sources = planned.selection.source
    cells = planned.splits.member * len(sources.names) + sources.index
    counts = np.bincount(cells, minlength=len(planned.splits.names) * len(sources.names))
    table = counts.reshape(len(planned.splits.names), len(sources.names)).tolist()
    return tuple(
        Slice(name, source, rows)
        for name, line in zip(planned.splits.names, table, strict=True)
        for source, rows in zip(sources.names, line, strict=True)
        if rows
    )


def _of(store: Store, name: str, chosen: Selection) -> Change | None:
    column = next((c for c in store.signal_columns if c.name == name and c.n), None)
    return _change(store, column, chosen) if column else None


def _longer(store: Store, chosen: Selection) -> Change | None:
    column = next((c for c in store.signal_columns if c.name == LONGER and c.n), None)
    if column is None:
        return None
    before, after = _values(store, column, chosen)
    return Change(LONGER, _positive(before), _positive(after))


def _positive(values: Floats) -> float | None:
    unequal = values[~np.isnan(values) & (values != 0)]
    return float((unequal > 0).mean()) if unequal.size else None


def _change(store: Store, column: SignalColumn, chosen: Selection) -> Change:
    before, after = _values(store, column, chosen)
    return Change(column.name, _mean(before), _mean(after))


def _values(store: Store, column: SignalColumn, chosen: Selection) -> tuple[Floats, Floats]:
    values = column_values(store, column.name)
    return values[chosen.matching_ids], relabelled(column.signal, values[chosen.row_ids], chosen)


def _mean(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None
