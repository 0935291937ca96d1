"""What a map leaves over of its columns, so that nothing of the source is lost or kept twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from core.formats.map_spec import Mapped
from core.formats.values import column_values
from core.schema import RawBatch


@dataclass(frozen=True)
class Remainder:
    """A batch whose partly mapped columns hold only what the map does not name."""

    batch: RawBatch
    used: frozenset[str]
    """Columns that the map tells in full."""
    losses: Mapping[str, int]


@dataclass(frozen=True)
class _Named:
    """What a map names of one column."""

    whole: bool
    keys: frozenset[str]
    """Keys of an object that are told in full, or hold a text."""
    texts: bool
    """The column holds prompts or responses somewhere inside."""


def remainder(batch: RawBatch, mapped: Mapped) -> Remainder:
    """Take away what the map names; objects keep their other keys, other columns stay whole."""
    named = {root: _named(root, mapped) for root in _roots(mapped)}
    used = {root for root, what in named.items() if what.whole}
    losses: Counter[str] = Counter()
    for root in sorted(named.keys() - used):
        if root in batch.table.column_names and (named[root].keys or named[root].texts):
            batch = _without(batch, root, named[root], losses)
    return Remainder(batch, frozenset(used), losses)


def _roots(mapped: Mapped) -> set[str]:
    return {place.path.root for place in mapped.places() if place.items is None}


def _named(root: str, mapped: Mapped) -> _Named:
    lists = {vote.items for vote in mapped.votes}
    paths = [p.path for p in mapped.places() if p.items is None and p.path.root == root]
    texts = [path for path in mapped.pair_paths() if path.root == root]
    keys = [p.steps[1] for p in paths if len(p.steps) == 2 or (p in texts and len(p.steps) > 2)]
    return _Named(
        whole=any(len(path.steps) == 1 and path not in lists for path in paths),
        keys=frozenset(key for key in keys if isinstance(key, str)),
        texts=bool(texts),
    )


def _without(batch: RawBatch, root: str, named: _Named, losses: Counter[str]) -> RawBatch:
    rest: list[str | None] = []
    for value in column_values(batch, root):
        if isinstance(value, dict):
            left = {k: v for k, v in value.items() if k not in named.keys and v is not None}
            rest.append(json.dumps(left, ensure_ascii=False, default=str) if left else None)
        elif named.texts and value is not None:
            losses[f"What the map does not name inside {root} is not kept"] += 1
            rest.append(None)
        else:
            rest.append(None if value is None else json.dumps(value, default=str))
    at = batch.table.column_names.index(root)
    table = batch.table.set_column(at, root, pa.array(rest, pa.string()))
    return replace(batch, table=table, json_columns=batch.json_columns | {root})
