"""`run.json` of a run: how its numbers were made, and whether more can join them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import ScoreError
from core.schema import Provenance, RunInfo
from core.store.files import write_json
from core.store.layout import RUNS
from core.store.parts import making

RUN_ID = re.compile(r"[a-z][a-z0-9_]{0,47}")
TEXT, TABLE, NUMBER = (str, type(None)), dict, (int, float, type(None))
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "run_id": str,
    "scorer": str,
    "model": TEXT,
    "revision": TEXT,
    "reference": TEXT,
    "reference_revision": TEXT,
    "dtype": TEXT,
    "chat_template_hash": TEXT,
    "tokenizer_hash": TEXT,
    "device": TEXT,
    "parameters": TABLE,
    "versions": TABLE,
    "leaks_label": bool,
    "state": str,
    "responses": int,
    "truncated": NUMBER,
    "failed": NUMBER,
    "tokens": NUMBER,
    "seconds": NUMBER,
    "notes": (list, tuple),
}
"""What each value of `run.json` must be: it may come from another program."""
FREE = {"device", "versions"}
"""Provenance that may differ within a run."""


def check_run_id(run_id: str) -> str:
    """Return `run_id`; raise ScoreError when it cannot be part of a column name."""
    if not RUN_ID.fullmatch(run_id):
        raise ScoreError(
            f"{run_id!r} cannot name a run.",
            "Use lower case letters, digits and underscores, 48 at most, a letter first.",
        )
    return run_id


def read_run(folder: Path) -> RunInfo:
    """Return the run's provenance; unknown keys of a later version are left out."""
    try:
        data = json.loads((folder / "run.json").read_text("utf-8"))
        given = {f.name: data[f.name] for f in fields(RunInfo) if f.name in data}
        info = RunInfo(**given)
    except (OSError, ValueError, TypeError) as error:
        raise ScoreError(
            f"{folder} is not a run: its run.json cannot be read.",
            "A run is a folder with run.json and part-*.parquet.",
        ) from error
    for name, kinds in KINDS.items():
        if not isinstance(getattr(info, name), kinds):
            raise ScoreError(f"{name} in {folder / 'run.json'} is {getattr(info, name)!r}.")
    check_run_id(info.run_id)
    return replace(info, notes=tuple(map(str, info.notes)))


def write_info(root: Path, info: RunInfo) -> None:
    """Write `run.json`."""
    folder = root / RUNS / check_run_id(info.run_id)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "run.json", asdict(info))


def alike(part: Mapping[str, object] | None, made: RunInfo) -> bool:
    """Return whether a part's numbers were made as those of a run are."""
    own = making(made)
    return part is not None and all(part.get(k) == own[k] for k in own.keys() - FREE)


def differences(old: Provenance, new: Provenance) -> tuple[str, ...]:
    """Return, in sentences' parts, what of the new numbers would not fit a run's own.

    The device and the libraries' versions may change; a model, template or parameter may not.
    """
    was, now = making(old), making(new)
    return tuple(
        line
        for name in Provenance.__dataclass_fields__
        if name not in FREE
        for line in _changed(name, was[name], now[name])
    )


def _changed(name: str, was: object, now: object) -> Iterable[str]:
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted(was.keys() | now.keys()):
            if was.get(key) != now.get(key):
                yield f"{key} was {_shown(was.get(key))} and is now {_shown(now.get(key))}"
    elif was != now:
        yield f"{name} was {_shown(was)} and is now {_shown(now)}"


def _shown(value: object) -> str:
    return "not set" if value is None else str(value)


def read_scores(root: Path, run_id: str, parts: Iterable[str]) -> pa.Table:
    """Return (response_id, reward) of a run; where parts overlap the later one counts."""
    rows: dict[str, list[np.ndarray]] = {"response_id": [], "reward": []}
    for part in parts:
        table = pq.read_table(root / RUNS / run_id / part, columns=list(rows), partitioning=None)
        for name, arrays in rows.items():
            arrays.append(table[name].to_numpy())
    if not rows["response_id"]:
        return pa.table({"response_id": pa.array([], pa.int64()), "reward": pa.array([], "double")})
    ids, values = (np.concatenate(arrays)[::-1] for arrays in rows.values())
    ids, last = np.unique(ids, return_index=True)
    return pa.table({"response_id": ids, "reward": pa.array(values[last], from_pandas=True)})


def news(stored: pa.Table, found: pa.Table) -> pa.Table:
    """Return the rows of `found` that `stored` lacks or holds with another value."""
    ids, known = found["response_id"].to_numpy(), stored["response_id"].to_numpy()
    at = np.searchsorted(known, ids)
    there = (at < len(known)) & (np.take(known, at, mode="clip") == ids if len(known) else False)
    same = np.zeros(len(ids), dtype=np.bool_)
    old = stored["reward"].to_numpy()
    same[there] = old[at[there]] == found["reward"].to_numpy()[there]
    return found.filter(pa.array(~same))
