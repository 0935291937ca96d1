"""What curate asks of the store, as arrays and bounded tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.schema import Bools, Floats, Ints
from core.store.filters import Where
from core.store.instance import Store

TEXT_ROWS = 4096
"""Rows whose texts are held at once."""


@dataclass(frozen=True)
class Coded:
    """One name per row."""

    index: Ints
    """Into `names`."""
    names: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """What a filter keeps, ordered by content; the arrays are aligned."""

    row_id: Ints
    pair_id: Ints
    prompt_id: Ints
    chosen_id: Ints
    tie: Bools
    source: Coded
    split: Coded


@dataclass(frozen=True)
class Turns:
    """row_ids of conversations."""

    any: Ints
    unwritable: Ints
    """With a turn that has no text, or a tool call: no format here can say that."""
    more: Ints
    """With a turn that has further keys, which are not written."""


@dataclass(frozen=True)
class Part:
    """A source of the store, as far as a stranger may know it: no path, no time."""

    name: str
    format: str
    revision: str | None
    licence: str | None


def filtered_rows(store: Store, where: Where) -> Rows:
    """Return the rows of a compiled filter."""
    table = store.query("export_rows", {}, where)
    ids = {name: table[name].to_numpy() for name in ("row_id", "pair_id", "prompt_id", "chosen_id")}
    return Rows(
        **ids,
        tie=table["tie"].to_numpy(),
        source=_coded(table["source"]),
        split=_coded(table["split"]),
    )


def column_values(store: Store, name: str) -> Floats:
    """Return a stored signal, indexed by row_id; NaN is unknown."""
    table = store.query("export_column", column=name)
    return np.asarray(table["value"].to_numpy(), dtype=np.float64)


def turns(store: Store) -> Turns:
    """Return what is special about rows that are more than one question and one answer."""
    table = store.query("export_conversations")
    ids = table["row_id"].to_numpy()
    return Turns(ids, ids[table["unwritable"].to_numpy()], ids[table["more"].to_numpy()])


def texts(store: Store, row_ids: Ints) -> Iterator[pa.Table]:
    """Yield the rows' texts and provenance in the order of `row_ids`, some rows at a time."""
    for start in range(0, row_ids.size, TEXT_ROWS):
        rows = row_ids[start : start + TEXT_ROWS].tolist()
        yield store.query("export_texts", {"rows": rows})


def parts(store: Store) -> tuple[Part, ...]:
    """Return the sources by name."""
    return tuple(Part(**row) for row in store.query("export_sources").to_pylist())


def _coded(column: pa.ChunkedArray) -> Coded:
    codes = column.combine_chunks().dictionary_encode()
    return Coded(
        codes.indices.to_numpy().astype(np.int64), tuple(map(str, codes.dictionary.to_pylist()))
    )
