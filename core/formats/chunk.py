"""Python rows of a text file, gathered into bounded Arrow tables with typed columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from core.schema import Ints, RawRow, Skipped

MAX_ROWS = 20_000
MAX_BYTES = 32 << 20
"""Text bytes per batch: the Python objects and the Arrow table are held beside each other."""
SHOWN_CHARS = 200
MAX_DEPTH = 64
"""Tool schemas nest about ten deep; Python's own parsers and writers stop near 1000."""

_INT64 = 1 << 63
_EXACT = 1 << 53


@dataclass(frozen=True)
class Chunk:
    """A stretch of one file."""

    table: pa.Table
    positions: Ints
    """Record number in the chunk from 0; a bad record takes a number too."""
    lines: Ints
    records: int
    """Records of this stretch, the bad ones included."""
    skipped: tuple[Skipped, ...] = ()
    json_columns: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Record:
    """One row, or why it is none."""

    line: int
    size: int
    row: RawRow = field(default_factory=dict)
    reason: str = ""
    text: str = ""


def parse_json(text: str) -> object:
    """Parse JSON; raise ValueError for what cannot be stored as UTF-8 or is too deep."""
    try:
        value: object = json.loads(text)
    except RecursionError as error:
        raise ValueError(f"it nests deeper than {MAX_DEPTH} levels") from error
    if reason := unstorable(value, text):
        raise ValueError(reason)
    return value


def unstorable(value: object, text: str) -> str:
    """Return why the value parsed from `text` cannot be stored; empty when it can."""
    # Few texts have so many brackets or a surrogate's escape at all, and only those pay. Bare
    # surrogates cannot be in `text`, which was decoded from UTF-8.
    if text.count("[") + text.count("{") > MAX_DEPTH and _deeper(value, MAX_DEPTH):
        return f"it nests deeper than {MAX_DEPTH} levels"
    if ("\\ud" in text or "\\uD" in text) and not _encodes(value):
        return "it has a lone surrogate (half of a character)"
    return ""


def _deeper(value: object, depth: int) -> bool:
    level: list[object] = [value]
    for _ in range(depth + 1):
        level = [
            child
            for node in level
            if isinstance(node, list | dict)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
    return bool(level)


def _encodes(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def gather(records: Iterable[Record], origin: str) -> Iterator[Chunk]:
    """Group records into chunks bounded by rows and bytes."""
    held: list[Record] = []
    size = 0
    for record in records:
        held.append(record)
        size += record.size
        if len(held) >= MAX_ROWS or size >= MAX_BYTES:
            yield _chunk(held, origin)
            held, size = [], 0
    if held:
        yield _chunk(held, origin)


def _chunk(records: Sequence[Record], origin: str) -> Chunk:
    good = [i for i, r in enumerate(records) if not r.reason]
    table, json_columns = table_of([records[i].row for i in good])
    return Chunk(
        table=table,
        positions=np.array(good, dtype=np.int64),
        lines=np.array([records[i].line for i in good], dtype=np.int64),
        records=len(records),
        skipped=tuple(Skipped(origin, r.line, r.reason, r.text) for r in records if r.reason),
        json_columns=json_columns,
    )


def table_of(rows: Sequence[RawRow]) -> tuple[pa.Table, frozenset[str]]:
    """Return the rows as typed columns, and the names of those that hold JSON text instead."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    arrays, nested = [], set()
    for name in names:
        values = [row.get(name) for row in rows]
        kind = _arrow_type(values)
        if kind is None:
            nested.add(name)
            values = [None if v is None else json.dumps(v, ensure_ascii=False) for v in values]
        arrays.append(pa.array(values, kind or pa.string()))
    if not names:
        return pa.table({}), frozenset()
    return pa.Table.from_arrays(arrays, names=names), frozenset(nested)


def _arrow_type(values: Sequence[object]) -> pa.DataType | None:
    kinds = {type(v) for v in values if v is not None}
    if kinds <= {str}:
        return pa.string()
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        fits = all(v is None or -_INT64 <= v < _INT64 for v in values)  # type: ignore[operator]
        return pa.int64() if fits else None
    if not kinds <= {int, float}:
        return None
    # An integer that a double cannot hold would be another one beside fractions.
    exact = all(type(v) is not int or abs(v) <= _EXACT for v in values)
    return pa.float64() if exact else None
