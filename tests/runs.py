"""Runs added to a made store as a scorer would: parts, `run.json`, the next generation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.commands.generation import advance
from core.schema import Ints, RunInfo
from core.settings import Settings
from core.store.instance import open_store
from core.store.layout import read_generation
from core.store.lock import writing
from core.store.parts import write_part
from core.store.runs import write_info

Values = Callable[[Ints], Mapping[str, object]]


def add_run(root: Path, run_id: str, values: Values, **info: object) -> None:
    """Add a run: `values` gets the store's response ids, sorted, and returns value columns."""
    with closing(open_store(root)) as store:
        ids = np.sort(store.query("adopt_responses")["response_id"].to_numpy())
    made = RunInfo(run_id=run_id, **{"scorer": "made", "responses": len(ids), **info})
    with writing(root, "test"):
        part = write_part(root, run_id, pa.table({"response_id": ids, **values(ids)}), made)
        write_info(root, made)
        generation = read_generation(root)
        runs = {**generation.runs, run_id: (part,)}
        advance(Settings(store=root), replace(generation, runs=runs))


def policy(reference: bool = True) -> Values:
    """Return log-probabilities of a policy that draws them by id, with or without a reference."""

    def values(ids: Ints) -> Mapping[str, object]:
        draw = np.random.default_rng(3)
        logps = -draw.uniform(20, 60, len(ids))
        tokens = pa.array(draw.integers(5, 30, len(ids)), pa.int32())
        found = {"policy_logps": logps, "n_tokens": tokens}
        return {**found, "ref_logps": logps + draw.normal(size=len(ids))} if reference else found

    return values


def embedding(ids: Ints) -> Mapping[str, object]:
    """Return embeddings of two numbers."""
    return {"embedding": pa.array([[0.6, 0.8]] * len(ids), pa.list_(pa.float32(), 2))}
