"""What signals and scorers are given: arrays and plans read from an open store."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from core.schema import (
    Floats,
    LabelledPairs,
    ResponseBatch,
    RunValues,
    ScoringPlan,
    SignalInputs,
)
from core.store.instance import Store


def signal_inputs(store: Store) -> SignalInputs:
    """Return every column that signals are computed from, aligned to row_id."""
    rows = store.query("inputs_rows")
    sources = store.query("inputs_sources").to_pydict()["name"]
    floats = {f: _floats(rows[f]) for f in FLOATS}
    return SignalInputs(
        row_id=rows["row_id"].to_numpy(),
        tie=rows["tie"].to_numpy(),
        source=rows["source_id"].to_numpy().astype(np.int64),
        source_names=tuple(sources),
        pair_id=rows["pair_id"].to_numpy(),
        chosen_id=rows["chosen_id"].to_numpy(),
        rewards={run.run_id: _rewards(store, run.run_id, run.leaks_label) for run in store.runs},
        **floats,
    )


FLOATS = (
    "chosen_chars",
    "rejected_chars",
    "votes_chosen",
    "votes_rejected",
    "votes_tie",
    "rating_chosen",
    "rating_rejected",
    "gold",
)


def signal_keys(store: Store) -> pa.Table:
    """Return (row_id, source, split, tie, label_kind): keys that people filter on."""
    return store.query("inputs_keys")


def scoring_plan(store: Store, seed: int) -> ScoringPlan:
    """Return all responses and labels; texts of a prompt's responses share the prompt's string."""
    prompts = store.query("plan_prompts").to_pydict()
    text_of = dict(zip(prompts["prompt_id"], prompts["prompt"], strict=True))
    responses = store.query("plan_responses")
    ids = responses["prompt_id"].to_numpy()
    labels = store.query("plan_labels")
    return ScoringPlan(
        responses=ResponseBatch(
            response_id=responses["response_id"].to_numpy(),
            prompt_id=ids,
            prompts=tuple(text_of[i] for i in ids.tolist()),
            responses=tuple(responses["response"].to_pylist()),
        ),
        labels=LabelledPairs(
            prompt_id=labels["prompt_id"].to_numpy(),
            chosen_id=labels["chosen_id"].to_numpy(),
            rejected_id=labels["rejected_id"].to_numpy(),
            source=tuple(labels["source"].to_pylist()),
        ),
        seed=seed,
    )


def _rewards(store: Store, run_id: str, leaks_label: bool) -> RunValues:
    rows = store.query("inputs_run", {"run_id": run_id})
    return RunValues(_floats(rows["chosen"]), _floats(rows["rejected"]), leaks_label)


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.to_numpy(), dtype=np.float64)
