"""Write synthetic runs for a store: `python -m tests.benchmarks.make_runs STORE OUT --runs 3`.

The chosen response of a pair gets a higher reward on average; a fifth of the pairs is reversed, so
that margins have the shape that real ones have. `--policies 1` adds log-probabilities of a policy
and its reference. Adopt them with `runs add`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.schema import RunInfo
from core.store.instance import Store, open_store
from core.store.parts import write_part
from core.store.runs import write_info


def rewards(store: Store, seed: int) -> pa.Table:
    """Return (response_id, reward) for every response of the store."""
    draw = np.random.default_rng(seed)
    labels = store.query("plan_labels", {"rows": None})
    n = labels.num_rows
    margin = np.where(draw.random(n) < 0.2, -1.0, 1.0) + draw.normal(size=n)
    base = draw.normal(size=n)
    ids = np.concatenate([labels["chosen_id"].to_numpy(), labels["rejected_id"].to_numpy()])
    values = np.concatenate([base + margin / 2, base - margin / 2])
    ids, first = np.unique(ids, return_index=True)
    return pa.table({"response_id": ids, "reward": values[first]})


def log_probabilities(store: Store, seed: int) -> pa.Table:
    """Return summed log-probabilities and token counts for every response of the store."""
    draw = np.random.default_rng(100 + seed)
    made = rewards(store, 100 + seed)
    n = made.num_rows
    tokens = draw.integers(20, 400, n)
    ref = -tokens * draw.gamma(4, 0.4, n)
    policy = ref + 3 * made["reward"].to_numpy() + draw.normal(size=n)
    columns = {"policy_logps": np.minimum(policy, 0), "ref_logps": ref}
    return pa.table(
        {"response_id": made["response_id"], **columns, "n_tokens": tokens.astype(np.int32)}
    )


def write(out: Path, run: str, scorer: str, table: pa.Table) -> None:
    """Write a run of one part."""
    info = RunInfo(run_id=run, scorer=scorer, responses=table.num_rows)
    write_part(out, run, table, info)
    write_info(out, info)


def main() -> None:
    """Write the runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--policies", type=int, default=0)
    args = parser.parse_args()
    store = open_store(args.store)
    for number in range(args.runs):
        write(args.out, f"made_{number}", "made", rewards(store, number))
    for number in range(args.policies):
        write(args.out, f"policy_{number}", "policy", log_probabilities(store, number))


if __name__ == "__main__":
    main()
