"""Writing that a kill or a power cut cannot leave half done: temp file, fsync, rename."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from core.errors import StoreError

BUILD_PREFIX = ".build-"
"""Unfinished files; swept by the next writer, who holds the lock."""


def write_json(path: Path, data: Mapping[str, object]) -> None:
    """Replace `path` atomically and durably; NaN is refused."""
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=True)
    place(path, lambda temp: temp.write_text(text + "\n", "utf-8"))


def place(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary sibling, then move it to `path` durably."""
    temp = path.with_name(f"{BUILD_PREFIX}{os.getpid()}-{path.name}")
    try:
        write(temp)
        move(temp, path)
    except OSError as error:
        remove(temp)
        raise StoreError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Nothing was changed; check free space and permissions.",
        ) from error
    except BaseException:
        remove(temp)
        raise


def move(built: Path, target: Path) -> None:
    """Sync what was built and rename it; the folder's entry is synced as well."""
    sync(built)
    if built.is_dir() and target.exists():
        remove(target)
    os.replace(built, target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Flush a file, or a folder and the files in it, to the disk."""
    for inner in path.iterdir() if path.is_dir() and path.name.startswith(BUILD_PREFIX) else ():
        _fsync(inner)
    _fsync(path)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: Path) -> None:
    """Remove a file or folder if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
