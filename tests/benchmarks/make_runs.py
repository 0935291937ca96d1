"""Write synthetic runs for a store: `python -m tests.benchmarks.make_runs STORE OUT --runs 3`.

The chosen response of a pair gets a higher reward on average; a fifth of the pairs is reversed, so
that margins have the shape that real ones have. `--policies 1` adds log-probabilities of a policy
and its reference, `--embeddings 384` vectors of that width. Adopt them with `runs add`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.schema import Bools, Ints, RunInfo
from core.store.instance import Store, open_store
from core.store.parts import write_part
from core.store.runs import write_info

Vectors = npt.NDArray[np.float32]
TOPICS = 1_000
PIECE = 65_536


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


def embeddings(store: Store, width: int) -> Iterator[pa.Table]:
    """Yield vectors of length 1 of every response and every prompt, around a thousand topics."""
    draw = np.random.default_rng(200)
    topics = draw.standard_normal((TOPICS, width), dtype=np.float32)
    ids = np.unique(rewards(store, 0)["response_id"].to_numpy())
    prompts = dict(zip(*responses_of(store), strict=True))
    seen: set[int] = set()
    for start in range(0, len(ids), PIECE):
        piece = ids[start : start + PIECE]
        owners = np.array([prompts[i] for i in piece.tolist()])
        first = [owner not in seen and not seen.add(owner) for owner in owners.tolist()]
        yield pa.table(
            {
                "response_id": piece,
                "embedding": _vectors(draw, topics, owners),
                "prompt_embedding": _vectors(draw, topics, owners, ~np.array(first)),
            }
        )


def responses_of(store: Store) -> tuple[list[int], list[int]]:
    """Return every response with its prompt."""
    sql = "SELECT response_id, prompt_id FROM data.responses"
    found = store.con.cursor().sql(sql).to_arrow_table()
    return found["response_id"].to_pylist(), found["prompt_id"].to_pylist()


def _vectors(
    draw: np.random.Generator, topics: Vectors, owners: Ints, missing: Bools | None = None
) -> pa.Array:
    made = topics[owners % TOPICS] + draw.standard_normal((len(owners), topics.shape[1]), "f4")
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    mask = None if missing is None else pa.array(missing)
    return pa.FixedSizeListArray.from_arrays(pa.array(made.ravel()), topics.shape[1], mask=mask)


def write(out: Path, run: str, scorer: str, tables: Iterable[pa.Table]) -> None:
    """Write a run, a part for each table; not all need be in memory at once."""
    rows, info = 0, RunInfo(run_id=run, scorer=scorer)
    for table in tables:
        rows += table.num_rows
        write_part(out, run, table, info)
    write_info(out, replace(info, responses=rows))


def main() -> None:
    """Write the runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--policies", type=int, default=0)
    parser.add_argument("--embeddings", type=int, default=0, help="width of their vectors")
    args = parser.parse_args()
    store = open_store(args.store)
    for number in range(args.runs):
        write(args.out, f"made_{number}", "made", [rewards(store, number)])
    for number in range(args.policies):
        write(args.out, f"policy_{number}", "policy", [log_probabilities(store, number)])
    if args.embeddings:
        write(args.out, "embedded", "embedding", embeddings(store, args.embeddings))


if __name__ == "__main__":
    main()
