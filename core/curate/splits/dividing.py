"""Rows into splits: what hangs together stays whole, and each source gets the shares asked for.

The same content and seed give the same splits on any machine, whatever order rows come in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.curate.draws import mixed as drawn_order
from core.curate.selection import Selection
from core.curate.splits.asked import SplitPlan, Splits, kept
from core.curate.splits.links import Components
from core.schema import Bools, Floats, Ints

Ranks = npt.NDArray[np.uint64]
_BIG = 0.1
"""Of the smallest share of a source: a component with more rows is placed by itself."""
_MOST = 5_000
"""Components of a source that are placed one by one, at most."""
_QUARTER = 0.25
"""Of what is open in a split: a larger component goes there only where nothing is roomier."""


@dataclass(frozen=True)
class _Units:
    """The components of a selection; what is divided."""

    of_row: Ints
    rank: Ranks
    """Their order, drawn by the seed."""
    drawn: Ints
    """They themselves in that order."""
    size: Ints
    owner: Ints
    """The source of each; one of them where it has several."""
    mixed: Bools
    """It has rows of several sources."""
    shares: Shares


@dataclass(frozen=True)
class Shares:
    """Rows of mixed components per source, ordered by component."""

    unit: Ints
    source: Ints
    rows: Ints

    def of(self, unit: int) -> slice:
        """Return where those of a component stand."""
        first, last = np.searchsorted(self.unit, [unit, unit + 1])
        return slice(int(first), int(last))


def divide(selection: Selection, plan: SplitPlan, seed: int, groups: Components) -> Splits:
    """Divide a selection: all rows of a component go to one split, and each source gets the ratios.

    Components that are big for a split are placed first, one by one; then those with rows of
    several sources, by the sources they have; the rest fills what is open, in an order that the
    seed draws. Of one source no split is off by more rows than the largest component has.

    Raises:
        ExportError: the sources' splits are to be kept, and a name cannot be a file's.
    """
    if plan.keep:
        return kept(selection)
    if len(plan.names) == 1 or not selection.row_ids.size:
        return Splits(plan.names, np.zeros(selection.row_ids.size, np.int64), shared_prompts=0)
    source, n_sources = by_name(selection)
    units = _units(selection, source, seed, groups)
    room = np.outer(np.bincount(source, minlength=n_sources), plan.ratios)
    place = np.full(units.size.size, -1, np.int64)
    _place_big(units, _least(room), room, place)
    for members, shares in _patterns(units, place):
        sources, rows = units.shares.source[shares], units.shares.rows[shares]
        drawn = members[np.argsort(units.rank[members])]
        _fill(units, drawn, room[sources[0]].sum(axis=0), place)
        np.subtract.at(room, (sources, place[members][:, None]), rows)
    for each in range(n_sources):
        open_ = (units.owner == each) & (place < 0)
        _fill(units, units.drawn[open_[units.drawn]], room[each], place)
    return Splits(plan.names, place[units.of_row], shared_prompts=0)


def by_name(selection: Selection) -> tuple[Ints, int]:
    """Return the source of each row as a number in the order of names, and how many there are."""
    names = selection.source.names
    order = np.array(sorted(range(len(names)), key=names.__getitem__), np.int64)
    number = np.empty(len(names), np.int64)
    number[order] = np.arange(len(names))
    return number[selection.source.index], len(names)


def _units(selection: Selection, source: Ints, seed: int, groups: Components) -> _Units:
    label = groups.row_label[selection.row_ids]
    there = np.zeros(groups.smallest.size, np.bool_)
    there[label] = True
    used = np.flatnonzero(there)
    number = np.empty(there.size, np.int64)
    number[used] = np.arange(used.size)
    unit = number[label]
    owner = np.empty(used.size, np.int64)
    owner[unit] = source
    mixed = np.zeros(used.size, np.bool_)
    mixed[unit[owner[unit] != source]] = True
    rank = drawn_order(groups.smallest[used], seed)
    order = groups.drawn(seed)
    drawn, size = number[order[there[order]]], np.bincount(unit)
    return _Units(unit, rank, drawn, size, owner, mixed, _shares(unit, source, mixed))


def _shares(unit: Ints, source: Ints, mixed: Bools) -> Shares:
    rows = np.flatnonzero(mixed[unit]) if mixed.any() else np.empty(0, np.int64)
    width = int(source.max(initial=0)) + 1
    key, count = np.unique(unit[rows] * width + source[rows], return_counts=True)
    return Shares(key // width, key % width, count)


def _least(room: Floats) -> Floats:
    """Return per source the rows from which a component is big."""
    return np.asarray(np.maximum(_BIG * room.min(axis=1), room.sum(axis=1) / _MOST))


def _place_big(units: _Units, least: Floats, room: Floats, place: Ints) -> None:
    """Place the big ones, the largest first; `room` and `place` are changed."""
    big = ~units.mixed & (units.size > 1) & (units.size > least[units.owner])
    shares = units.shares
    big[shares.unit[shares.rows > least[shares.source]]] = True
    found = np.flatnonzero(big)
    for unit in found[np.lexsort((units.rank[found], -units.size[found]))].tolist():
        sources, rows = units.owner[[unit]], units.size[[unit]]
        if units.mixed[unit]:
            part = shares.of(unit)
            sources, rows = shares.source[part], shares.rows[part]
        place[unit] = _best(room[sources], rows, float(units.rank[unit]) / 2**64)
        room[sources, place[unit]] -= rows


def _best(room: Floats, rows: Ints, drawn: float) -> int:
    """Return a split for a component; room has shape (sources, splits), rows (sources,).

    Among splits with room enough it is drawn in proportion to the room, so that large components
    come to small splits as often as their share; else the one that is overfilled least.
    """
    after = room - rows[:, None]
    open_ = np.where((rows[:, None] <= _QUARTER * room).all(axis=0), room.sum(axis=0), 0.0)
    if open_.any():
        return int(np.searchsorted(np.cumsum(open_), drawn * open_.sum(), side="right"))
    over = np.minimum(after, 0).sum(axis=0)
    return int(np.lexsort((-room.sum(axis=0), -over))[0])


def _patterns(units: _Units, place: Ints) -> list[tuple[Ints, Ints]]:
    """Return the mixed components that are not placed, those of the same sources together.

    With each (n,) go the places of its shares, (n, sources), by source.
    """
    shares = units.shares
    every, start, count = np.unique(shares.unit, return_index=True, return_counts=True)
    if not every.size:
        return []
    key = np.bitwise_xor.reduceat(drawn_order(shares.source + 1, 0), start)
    open_ = np.flatnonzero(place[every] < 0)
    open_ = open_[np.argsort(key[open_], kind="stable")]
    ends = np.flatnonzero(np.diff(key[open_]) != 0) + 1
    return [
        (every[part], start[part][:, None] + np.arange(count[part[0]]))
        for part in np.split(open_, ends)
        if part.size
    ]


def _fill(units: _Units, members: Ints, room: Floats, place: Ints) -> None:
    """Divide components, in their order, in proportion to the room: where the middle row falls."""
    size = units.size[members]
    middle = np.cumsum(size) - size / 2
    open_ = np.maximum(room, 0)
    # Sums that do not come out at 0 must not make a split of rounding errors.
    open_ = open_ if open_.sum() > _BIG else np.ones(room.size)
    bounds = np.cumsum(open_)[:-1] / open_.sum() * size.sum()
    place[members] = np.searchsorted(bounds, middle, side="right")
