"""Sides swapped in rows of an Arrow table; its schema stays as it is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.curate.patches.swapping import COPY, MARGIN, SIDES, other_side
from core.errors import ExportError
from core.formats.assemble import METADATA
from core.schema import Bools


def swapped_rows(table: pa.Table, flipped: Bools) -> pa.Table:
    """Return the table with the sides of some rows swapped.

    Raises:
        ExportError: two columns that must swap have different types.
    """
    made = table
    for place, name in enumerate(table.column_names):
        new = _column(table, name, flipped)
        if new is not None:
            made = made.set_column(place, table.schema.field(place), new)
    return made


def _column(table: pa.Table, name: str, flipped: Bools) -> pa.ChunkedArray | None:
    """Return what becomes of a column, None where it stays."""
    other = other_side(name)
    if other is not None and other in table.column_names:
        return _exchanged(table, name, other, flipped)
    if name == COPY and table["chosen"].type == table[COPY].type:
        return _copied(table, flipped)
    if name == MARGIN and _has_sign(table[MARGIN].type):
        return _negated(table[MARGIN], flipped)
    if name == METADATA and pa.types.is_struct(table[METADATA].type):
        chunks = [_struct(chunk) for chunk in table[METADATA].chunks]
        swapped = pa.chunked_array(chunks, table[METADATA].type)
        return _picked(table[METADATA], swapped, flipped)
    return None


def _has_sign(kind: pa.DataType) -> bool:
    return pa.types.is_signed_integer(kind) or kind in (pa.float32(), pa.float64())


def _negated(column: pa.ChunkedArray, flipped: Bools) -> pa.ChunkedArray:
    """Return the column with the other sign in flipped rows; of a zero there is but one."""
    unequal = pc.not_equal(column, pa.scalar(0).cast(column.type))
    turned = pc.and_(unequal, pa.chunked_array([pa.array(flipped)]))
    return pc.if_else(turned, pc.negate(column), column)


def _copied(table: pa.Table, flipped: Bools) -> pa.ChunkedArray:
    """Return the column that repeats a side: of a flipped row it repeats that side afterwards."""
    made = table[COPY]
    done = np.zeros(table.num_rows, np.bool_)
    for one, other in (SIDES, SIDES[::-1]):
        same = np.zeros(table.num_rows, np.bool_)
        for at in np.flatnonzero(flipped & ~done).tolist():
            same[at] = table[COPY][at].equals(table[one][at])
        if same.any() and table[other].type == made.type:
            made, done = _picked(made, table[other], same), done | same
    return made


def _exchanged(table: pa.Table, name: str, other: str, flipped: Bools) -> pa.ChunkedArray:
    one, two = table[name], table[other]
    if one.type != two.type:
        raise ExportError(
            f"The columns {name} and {other} have different types, {one.type} and {two.type}; "
            "their values cannot be swapped.",
            f"Give both one type; {SIDES[0]} and {SIDES[1]} then stand for each other.",
        )
    return _picked(one, two, flipped)


def _picked(one: pa.ChunkedArray, two: pa.ChunkedArray, second: Bools) -> pa.ChunkedArray:
    rows = np.arange(len(one), dtype=np.int64)
    both = pa.chunked_array([*one.chunks, *two.chunks], one.type)
    return both.take(pa.array(rows + len(one) * second))


def _struct(array: pa.StructArray) -> pa.StructArray:
    """Return the structs with their fields of both sides exchanged; a missing struct stays."""
    names = [array.type.field(i).name for i in range(array.type.num_fields)]
    columns = array.flatten()
    at = {name: place for place, name in enumerate(names)}
    made = [columns[at.get(other_side(name) or "", place)] for place, name in enumerate(names)]
    kinds = [array.type.field(i) for i in range(array.type.num_fields)]
    if any(column.type != kind.type for column, kind in zip(made, kinds, strict=True)):
        return array
    return pa.StructArray.from_arrays(made, fields=kinds, mask=array.is_null())
