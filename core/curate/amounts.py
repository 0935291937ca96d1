"""How many pairs of each slice stay: caps, and the same number of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.curate.base import Base
from core.curate.draws import uniform
from core.curate.presets import Kept
from core.curate.reading import Coded, check_value, key_values
from core.curate.recipe import Recipe
from core.schema import Bools, Floats, Ints
from core.store.instance import Store


@dataclass(frozen=True)
class Amounts:
    """Which of the kept rows stay, and how many do not."""

    stay: Bools
    capped: int
    unbalanced: int


def amounts(store: Store, recipe: Recipe, base: Base, kept: Kept) -> Amounts:
    """Apply the recipe's caps, one after the other, then its balance.

    Where a preset ranks, its first rows stay, else rows drawn by pair and seed: the draw does not
    depend on the order of rows. Rows without a value of the key are a slice of their own.

    Raises:
        UnknownName: no such key, or no row of the store has the value that is capped.
    """
    at = kept.places
    first = (
        np.arange(at.size, dtype=float) if kept.ranked else uniform(base.pair_id[at], recipe.seed)
    )
    stay = np.ones(at.size, np.bool_)
    for cap in recipe.caps:
        coded = key_values(store, cap.by, base.row_id[at])
        if cap.value and cap.value not in coded.names:
            check_value(store, cap.by, cap.value)
        asked = np.array([name == cap.value or not cap.value for name in coded.names], np.bool_)
        most = np.where(asked, cap.n, at.size)
        stay &= _first(coded, first, stay, most)
    capped = at.size - int(stay.sum())
    if recipe.balance and stay.any():
        coded = key_values(store, recipe.balance, base.row_id[at])
        there = np.bincount(coded.index[stay], minlength=len(coded.names))
        fewest = there[there > 0].min()
        stay &= _first(coded, first, stay, np.full(len(coded.names), fewest))
    return Amounts(stay, capped, at.size - capped - int(stay.sum()))


def _first(coded: Coded, key: Floats, among: Bools, most: Ints) -> Bools:
    """Return which rows are the first `most` of their slice by `key`, among some rows."""
    rows = np.flatnonzero(among)
    slices = coded.index[rows]
    order = np.lexsort((key[rows], slices))
    starts = np.searchsorted(slices[order], np.arange(len(coded.names)))
    place = np.arange(rows.size) - starts[slices[order]]
    found = np.zeros(among.size, np.bool_)
    found[rows[order[place < most[slices[order]]]]] = True
    return found
