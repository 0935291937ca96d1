"""What of a run stands on the disk: the parts that count, and what a stopped one has left."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from core.errors import ScoreError
from core.schema import Ints, JobProgress, RunInfo
from core.store.columns import key_of
from core.store.files import BUILD_PREFIX, remove
from core.store.jobs import PROGRESS
from core.store.layout import POINTER, RUNS, Generation, parts_before, read_generation
from core.store.lock import is_running
from core.store.parts import Part, part_names, read_part
from core.store.runs import read_run


@dataclass(frozen=True)
class Unfinished:
    """A run that is being made, or that was stopped."""

    info: RunInfo
    running: bool
    scored: int
    """Rows of its parts."""


def standing(root: Path, generation: Generation, run_id: str) -> tuple[Part, ...]:
    """Return the parts that a run consists of, served or not, the oldest first.

    Left out is what was merged into another part, what only the generation before serves (that
    run was removed), and an unserved part that does not say what made it.
    """
    folder = root / RUNS / run_id
    now = set(generation.runs.get(run_id, ()))
    gone = set(parts_before(root, run_id)) - now
    parts = [read_part(folder, name) for name in part_names(folder) if name not in gone]
    merged = {name for part in parts for name in part.replaces}
    known = [part for part in parts if part.made is not None or part.name in now]
    return tuple(part for part in known if part.name not in merged)


def scored_ids(root: Path, run_id: str, parts: Iterable[Part]) -> Ints:
    """Return the sorted ids that the parts hold."""
    found = [np.empty(0, np.int64)]
    for part in parts:
        key = key_of(list(part.columns))
        path = root / RUNS / run_id / part.name
        found.append(pq.read_table(path, columns=[key], partitioning=None)[key].to_numpy())
    return np.unique(np.concatenate(found))


def drop_parts(root: Path, generation: Generation, run_id: str, names: Iterable[str]) -> None:
    """Remove those of the named parts that no generation serves."""
    served = {*generation.runs.get(run_id, ()), *parts_before(root, run_id)}
    for name in set(names) - served:
        remove(root / RUNS / run_id / name)


def discard(root: Path, generation: Generation, run_id: str) -> None:
    """Remove what no generation serves of a run; call while holding its lock."""
    folder = root / RUNS / run_id
    drop_parts(root, generation, run_id, part_names(folder))
    remove(folder / PROGRESS)
    if not part_names(folder):
        remove(folder)


def is_begun(root: Path, run_id: str) -> bool:
    """Return whether a scorer left parts that can be gone on with."""
    folder = root / RUNS / run_id
    if not (root / POINTER).exists() or not (folder / "run.json").exists():
        return False
    parts = standing(root, read_generation(root), run_id)
    return any(part.made and part.made.get("scorer") != "imported" for part in parts)


def run_names(root: Path, generation: Generation) -> tuple[str, ...]:
    """Return the runs that a person can name: served, in the making, stopped, or damaged."""
    folders = [path.parent.name for path in (root / RUNS).glob("*/run.json")]
    begun = [
        name for name in folders if not parts_before(root, name) or standing(root, generation, name)
    ]
    return tuple(sorted({*generation.runs, *begun}))


def unfinished(root: Path, generation: Generation) -> tuple[Unfinished, ...]:
    """Return the runs that are being made, and those that can be continued, by name."""
    folders = sorted(path.parent for path in (root / RUNS).glob("*/run.json"))
    found = []
    for folder in folders:
        running = is_running(folder)
        try:
            info, parts = read_run(folder), standing(root, generation, folder.name)
        except ScoreError:
            continue
        if running or _continues(root, generation, info, parts):
            found.append(Unfinished(info, running, sum(part.tally.rows for part in parts)))
    return tuple(found)


def _continues(root: Path, generation: Generation, info: RunInfo, parts: Sequence[Part]) -> bool:
    """Return whether a run that nobody makes now has something that is not served."""
    served = generation.runs.get(info.run_id, ())
    if info.scorer == "imported":
        return False
    if {part.name for part in parts} - set(served):
        return True
    return info.state == "running" and bool(served or not parts_before(root, info.run_id))


def write_progress(root: Path, progress: JobProgress) -> None:
    """Replace `progress.json` in one step; a lost one costs nothing, so nothing waits for it."""
    path = root / RUNS / progress.run_id / PROGRESS
    temp = path.with_name(f"{BUILD_PREFIX}{os.getpid()}-{PROGRESS}")
    with suppress(OSError):
        temp.write_text(json.dumps(asdict(progress)), "utf-8")
        os.replace(temp, path)
