"""The keys of every row: what filters, charts and slices name beside signals."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from core.schema import SignalInputs
from core.store.filters import KEYS
from core.store.instance import Store

STEP = 500_000
"""Rows that are read at once: whole texts of so many fit beside everything else."""


def signal_keys(store: Store, inputs: SignalInputs) -> pa.Table:
    """Return `filters.KEYS` of every row by row_id, unknown ones null; texts are dictionaries.

    `annotator` is the person whose label a row is, as `labellers` finds out; null where the source
    names nobody, and where the label sums up several votes.
    """
    firsts = range(0, max(1, inputs.row_id.size), STEP)
    texts = pa.concat_tables([_texts(store, first) for first in firsts]).unify_dictionaries()
    found = {
        "row_id": inputs.row_id,
        "tie": inputs.tie,
        "annotator": _annotators(inputs),
        **dict(zip(texts.column_names, texts.columns, strict=True)),
    }
    return pa.table(found).select(list(KEYS))


def _texts(store: Store, first: int) -> pa.Table:
    """Return dictionaries, which are copies: a column that came along would hold all the texts."""
    rows = store.query("inputs_keys", {"first": first, "last": first + STEP - 1})
    return pa.table({name: rows[name].dictionary_encode() for name in rows.column_names})


def _annotators(inputs: SignalInputs) -> pa.DictionaryArray:
    names = [who.annotator for who in inputs.labellers]
    unnamed = np.array([name is None for name in names], np.bool_)
    unknown = (inputs.labeller < 0) | unnamed[inputs.labeller]
    places = pa.array(inputs.labeller.astype(np.int32), mask=unknown)
    return pa.DictionaryArray.from_arrays(places, pa.array([n or "" for n in names], pa.string()))
