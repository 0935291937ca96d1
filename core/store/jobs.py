"""Runs in the making: the `progress.json` of each, and who is at work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from core.errors import ScoreError
from core.schema import JobProgress
from core.store.layout import RUNS, Generation
from core.store.lock import is_running
from core.store.runs import RUN_ID, read_run

PROGRESS = "progress.json"


@dataclass(frozen=True)
class FoundJob:
    """A run that is being made, or that stopped before its end."""

    progress: JobProgress
    running: bool


def find_jobs(root: Path, generation: Generation) -> tuple[FoundJob, ...]:
    """Return the runs that are being made or were stopped, by name; nothing is locked for it."""
    return tuple(_jobs(root, generation))


def read_progress(folder: Path) -> JobProgress | None:
    """Return how far a run is, None where nothing says so; the file may be anybody's."""
    try:
        data = json.loads((folder / PROGRESS).read_text("utf-8"))
        progress = JobProgress(
            **{f.name: data[f.name] for f in fields(JobProgress) if f.name in data}
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
    numbers = (progress.done, progress.total, progress.tokens, progress.before)
    texts = (progress.scorer, progress.started, progress.updated, progress.unit)
    fits = all(type(n) is int and n >= 0 for n in numbers) and all(type(t) is str for t in texts)
    return progress if fits and progress.run_id == folder.name else None


def _jobs(root: Path, generation: Generation) -> Iterator[FoundJob]:
    for path in sorted((root / RUNS).glob(f"*/{PROGRESS}")):
        folder = path.parent
        progress = read_progress(folder) if RUN_ID.fullmatch(folder.name) else None
        if progress is None:
            continue
        running = is_running(folder)
        if running or not _whole(folder, generation):
            yield FoundJob(progress, running)


def _whole(folder: Path, generation: Generation) -> bool:
    """Return whether the run is served as it stands."""
    try:
        return folder.name in generation.runs and read_run(folder).state == "done"
    except ScoreError:
        return False
