"""Token sequences that begin alike become one row: the beginning once, then each ending.

A row is a tree of depth one. Under its mask an ending sees the shared beginning and itself, never
its siblings, and its positions go on from the beginning, so every number is that of the sequence
on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from core.schema import Ints

if TYPE_CHECKING:
    from core.scorers.chat import Encoded

PAD = -1
"""Segment of padding; 0 is the shared beginning, 1 … the endings."""


@dataclass(frozen=True)
class Pack:
    """Sequences of one prompt."""

    items: tuple[Encoded, ...]
    shared: int
    """How many tokens all of them begin with; 0 where there is one sequence."""

    @property
    def length(self) -> int:
        """Return the tokens of the row."""
        return self.shared + sum(len(item.ids) - self.shared for item in self.items)


@dataclass(frozen=True)
class Batch:
    """Packs as one padded block; arrays of shape (rows, length), indices into it laid flat."""

    items: tuple[Encoded, ...]
    ids: Ints
    positions: Ints
    segments: Ints
    ends: tuple[Ints, ...]
    """Per item: where each of its tokens stands in the flat block."""

    @property
    def is_tree(self) -> bool:
        """Return whether any row holds more than one ending, so that causal order is not enough."""
        return bool((self.segments > 1).any())


def packs(items: Iterable[Encoded], most: int, *, tree: bool) -> list[Pack]:
    """Return rows of at most about `most` tokens, the longest first; `tree` shares beginnings."""
    if not tree:
        found = [Pack((item,), 0) for item in items]
    else:
        by_prompt = groupby(items, key=lambda item: item.prompt_id)
        found = [pack for _, group in by_prompt for pack in _shared(tuple(group), most)]
    return sorted(found, key=lambda pack: -pack.length)


def batches(rows: Sequence[Pack], budget: int) -> Iterator[tuple[Pack, ...]]:
    """Yield neighbours in length, at most `budget` tokens with their padding (one row at least)."""
    start = 0
    while start < len(rows):
        n = max(1, budget // rows[start].length)
        yield tuple(rows[start : start + n])
        start += n


def block(rows: Sequence[Pack]) -> Batch:
    """Lay rows out, padded on the right."""
    shape = (len(rows), max(row.length for row in rows))
    ids, positions = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    segments = np.full(shape, PAD, np.int64)
    ends: list[Ints] = []
    for number, row in enumerate(rows):
        at = 0
        head = np.arange(row.shared) + number * shape[1]
        for segment, item in enumerate(row.items, 1):
            begin = 0 if segment == 1 else row.shared
            stop = at + len(item.ids) - begin
            ids[number, at:stop] = item.ids[begin:]
            positions[number, at:stop] = np.arange(begin, len(item.ids))
            segments[number, at:stop] = segment
            own = np.arange(at, stop) + number * shape[1]
            ends.append(own if segment == 1 else np.concatenate([head, own]))
            at = stop
        segments[number, : row.shared] = 0
    return Batch(tuple(i for row in rows for i in row.items), ids, positions, segments, tuple(ends))


def _shared(group: tuple[Encoded, ...], most: int) -> Iterator[Pack]:
    """Cut a prompt's sequences into packs of about `most` tokens, each with its own beginning."""
    first, *others = group
    todo, tokens, alike = [first], len(first.ids), _sharable(first)
    for item in others:
        joined = _common(todo[0], item, alike)
        if tokens + len(item.ids) - len(todo) * joined > most:
            yield _pack(todo, alike)
            todo, tokens, joined = [], 0, _sharable(item)
        todo.append(item)
        tokens += len(item.ids)
        alike = joined
    yield _pack(todo, alike)


def _pack(items: Sequence[Encoded], alike: int) -> Pack:
    return Pack(tuple(items), alike if len(items) > 1 else 0)


def _sharable(item: Encoded) -> int:
    """Return how many tokens stand before the response, which keeps one of its own at least."""
    return min(item.start, len(item.ids) - 1)


def _common(first: Encoded, other: Encoded, most: int) -> int:
    """Return how many of the first `most` tokens both begin with and may share."""
    most = min(most, _sharable(other))
    if first.ids[:most] == other.ids[:most]:
        return most
    return next(i for i in range(most) if first.ids[i] != other.ids[i])
