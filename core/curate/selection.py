"""Which rows are written: what a filter finds, less what no trainer can use, through a preset.

Nothing is dropped silently: every step counts what it leaves out, and the counts add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    """Left out: further rows of the same pair with the same label; the first one stays. Where
    contradictions are kept, those with the other label too."""
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
    opposite_ids: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    """row_ids with the other label of a selected pair; none but where contradictions are kept."""
    opposite_places: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    """Where the pair of each stands in `row_ids`."""


def select(
    store: Store,
    filter: PairFilter,
    preset_name: str = "everything",
    params: Mapping[str, float] | None = None,
    seed: int = 42,
    contradictions: bool = False,
) -> Selection:
    """Select the rows to write, one of each pair.

    With `contradictions` a pair that stands with both labels is kept by its first row: nobody can
    be trained on it, but people can be asked.

    Raises:
        FilterError, UnknownName, UsageError: no such column, preset or parameter.
        ExportError: the preset needs a signal that nothing provides.
    """
    spec = PRESETS.get(preset_name)
    settled = spec.settled(params or {})
    where = where_of(store, filter)
    rows, talks = filtered_rows(store, where), turns(store)
    usable = _usable(rows, talks.unwritable, contradictions)
    chosen = spec.select(_inputs(store, spec, rows, usable.places, seed), settled)
    kept = usable.places[chosen]
    opposites, at = _opposites(rows, usable.opposite, kept)
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
        opposite_ids=opposites,
        opposite_places=at,
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
    opposite: Ints
    """Positions of further rows with the other label, of pairs that are kept."""

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


def _usable(rows: Rows, unwritable: Ints, keep: bool) -> _Usable:
    labelled = np.flatnonzero(~rows.tie)
    pair, chosen = rows.pair_id[labelled], rows.chosen_id[labelled]
    _, first, group = np.unique(pair, return_index=True, return_inverse=True)
    differs = chosen != chosen[first][group]
    contradicting = (np.bincount(group, weights=differs) > 0)[group] & (not keep)
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
        opposite=labelled[repeated & differs],
    )


def _opposites(rows: Rows, opposite: Ints, kept: Ints) -> tuple[Ints, Ints]:
    """Return the row_ids among `opposite` whose pair is kept, and where it stands in `kept`."""
    if not opposite.size:
        return opposite, opposite
    by_pair = np.argsort(rows.pair_id[kept], kind="stable")
    sorted_pairs = rows.pair_id[kept][by_pair]
    at = np.searchsorted(sorted_pairs, rows.pair_id[opposite])
    there = np.append(sorted_pairs, -1)[at] == rows.pair_id[opposite]
    return rows.row_id[opposite[there]], by_pair[at[there]]


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
