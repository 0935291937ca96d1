"""What curate asks of the store, as arrays and bounded tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.errors import ExportError, UnknownName
from core.schema import Bools, Floats, Ints
from core.store.filters import KEYS, Where
from core.store.instance import Store

_IDS = ("row_id", "pair_id", "prompt_id", "chosen_id", "rejected_id")
UNKNOWN = "unknown"
"""Of rows without a value of a key."""


@dataclass(frozen=True)
class Coded:
    """One name per row."""

    index: Ints
    """Into `names`."""
    names: tuple[str, ...]

    def at(self, places: Ints) -> Coded:
        """Return some of the rows; the names stay."""
        return Coded(self.index[places], self.names)


@dataclass(frozen=True)
class Rows:
    """What a filter keeps, ordered by content; the arrays are aligned."""

    row_id: Ints
    pair_id: Ints
    prompt_id: Ints
    chosen_id: Ints
    rejected_id: Ints
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
    answers: Ints
    """With an answer of several turns."""


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
    ids = {name: table[name].to_numpy() for name in _IDS}
    return Rows(
        **ids,
        tie=table["tie"].to_numpy(),
        source=_coded(table["source"]),
        split=_coded(table["split"]),
    )


def column_values(store: Store, name: str) -> Floats:
    """Return a stored signal, indexed by row_id, read only; NaN is unknown."""
    return store.column(name)


def run_rewards(store: Store, run_id: str) -> tuple[Floats, Floats]:
    """Return the rewards of one run for chosen and rejected, indexed by row_id; NaN is unknown."""
    table = store.query("export_rewards", {"run_id": run_id})
    chosen, rejected = (table[name].to_numpy() for name in ("reward_chosen", "reward_rejected"))
    return np.asarray(chosen, np.float64), np.asarray(rejected, np.float64)


def key_values(store: Store, name: str, row_ids: Ints) -> Coded:
    """Return a key of some rows as text; raise UnknownName for another name."""
    if KEYS.get(name) != "text":
        texts = [key for key, kind in KEYS.items() if kind == "text"]
        raise UnknownName("key to count by", name, texts)
    column = store.query("export_column", column=name)["value"]
    return _coded(column.take(pa.array(row_ids)).fill_null(UNKNOWN))


def check_value(store: Store, name: str, value: str) -> None:
    """Raise UnknownName where no row of the store has this value of a key."""
    known = store.query("export_column", column=name)["value"].fill_null(UNKNOWN).unique()
    if value not in (names := known.to_pylist()):
        raise UnknownName(name.replace("_", " "), value, names)


def prompt_vectors(store: Store, prompt_ids: Ints) -> Floats:
    """Return the embedding of each row's prompt, of length 1, shape (rows, d); NaN without one.

    Of the run with the most vectors. Raise ExportError where no run has any.
    """
    runs = {run: sum(part.tally.rows for part in parts) for run, parts in store.parts.items()}
    with_vectors = [r for r in runs if "prompt_embedding" in store.run_columns(r)]
    if not with_vectors:
        raise ExportError(
            "The store has no embeddings of prompts.", "Make them: python -m core score embedding."
        )
    best = max(sorted(with_vectors), key=lambda run: runs[run])
    table = store.query("export_vectors", {"run_id": best})
    known, flat = table["prompt_id"].to_numpy(), table["vector"].combine_chunks().flatten()
    vectors = flat.to_numpy().reshape(known.size, -1).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    at = np.minimum(np.searchsorted(known, prompt_ids), max(known.size - 1, 0))
    return np.where((known[at] == prompt_ids)[:, None], vectors[at], np.nan)


def turns(store: Store) -> Turns:
    """Return what is special about rows that are more than one question and one answer."""
    table = store.query("export_conversations")
    ids = table["row_id"].to_numpy()
    kinds = (ids[table[name].to_numpy()] for name in ("unwritable", "more", "answers"))
    return Turns(ids, *kinds)


def parts(store: Store) -> tuple[Part, ...]:
    """Return the sources by name."""
    return tuple(Part(**row) for row in store.query("export_sources").to_pylist())


def _coded(column: pa.ChunkedArray) -> Coded:
    codes = column.combine_chunks().dictionary_encode()
    return Coded(
        codes.indices.to_numpy().astype(np.int64), tuple(map(str, codes.dictionary.to_pylist()))
    )
