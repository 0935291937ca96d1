"""Which rows are written: what a filter finds, less what no trainer can use, through a recipe.

Filter → usable rows → people's verdicts → evaluation prompts out → preset → caps → balance. Nothing
is dropped silently: every step counts what it leaves out, and the counts add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from core.curate.amounts import amounts
from core.curate.base import Base, base_of
from core.curate.counts import Counts as Counts
from core.curate.presetinputs import preset_inputs
from core.curate.presets import PRESETS, Kept
from core.curate.reading import Coded, turns
from core.curate.recipe import Recipe
from core.schema import Bools, Floats, Ints, PairFilter
from core.store.instance import Store


@dataclass(frozen=True)
class Selection:
    """What a recipe keeps, in the order it is written; the arrays are aligned."""

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
    long_answers: int = 0
    """Rows with an answer of several turns."""
    flipped: Bools = field(default_factory=lambda: np.empty(0, np.bool_))
    """Written with the sides swapped."""
    settled: Bools = field(default_factory=lambda: np.empty(0, np.bool_))
    """People decided which answer is better."""
    soft: Floats = field(default_factory=lambda: np.empty(0))
    """P(the written chosen answer is better) by votes; NaN where nothing is said."""
    label_of: Coded = field(default_factory=lambda: Coded(np.empty(0, np.int64), ()))
    """Who says that the written chosen answer is better."""
    weight: Floats | None = None
    """Weights of the preset, mean 1; None where it has none."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Why the preset left rows out → how many."""
    facts: Mapping[str, float] = field(default_factory=dict)
    """Means, deviations and cuts that the preset used, to nine digits: the last ones of a sum are
    other ones on another machine."""
    uses: Mapping[str, str] = field(default_factory=dict)
    """Role of a preset's need → the column that it read."""
    verdicts: Mapping[str, int] = field(default_factory=dict)
    """What verdicts did → rows, before the preset."""
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
    """Select rows of a filter by a preset, one of each pair, with the labels of the sources.

    With `contradictions` a pair that stands with both labels is kept by its first row: nobody can
    be trained on it, but people can be asked.

    Raises:
        FilterError, UnknownName, UsageError: no such column, preset or parameter.
        ExportError: the preset needs a signal that nothing provides.
    """
    recipe = Recipe(filter=filter, preset=preset_name, params=params or {}, seed=seed)
    PRESETS.get(preset_name).settled(recipe.params)
    return choose(store, recipe, base_of(store, filter, contradictions=contradictions))


def choose(store: Store, recipe: Recipe, base: Base, excluded: Ints | None = None) -> Selection:
    """Select the rows of a recipe; `base` is what `base_of` says of its filter and its verdicts.

    excluded: prompt_ids that are left out, of evaluation prompts.

    Raises:
        UnknownName, UsageError: no such preset, column, key or parameter.
        ExportError: the preset needs a signal that nothing provides.
    """
    spec = PRESETS.get(recipe.preset)
    params = spec.settled(recipe.params)
    clean = base if excluded is None else base.without_prompts(excluded)
    inputs, uses = preset_inputs(store, spec, clean, recipe)
    kept = spec.select(inputs, params)
    amount = amounts(store, recipe, clean, kept)
    counts = replace(
        base.counts,
        contaminated=base.row_id.size - clean.row_id.size,
        unselected=clean.row_id.size - kept.places.size,
        capped=amount.capped,
        unbalanced=amount.unbalanced,
        selected=int(amount.stay.sum()),
    )
    found = _picked(store, clean, kept, amount.stay, recipe.preset)
    return replace(found, counts=counts, uses=uses)


def _picked(store: Store, base: Base, kept: Kept, stay: Bools, preset: str) -> Selection:
    at = kept.places[stay]
    turned = np.zeros(at.size, np.bool_) if kept.reversed is None else kept.reversed[stay]
    label, names = base.label.index[at], (*base.label.names, f"preset {preset}")
    opposites, places = base.opposites(at)
    talks = turns(store)
    soft = base.soft[at]
    return Selection(
        sentence=base.sentence,
        counts=base.counts,
        matching_ids=base.matching_ids,
        row_ids=base.row_id[at],
        pair_ids=base.pair_id[at],
        prompt_ids=base.prompt_id[at],
        source=Coded(base.source.index[at], base.source.names),
        split=Coded(base.split.index[at], base.split.names),
        conversations=_common(base.row_id[at], talks.any),
        more_keys=_common(base.row_id[at], talks.more),
        long_answers=_common(base.row_id[at], talks.answers),
        flipped=base.flipped[at] ^ turned,
        settled=base.settled[at],
        soft=np.where(turned, 1 - soft, soft),
        label_of=Coded(np.where(turned, len(names) - 1, label), names),
        weight=None if kept.weight is None else kept.weight[stay],
        left_out=kept.left_out,
        facts={name: float(f"{value:.9g}") for name, value in kept.facts.items()},
        verdicts=base.verdicts,
        opposite_ids=opposites,
        opposite_places=places,
    )


def _common(row_ids: Ints, others: Ints) -> int:
    return int(np.isin(row_ids, others).sum()) if others.size else 0
