"""What a scorer is given: ids in storage order, and their texts when they are asked for."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa

from core.errors import StoreError
from core.schema import JUDGE_COLUMNS, PLAN_COLUMNS, Ints, LabelledPairs, ScoringPlan
from core.store.instance import Store


def scoring_plan(
    store: Store, seed: int, *, labels: bool, limit: int | None = None, pairs: bool = False
) -> ScoringPlan:
    """Return what is to be scored; the plan reads texts from `store`, which must stay open.

    `limit` keeps what the first rows need. `pairs` plans each pair once, ties as well, with the
    smaller id first, so that nothing tells the label. 24 bytes are held per id.
    """
    rows = store.query("plan_pairs" if pairs else "plan_responses", {"rows": limit})
    return ScoringPlan(
        ids=rows["pair_id" if pairs else "response_id"].to_numpy(),
        prompt_id=rows["prompt_id"].to_numpy(),
        chars=rows["chars"].to_numpy(),
        read=partial(_pairs if pairs else _responses, store),
        labels=_labels(store, limit) if labels else None,
        seed=seed,
    )


def _labels(store: Store, limit: int | None) -> LabelledPairs:
    rows = store.query("plan_labels", {"rows": limit})
    return LabelledPairs(
        prompt_id=rows["prompt_id"].to_numpy(),
        chosen_id=rows["chosen_id"].to_numpy(),
        rejected_id=rows["rejected_id"].to_numpy(),
        source=tuple(rows["source"].to_pylist()),
    )


def _responses(store: Store, ids: Ints) -> pa.Table:
    """Return rows of PLAN_COLUMNS in the order of the ids; called from any thread."""
    rows = _found(store, "plan_texts", "response_id", ids)
    rows = _beside(rows, _found(store, "plan_prompts", "prompt_id", rows["prompt_id"].to_numpy()))
    return rows.select(PLAN_COLUMNS.names).cast(PLAN_COLUMNS)


def _pairs(store: Store, ids: Ints) -> pa.Table:
    """Return rows of JUDGE_COLUMNS in the order of the ids; called from any thread."""
    rows = _found(store, "plan_sides", "pair_id", ids)
    rows = _beside(rows, _found(store, "plan_prompts", "prompt_id", rows["prompt_id"].to_numpy()))
    for side in ("first", "second"):
        texts = _found(store, "plan_texts", "response_id", rows[f"{side}_id"].to_numpy())
        renamed = [name.replace("response", side) for name in texts.column_names]
        rows = _beside(rows, texts.rename_columns(renamed))
    return rows.select(JUDGE_COLUMNS.names).cast(JUDGE_COLUMNS)


def _found(store: Store, query: str, key: str, ids: Ints) -> pa.Table:
    """Return one row per id, in the order of the ids."""
    wanted, back = np.unique(ids, return_inverse=True)
    rows = store.query(query, {"ids": wanted.tolist()})
    have = rows[key].to_numpy()
    order = np.argsort(have)
    if not np.array_equal(have[order], wanted):
        raise StoreError(f"{len(wanted) - len(have):,} of the ids to score are not in the store.")
    return rows.take(pa.array(order[back]))


def _beside(left: pa.Table, right: pa.Table) -> pa.Table:
    for name in right.column_names:
        if name not in left.column_names:
            left = left.append_column(name, right[name])
    return left
