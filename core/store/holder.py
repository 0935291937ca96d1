"""A lock file that names its holder: flock, so that a killed process lets go of it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from core.store.files import remove


def take(path: Path, what: str, blocked: Callable[[str], None]) -> TextIO:
    """Return the open, locked file, which says who holds it; closing it lets go.

    `blocked` gets the holder's name each time another one has it, and waits or raises.
    """
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = path.open("a+", encoding="utf-8")
        except FileNotFoundError:  # the folder was removed just now
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            blocked(_holder(path))
            continue
        if _stands(handle, path):
            handle.truncate(0)
            json.dump(_me(what), handle)
            handle.flush()
            return handle
        handle.close()


def is_held(path: Path) -> bool:
    """Return whether a living process holds the lock."""
    try:
        with path.open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def remove_free(folder: Path, lock: Path) -> None:
    """Remove a folder unless somebody holds its lock."""
    if not lock.parent.is_dir():
        return
    with lock.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        remove(folder)


def _stands(handle: TextIO, path: Path) -> bool:
    """Return whether the file was not removed while we waited for it."""
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _me(what: str) -> dict[str, object]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"command": what, "pid": os.getpid(), "since": since}


def _holder(path: Path) -> str:
    try:
        data = json.loads(path.read_text("utf-8"))
        return f"{data['command']!r} (process {data['pid']}, since {data['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
