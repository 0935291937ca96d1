"""Columns of a RawBatch as Python values, texts or numbers; unknown is None or NaN, and counted."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.schema import Floats, RawBatch


class BadRow(Exception):
    """A row that is no pair; the message is the reason a stranger reads."""


@dataclass(frozen=True)
class Numbers:
    """A numeric column: NaN is unknown, `unusable` counts what was there but is no number."""

    values: Floats
    unusable: int


def column_values(batch: RawBatch, name: str) -> list[object]:
    """Return a column as Python values, JSON text parsed; None where the column is missing."""
    if name not in batch.table.column_names:
        return [None] * batch.table.num_rows
    column = batch.table.column(name)
    if name in batch.json_columns:
        return [None if v is None else json.loads(v) for v in column.to_pylist()]
    return python_values(column)


def python_values(column: pa.ChunkedArray | pa.Array) -> list[object]:
    """Return `to_pylist` of nested Arrow several times faster: one leaf column at a time."""
    if isinstance(column, pa.ChunkedArray):
        return [value for chunk in column.chunks for value in python_values(chunk)]
    kind = column.type
    if pa.types.is_struct(kind):
        return _structs(column, [kind.field(i).name for i in range(kind.num_fields)])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _lists(python_values(column.flatten()), column.value_lengths().to_pylist())
    values: list[object] = column.to_pylist()
    return values


def _structs(column: pa.StructArray, names: Sequence[str]) -> list[object]:
    fields = [python_values(field) for field in column.flatten()]
    rows: list[object] = [dict(zip(names, row, strict=True)) for row in zip(*fields, strict=True)]
    if not column.null_count:
        return rows
    valid = column.is_valid().to_pylist()
    return [row if ok else None for row, ok in zip(rows, valid, strict=True)]


def _lists(flat: list[object], lengths: Sequence[int | None]) -> list[object]:
    rows: list[object] = []
    start = 0
    for length in lengths:
        rows.append(None if length is None else flat[start : start + length])
        start += length or 0
    return rows


def text_column(batch: RawBatch, name: str) -> pa.Array:
    """Return a column of texts; what is no text is null."""
    if name not in batch.table.column_names:
        return pa.nulls(batch.table.num_rows, pa.string())
    column = batch.table.column(name)
    if pa.types.is_string(column.type) and name not in batch.json_columns:
        return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    values = column_values(batch, name)
    return pa.array([v if isinstance(v, str) else None for v in values], pa.string())


def label_column(batch: RawBatch, name: str) -> pa.Array:
    """Return a column of names (models, annotators); numbers are written as text."""
    values = column_values(batch, name)
    return pa.array([None if v in (None, "") else str(v) for v in values], pa.string())


def number_column(batch: RawBatch, name: str) -> Numbers:
    """Return a column of numbers, texts such as "4.5" included."""
    return numbers(column_values(batch, name))


def numbers(values: Sequence[object]) -> Numbers:
    """Return the finite numbers among the values."""
    found = np.array([_float(v) for v in values], dtype=np.float64)
    there = sum(v is not None and v != "" for v in values)
    return Numbers(found, int(there - np.isfinite(found).sum()))


def number(value: object) -> float | None:
    """Return a finite number or None."""
    found = _float(value)
    return None if math.isnan(found) else found


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return math.nan
    return found if math.isfinite(found) else math.nan


@dataclass(frozen=True)
class Extra:
    """What nobody used: one JSON object per row (null when empty), and what could not be kept."""

    texts: pa.Array
    losses: Mapping[str, int]


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=str).encode


def extra_of(batch: RawBatch, used: frozenset[str]) -> Extra:
    """Gather the columns that are not in `used`."""
    names = [name for name in sorted(batch.table.column_names) if name not in used]
    raw = [name for name in names if _has_bytes(batch.table.schema.field(name).type)]
    parts = [_members(batch, name) for name in names if name not in raw]
    n = batch.table.num_rows
    losses = {f"The column {name} holds bytes, which are not kept": n for name in raw}
    if not parts:
        return Extra(pa.nulls(n, pa.string()), losses)
    rows = (", ".join(filter(None, row)) for row in zip(*parts, strict=True))
    return Extra(pa.array(["{" + row + "}" if row else None for row in rows], pa.string()), losses)


def _has_bytes(kind: pa.DataType) -> bool:
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    inside = (kind.field(i).type for i in range(kind.num_fields))
    return binary or pa.types.is_fixed_size_binary(kind) or any(map(_has_bytes, inside))


def _members(batch: RawBatch, name: str) -> list[str | None]:
    """Return `"name": value` per row; NaN is null, since JSON has none."""
    key = _encode(name) + ": "
    if name in batch.json_columns:
        texts = batch.table.column(name).to_pylist()
        return [None if t is None else key + _finite_text(t) for t in texts]
    values = map(_finite, python_values(batch.table.column(name)))
    return [None if v is None else key + _encode(v) for v in values]


def _finite_text(text: str) -> str:
    if "NaN" not in text and "Infinity" not in text:
        return text
    return _encode(_finite(json.loads(text)))


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in value.items()}
    return [_finite(v) for v in value] if isinstance(value, list) else value
