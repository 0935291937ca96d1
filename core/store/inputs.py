"""What signals are given: arrays read from an open store, aligned to row_id."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from core.schema import Floats, KlValues, LogpValues, PassValues, RunValues, SignalInputs
from core.store.aligned import aligned
from core.store.heads import head_values
from core.store.instance import Store
from core.store.labellers import read_labels
from core.store.texts import text_values

LOGPS = {
    "policy_chosen": "policy_chosen_logps",
    "policy_rejected": "policy_rejected_logps",
    "ref_chosen": "ref_chosen_logps",
    "ref_rejected": "ref_rejected_logps",
    "chosen_tokens": "chosen_tokens",
    "rejected_tokens": "rejected_tokens",
}
"""Column of `inputs_logps.sql` (field of LogpValues) → its name outside the store."""


def signal_inputs(store: Store, texts: bool = True, votes_as_gold: bool = False) -> SignalInputs:
    """Return every column that signals are computed from, aligned to row_id.

    Without `texts` what text statistics say is left out: near duplicates take most of the time.
    With `votes_as_gold` what people said on Relabel, as far as the store was filled with it, is
    gold of the pairs that have none.
    """
    rows = store.query("inputs_rows", {"votes_as_gold": votes_as_gold})
    sources = store.query("inputs_sources").to_pydict()["name"]
    source = rows["source_id"].to_numpy().astype(np.int64)
    splits = rows["split"].combine_chunks().dictionary_encode()
    labels = read_labels(store, rows["row_id"].to_numpy(), source, sources)
    return SignalInputs(
        row_id=rows["row_id"].to_numpy(),
        tie=rows["tie"].to_numpy(),
        source=source,
        source_names=tuple(sources),
        pair_id=rows["pair_id"].to_numpy(),
        chosen_id=rows["chosen_id"].to_numpy(),
        chosen_chars=_floats(rows["chosen_chars"]),
        rejected_chars=_floats(rows["rejected_chars"]),
        votes_chosen=_floats(rows["votes_chosen"]),
        votes_rejected=_floats(rows["votes_rejected"]),
        votes_tie=_floats(rows["votes_tie"]),
        rating_chosen=_floats(rows["rating_chosen"]),
        rating_rejected=_floats(rows["rating_rejected"]),
        gold=_floats(rows["gold"]),
        gold_voted=rows["gold_voted"].to_numpy(),
        rewards=_rewards(store),
        logps=_logps(store),
        passes=_passes(store),
        split=splits.indices.to_numpy().astype(np.int64),
        split_names=tuple(splits.dictionary.to_pylist()),
        labeller=labels.labeller,
        labellers=labels.labellers,
        votes=labels.votes,
        texts=text_values(store, rows["pair_id"].to_numpy()) if texts else None,
    )


def run_values(store: Store, run_id: str) -> pa.Table:
    """Return what a run says of both sides of every row, in the order of row_id.

    `reward_chosen` and `reward_rejected` (of a judge the share of its two orders that chose a
    side), `reward_<head>_chosen`, `policy_chosen_logps`, `ref_chosen_logps`, `chosen_tokens`,
    `klsum_chosen`, `policy_mixp_chosen_logps` and so on, as far as the run has them.
    """
    have = store.run_columns(run_id)
    columns: dict[str, pa.ChunkedArray] = {}
    if query := _reward_query(have):
        rewards = aligned(store, query, run_id)
        columns |= {f"reward_{side}": rewards[side] for side in ("chosen", "rejected")}
    columns |= head_values(store, run_id)
    if have & {"policy_logps", "ref_logps", "n_tokens"}:
        logps = aligned(store, "inputs_logps", run_id)
        columns |= {name: logps[field] for field, name in LOGPS.items()}
    if "klsum" in have:
        mixes = aligned(store, "inputs_kl", run_id)
        columns |= {_logps_name(name): mixes[name] for name in mixes.column_names}
    return pa.table({k: v for k, v in columns.items() if v.null_count < len(v)})


def _logps_name(name: str) -> str:
    return name if name.startswith("klsum") else f"{name}_logps"


def _reward_query(columns: frozenset[str]) -> str | None:
    if "pair_id" in columns:
        return "inputs_judged"
    return "inputs_run" if "reward" in columns else None


def _rewards(store: Store) -> dict[str, RunValues]:
    found = {}
    for run in store.runs:
        query = _reward_query(store.run_columns(run.run_id))
        if query:
            rows = aligned(store, query, run.run_id)
            sides = {side: _floats(rows[side]) for side in ("chosen", "rejected")}
            found[run.run_id] = RunValues(**sides, leaks_label=run.leaks_label)
    return found


def _logps(store: Store) -> dict[str, LogpValues]:
    found = {}
    for run in store.runs:
        have = store.run_columns(run.run_id)
        if "policy_logps" in have:
            rows = aligned(store, "inputs_logps", run.run_id)
            values = {field: _floats(rows[field]) for field in LOGPS}
            kl = _kl(store, run.run_id) if "klsum" in have else None
            found[run.run_id] = LogpValues(**values, leaks_label=run.leaks_label, kl=kl)
    return found


def _kl(store: Store, run_id: str) -> KlValues:
    rows = aligned(store, "inputs_kl", run_id)
    return KlValues(**{name: _floats(rows[name]) for name in rows.column_names})


def _passes(store: Store) -> dict[str, PassValues]:
    found = {}
    for run in store.runs:
        if "passes" in store.run_columns(run.run_id):
            rows = aligned(store, "inputs_passes", run.run_id)
            sides = [rows[side].combine_chunks() for side in ("chosen", "rejected")]
            width = max(pc.max(pc.list_value_length(side)).as_py() or 0 for side in sides)
            chosen, rejected = (_matrix(side, width) for side in sides)
            found[run.run_id] = PassValues(chosen, rejected, run.leaks_label)
    return found


def _matrix(lists: pa.ListArray, width: int) -> npt.NDArray[np.float32]:
    """Return lists as rows of a matrix, NaN where a list has no entry."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64)
    rows = pc.list_parent_indices(lists).to_numpy()
    columns = np.arange(len(rows)) - (np.cumsum(lengths) - lengths)[rows]
    matrix = np.full((len(lists), width), np.nan, np.float32)
    matrix[rows, columns] = pc.list_flatten(lists).to_numpy(zero_copy_only=False)
    return matrix


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.to_numpy(), dtype=np.float64)
