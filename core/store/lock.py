"""Who may write: one at a time the store (`store.lock`), and each run (`runs/<id>/lock`).

A run is scored under its own lock alone; the store's is taken for the last step, the swap.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import StoreLocked
from core.store.files import BUILD_PREFIX, remove
from core.store.holder import is_held, take
from core.store.layout import LOCK, RUN_LOCK, RUNS, prepare, sweep_builds

POLL_SECONDS = 0.2
PEEK_SECONDS = 0.02
"""A look at a lock holds it for microseconds; whoever meets one tries again after this."""


@contextmanager
def writing(root: Path, what: str, wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the writer lock of the store; raise StoreLocked naming the holder.

    With `wait` it is waited for instead, and `wait` is told once who holds it.
    """
    prepare(root)

    def refuse(holder: str) -> None:
        raise StoreLocked(
            f"{root} is being written by {holder}.",
            "Wait for it to end, then run this again; nothing was changed.",
        )

    with take(root / LOCK, what, _patiently(root, wait) if wait else refuse):
        sweep_builds(root)
        yield


@contextmanager
def scoring(root: Path, run_id: str, what: str) -> Iterator[None]:
    """Hold the lock of one run; raise StoreLocked naming who makes it.

    A folder in which nothing was begun goes with it.
    """
    tries = iter(range(60))

    def refuse(holder: str) -> None:
        if next(tries, None) is None:
            raise StoreLocked(
                f"The run {run_id!r} is being made by {holder}.",
                "Wait for it to end, or give this one another --name.",
            )
        time.sleep(PEEK_SECONDS)

    folder = root / RUNS / run_id
    with take(folder / RUN_LOCK, what, refuse):
        for path in folder.glob(f"{BUILD_PREFIX}*"):
            remove(path)
        try:
            yield
        finally:
            if not (folder / "run.json").exists() and not any(folder.glob("part-*")):
                remove(folder)


def is_running(folder: Path) -> bool:
    """Return whether the run in `folder` is being made now."""
    return is_held(folder / RUN_LOCK)


def _patiently(root: Path, tell: Callable[[str], None]) -> Callable[[str], None]:
    told: list[str] = []

    def wait(holder: str) -> None:
        if not told:
            tell(f"Waiting for {holder}, which writes {root}.")
            told.append(holder)
        time.sleep(POLL_SECONDS)

    return wait
