"""One writer at a time: flock on `store.lock`, which says who holds it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from core.errors import StoreLocked
from core.store.layout import LOCK, prepare, sweep_builds


@contextmanager
def writing(root: Path, what: str) -> Iterator[None]:
    """Hold the writer lock of the store; raise StoreLocked naming the holder."""
    prepare(root)
    with (root / LOCK).open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreLocked(
                f"{root} is being written by {_holder(root)}.",
                "Wait for it to end, then run this again; nothing was changed.",
            ) from error
        handle.truncate(0)
        json.dump(_me(what), handle)
        handle.flush()
        sweep_builds(root)
        yield


def _me(what: str) -> dict[str, object]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"command": what, "pid": os.getpid(), "since": since}


def _holder(root: Path) -> str:
    try:
        data = json.loads((root / LOCK).read_text("utf-8"))
        return f"{data['command']!r} (process {data['pid']}, since {data['since']})"
    except (OSError, ValueError, KeyError):
        return "another process"
