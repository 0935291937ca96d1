"""What an export would hold, for a page to show while its recipe changes; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.curate.manifest import SplitEntry
from core.curate.plan import Plan, plan, split_entries
from core.curate.reading import column_values
from core.curate.recipe import Recipe
from core.curate.selection import Counts, Selection
from core.schema import Floats, Ints
from core.store.instance import Store


@dataclass(frozen=True)
class Slice:
    """Pairs of one source in one split."""

    split: str
    source: str
    rows: int


@dataclass(frozen=True)
class MarginMean:
    """Mean of a stored margin before and after; None where no row has it."""

    column: str
    before: float | None
    """Over all rows the filter found."""
    after: float | None
    """Over the pairs that would be written."""


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
    margins: tuple[MarginMean, ...]
    losses: tuple[str, ...]
    """What the files cannot hold; sentences."""


def preview(store: Store, recipe: Recipe) -> Preview:
    """Say what `export.write` would write; raises what `plan` raises."""
    planned = plan(store, recipe)
    return Preview(
        sentence=planned.selection.sentence,
        format=planned.recipe.format,
        counts=planned.selection.counts,
        splits=split_entries(planned),
        shared_prompts=planned.splits.shared_prompts,
        slices=_slices(planned),
        margins=_margins(store, planned.selection),
        losses=planned.losses,
    )


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


def _margins(store: Store, selection: Selection) -> tuple[MarginMean, ...]:
    names = [c.name for c in store.signal_columns if c.signal == "explicit_margin"]
    return tuple(_margin(name, column_values(store, name), selection) for name in names)


def _margin(name: str, values: Floats, selection: Selection) -> MarginMean:
    return MarginMean(name, _mean(values, selection.matching_ids), _mean(values, selection.row_ids))


def _mean(values: Floats, row_ids: Ints) -> float | None:
    known = values[row_ids]
    known = known[~np.isnan(known)]
    return float(known.mean()) if known.size else None
