"""Value columns of a run's parts: their types, and NaN and infinity made NULL."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import ScoreError
from core.schema.texts import SIGNATURE_BYTES, TEXT_COUNTS, TEXT_FEATURES

KEYS = ("response_id", "pair_id")
IDS = (*KEYS, "winner_id")
_FLOATS, _TEXT = pa.list_(pa.float32()), pa.string()
NUMBERS = (
    "reward",
    "policy_logps",
    "ref_logps",
    "klsum",
    "policy_mixp_logps",
    "policy_mixm_logps",
)
LISTS = ("policy_token_logps", "ref_token_logps", "passes")
VECTORS = ("embedding", "prompt_embedding")
ORDERS = ("first_order", "second_order")
SIGNATURES = ("signature", "prompt_signature")
VALUES = (*NUMBERS, *LISTS, *VECTORS, "winner_id", *ORDERS, *TEXT_FEATURES, *SIGNATURES)
"""A row with none of these, nor the reward of a head, has no number."""
COUNTS = ("n_tokens", "prompt_tokens", "answer_tokens")
TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(KEYS, pa.int64()),
    **dict.fromkeys(NUMBERS, pa.float64()),
    **dict.fromkeys(LISTS, _FLOATS),
    "token_ends": pa.list_(pa.int32()),
    "winner_id": pa.int64(),
    **dict.fromkeys((*ORDERS, "reason_first", "reason_second"), _TEXT),
    **dict.fromkeys((*COUNTS, *TEXT_COUNTS), pa.int32()),
    "repetition": pa.float64(),
    **dict.fromkeys(SIGNATURES, pa.binary(SIGNATURE_BYTES)),
    "cost": pa.float64(),
    "truncated": pa.bool_(),
}
HEAD = re.compile(r"reward_[a-z0-9_]+")
"""Reward of an attribute head of a model with several."""


def is_value(name: str) -> bool:
    """Return whether a column holds what a scorer found, not what it took."""
    return name in VALUES or HEAD.fullmatch(name) is not None


def key_of(names: list[str]) -> str:
    """Return the key column among `names`; raise ScoreError when there is none."""
    found = [key for key in KEYS if key in names]
    if not found:
        raise ScoreError("Rows of a run have no column response_id (or pair_id).")
    return found[0]


def part_type(name: str, found: pa.DataType) -> pa.DataType | None:
    """Return the type of a column in a part, None for a column that no part has."""
    if name in VECTORS:
        if not pa.types.is_fixed_size_list(found):
            raise ScoreError(f"The column {name} of a run must hold lists of one size.")
        return pa.list_(pa.float32(), found.list_size)
    return pa.float64() if HEAD.fullmatch(name) else TYPES.get(name)


def storable(rows: pa.Table) -> pa.Table:
    """Return the columns that a part has, in their types, sorted by key, without NaN."""
    types = {f.name: part_type(f.name, f.type) for f in rows.schema}
    made = {name: _finite(rows[name].cast(kind)) for name, kind in types.items() if kind}
    return pa.table(made).sort_by(key_of(rows.column_names))


def failures(rows: pa.Table) -> int:
    """Return how many rows have no value at all; a prompt's vector is none of the response."""
    names = [name for name in rows.column_names if is_value(name)]
    if "embedding" in names:
        names = [name for name in names if name != "prompt_embedding"]
    values = [rows[name].is_null() for name in names]
    if not values:
        return 0
    empty = values[0]
    for column in values[1:]:
        empty = pc.and_(empty, column)
    return int(pc.sum(empty, min_count=0).as_py())


def total(rows: pa.Table, *names: str) -> int | None:
    """Return the sum over columns, None where none of them is known."""
    sums = [pc.sum(rows[name]).as_py() for name in names if name in rows.column_names]
    known = [int(value) for value in sums if value is not None]
    return sum(known) if known else None


def _finite(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Replace NaN and infinity by NULL; a list that holds one, or a NULL, becomes NULL."""
    kind = column.type
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_finite(column), column, pa.scalar(None, kind))
    if not _holds_floats(kind):
        return column
    whole = column.combine_chunks()
    odd = pc.invert(pc.fill_null(pc.is_finite(pc.list_flatten(whole)), False))
    if not pc.any(odd, min_count=0).as_py():
        return column
    rows = np.unique(pc.list_parent_indices(whole).filter(odd).to_numpy())
    bad = np.zeros(len(whole), np.bool_)
    bad[rows] = True
    return pa.chunked_array([pc.if_else(pa.array(bad), pa.scalar(None, kind), whole)])


def _holds_floats(kind: pa.DataType) -> bool:
    lists = pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(lists and pa.types.is_floating(kind.value_type))
