"""The rows a trainer can use, with the labels that the sources, or people, give them.

It depends on the filter and the verdicts alone: a page makes it once while a preset's parameters
move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.curate.counts import Counts
from core.curate.judged import Judged
from core.curate.reading import Coded, Rows, filtered_rows, turns
from core.curate.recipe import Labels
from core.relabel.verdicts import Policy, Verdict, act
from core.schema import Bools, Floats, Ints, PairFilter
from core.store.instance import Store
from core.views.where import where_of

SOURCE = "source"
"""Who a label is from where nobody changed or confirmed it."""


@dataclass(frozen=True)
class Base:
    """Usable rows, one of each pair, ordered by content; the arrays are aligned."""

    sentence: str
    matching_ids: Ints
    """row_ids of everything the filter found."""
    row_id: Ints
    pair_id: Ints
    prompt_id: Ints
    source: Coded
    split: Coded
    flipped: Bools
    """People reversed the label: the sides are to be swapped."""
    settled: Bools
    """People decided which answer is better."""
    soft: Floats
    """P(the written chosen answer is better) by votes; NaN where nothing is said."""
    label: Coded
    """Who says so."""
    counts: Counts
    """So far: nothing is selected yet."""
    verdicts: Mapping[str, int]
    """What verdicts did → rows."""
    opposite_ids: Ints
    """row_ids with the other label of a row here; none but where contradictions are kept."""
    opposite_pairs: Ints
    """Their pair_ids."""

    def without_prompts(self, prompt_ids: Ints) -> Base:
        """Return the rows whose prompt is none of these."""
        if not prompt_ids.size:
            return self
        at = np.flatnonzero(~np.isin(self.prompt_id, prompt_ids))
        return replace(
            self,
            row_id=self.row_id[at],
            pair_id=self.pair_id[at],
            prompt_id=self.prompt_id[at],
            source=self.source.at(at),
            split=self.split.at(at),
            flipped=self.flipped[at],
            settled=self.settled[at],
            soft=self.soft[at],
            label=self.label.at(at),
        )

    def opposites(self, kept: Ints) -> tuple[Ints, Ints]:
        """Return the opposite rows of kept places, and where their pair stands in `kept`."""
        if not self.opposite_ids.size:
            return self.opposite_ids, self.opposite_ids
        by_pair = np.argsort(self.pair_id[kept], kind="stable")
        sorted_pairs = self.pair_id[kept][by_pair]
        at = np.searchsorted(sorted_pairs, self.opposite_pairs)
        there = np.append(sorted_pairs, -1)[at] == self.opposite_pairs
        return self.opposite_ids[there], by_pair[at[there]]


@dataclass(frozen=True)
class _Told:
    """What verdicts make of rows; the arrays are aligned with them."""

    chosen: Ints
    """The answer that is chosen after them."""
    removed: Bools
    flipped: Bools
    settled: Bools
    soft: Floats
    label: Coded
    done: Mapping[str, int]


def base_of(
    store: Store,
    filter: PairFilter,
    labels: Labels | None = None,
    judged: Judged | None = None,
    contradictions: bool = False,
) -> Base:
    """Return the rows of a filter that a trainer can use.

    With `contradictions` a pair that stands with both labels is kept by its first row.

    Raises:
        FilterError: the filter does not fit the store.
    """
    where = where_of(store, filter)
    rows = filtered_rows(store, where)
    labelled = np.flatnonzero(~rows.tie)
    told = _told(rows, labelled, labels or Labels(), judged)
    stay = np.flatnonzero(~told.removed)
    single = _single(rows.pair_id[labelled[stay]], told.chosen[stay], told.soft[stay])
    first = stay[single.first_of_all if contradictions else single.first]
    kept = first[~np.isin(rows.row_id[labelled[first]], turns(store).unwritable)]
    both = 0 if contradictions else single.contradicting
    counts = Counts(
        matching=rows.row_id.size,
        ties=rows.row_id.size - labelled.size,
        removed=labelled.size - stay.size,
        contradictions=both,
        duplicates=stay.size - first.size - both,
        unwritable=first.size - kept.size,
        unselected=0,
        selected=0,
    )
    opposite = labelled[stay[single.opposite]] if contradictions else labelled[:0]
    return _made(where.sentence, rows, told, labelled[kept], kept, counts, opposite)


def _made(
    sentence: str, rows: Rows, told: _Told, at: Ints, kept: Ints, counts: Counts, opposite: Ints
) -> Base:
    """Return the rows at places `at`, which are `kept` among the labelled ones."""
    return Base(
        sentence=sentence,
        matching_ids=rows.row_id,
        row_id=rows.row_id[at],
        pair_id=rows.pair_id[at],
        prompt_id=rows.prompt_id[at],
        source=rows.source.at(at),
        split=rows.split.at(at),
        flipped=told.flipped[kept],
        settled=told.settled[kept],
        soft=told.soft[kept],
        label=told.label.at(kept),
        counts=counts,
        verdicts=told.done,
        opposite_ids=rows.row_id[opposite],
        opposite_pairs=rows.pair_id[opposite],
    )


@dataclass(frozen=True)
class _Single:
    """One row of each pair; positions in what was given."""

    first: Ints
    """Of pairs that stand with one label."""
    first_of_all: Ints
    opposite: Ints
    """Rows with another label than the first row of their pair."""
    contradicting: int
    """Rows of pairs that stand with both labels."""


def _single(pair: Ints, chosen: Ints, soft: Floats) -> _Single:
    _, first, group = np.unique(pair, return_index=True, return_inverse=True)
    # Where votes give a soft label both rows say the same thing of the pair.
    differs = (chosen != chosen[first][group]) & np.isnan(soft)
    both = np.bincount(group, weights=differs) > 0
    order = np.sort(first)
    return _Single(
        first=np.sort(first[~both]),
        first_of_all=order,
        opposite=np.flatnonzero(differs),
        contradicting=int(both[group].sum()),
    )


def _told(rows: Rows, labelled: Ints, labels: Labels, judged: Judged | None) -> _Told:
    n = labelled.size
    chosen, rejected = rows.chosen_id[labelled], rows.rejected_id[labelled]
    removed, flipped, settled = (np.zeros(n, np.bool_) for _ in range(3))
    soft, label = np.full(n, np.nan), np.zeros(n, np.int64)
    names, done = {SOURCE: 0}, Counter[str]()
    policy = Policy(labels.on_reversed, labels.on_contested)
    for at, verdict in _met(rows.pair_id[labelled], judged):
        action = act(verdict, int(chosen[at]), policy)
        done[action] += 1
        removed[at], flipped[at] = action == "remove", action == "flip"
        settled[at] = action in ("keep", "flip") and verdict.outcome == "winner"
        if action in ("keep", "flip", "soft"):
            label[at] = names.setdefault(verdict.source, len(names))
        if action == "soft":
            said = verdict.soft(int(chosen[at]))
            soft[at] = np.nan if said is None else said
    chosen = np.where(flipped, rejected, chosen)
    return _Told(chosen, removed, flipped, settled, soft, Coded(label, tuple(names)), done)


def _met(pair: Ints, judged: Judged | None) -> list[tuple[int, Verdict]]:
    """Return the rows of pairs that have a verdict, each with it."""
    if judged is None or not judged.found:
        return []
    found = {verdict.pair_id: verdict for verdict in judged.found}
    met = np.flatnonzero(np.isin(pair, np.fromiter(found, np.int64)))
    return [(at, found[int(pair[at])]) for at in met.tolist()]
