"""Which rows are written: what a filter finds, less what no trainer can use, through a preset.

Nothing is dropped silently: every step counts what it leaves out, and the counts add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.curate.presets import PRESETS, PresetInputs, PresetSpec
from core.curate.reading import Coded, Rows, column_values, filtered_rows, turns
from core.errors import ExportError
from core.schema import Ints, PairFilter
from core.store.instance import Store
from core.views.where import where_of


@dataclass(frozen=True)
class Counts:
    """matching = ties + contradictions + duplicates + unwritable + unselected + selected."""

    matching: int
    """Rows the filter found."""
    ties: int
    """Left out: nobody named a winner, so there is nothing to prefer."""
    contradictions: int
    """Left out: all rows of a pair that stands with both labels; a trainer cannot obey both."""
    duplicates: int
    """Left out: further rows of the same pair with the same label; the first one stays."""
    unwritable: int
    """Left out: a turn without a text, or with a tool call, which no format here can hold."""
    unselected: int
    """Left out by the preset."""
    selected: int


@dataclass(frozen=True)
class Selection:
    """What a preset keeps, in the order it is written; the arrays are aligned."""

    sentence: str
    """The filter in words."""
    counts: Counts
    matching_ids: Ints
    """row_ids of everything the filter found."""
    row_ids: Ints
    pair_ids: Ints
    prompt_ids: Ints
    source: Coded
    split: Coded
    """The split of the source."""
    conversations: int
    """Rows that are more than one question and one answer."""
    more_keys: int
    """Rows with a turn that has further keys than role and content: those are not written."""


def select(
    store: Store,
    filter: PairFilter,
    preset_name: str = "everything",
    params: Mapping[str, float] | None = None,
    seed: int = 42,
) -> Selection:
    """Select the rows to write.

    Raises:
        FilterError, UnknownName, UsageError: no such column, preset or parameter.
        ExportError: the preset needs a signal that nothing provides.
    """
    spec = PRESETS.get(preset_name)
    settled = spec.settled(params or {})
    where = where_of(store, filter)
    rows, talks = filtered_rows(store, where), turns(store)
    usable = _usable(rows, talks.unwritable)
    chosen = spec.select(_inputs(store, spec, rows, usable.places, seed), settled)
    kept = usable.places[chosen]
    return Selection(
        sentence=where.sentence,
        counts=usable.counts(kept.size),
        matching_ids=rows.row_id,
        row_ids=rows.row_id[kept],
        pair_ids=rows.pair_id[kept],
        prompt_ids=rows.prompt_id[kept],
        source=Coded(rows.source.index[kept], rows.source.names),
        split=Coded(rows.split.index[kept], rows.split.names),
        conversations=_common(rows.row_id[kept], talks.any),
        more_keys=_common(rows.row_id[kept], talks.more),
    )


@dataclass(frozen=True)
class _Usable:
    """Rows that a trainer can use."""

    places: Ints
    """Positions in the filtered rows."""
    matching: int
    ties: int
    contradictions: int
    duplicates: int
    unwritable: int

    def counts(self, selected: int) -> Counts:
        return Counts(
            matching=self.matching,
            ties=self.ties,
            contradictions=self.contradictions,
            duplicates=self.duplicates,
            unwritable=self.unwritable,
            unselected=self.places.size - selected,
            selected=selected,
        )


def _usable(rows: Rows, unwritable: Ints) -> _Usable:
    labelled = np.flatnonzero(~rows.tie)
    pair, chosen = rows.pair_id[labelled], rows.chosen_id[labelled]
    _, first, group = np.unique(pair, return_index=True, return_inverse=True)
    differs = chosen != chosen[first][group]
    contradicting = (np.bincount(group, weights=differs) > 0)[group]
    repeated = ~contradicting & (np.arange(pair.size) != first[group])
    single = labelled[~contradicting & ~repeated]
    held = ~np.isin(rows.row_id[single], unwritable)
    return _Usable(
        places=single[held],
        matching=rows.row_id.size,
        ties=rows.row_id.size - labelled.size,
        contradictions=int(contradicting.sum()),
        duplicates=int(repeated.sum()),
        unwritable=single.size - int(held.sum()),
    )


def _common(row_ids: Ints, others: Ints) -> int:
    return int(np.isin(row_ids, others).sum())


def _inputs(store: Store, spec: PresetSpec, rows: Rows, places: Ints, seed: int) -> PresetInputs:
    known = {column.name for column in store.signal_columns}
    missing = [name for name in spec.needs if name not in known]
    if missing:
        why = " ".join(store.absent.get(name, "") for name in missing).strip()
        raise ExportError(
            f"The preset {spec.name} needs {', '.join(missing)}, which the store does not have.",
            why or "Score the pairs or import scores, then rebuild the signals.",
        )
    ids = rows.row_id[places]
    signals = {name: column_values(store, name)[ids] for name in spec.needs}
    return PresetInputs(ids, rows.prompt_id[places], signals, seed)
