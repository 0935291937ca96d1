"""An output folder that is there whole or not at all: filled beside its place, then renamed."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ExportError
from core.store.files import remove, sync

_PART = ".assay-part-"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary sibling of `target` to fill; on success it becomes `target`.

    Raises:
        ExportError: `target` is taken, or the disk refuses; then nothing is left behind.
    """
    check_target(target)
    temp = target.absolute().parent / f"{_PART}{secrets.token_hex(6)}"
    try:
        temp.mkdir(parents=True)
        yield temp
        _settle(temp, target)
    except OSError as error:
        raise ExportError(
            f"{target} cannot be written: {error.strerror or error}.",
            "Nothing was left behind; check free space, permissions and the name.",
        ) from error
    finally:
        remove(temp)


def check_target(target: Path) -> None:
    """Raise ExportError unless `target` is free or an empty folder; nothing is ever replaced."""
    if _CONTROL.search(str(target)):
        raise ExportError(f"{str(target)!r} holds a control character.", "Choose another --out.")
    try:
        kind = _kind(target)
    except OSError as error:
        raise ExportError(f"{target} cannot be used: {error.strerror}.") from error
    if kind:
        raise ExportError(f"{target} {kind}; it is not replaced.", "Choose a new folder for --out.")


def _kind(target: Path) -> str:
    """Return what stands in the way, empty when nothing does."""
    if target.is_symlink():
        return "is a symbolic link"
    if not target.exists():
        return ""
    if not target.is_dir():
        return "is not a folder"
    return "is not empty" if any(target.iterdir()) else ""


def _settle(temp: Path, target: Path) -> None:
    for path in (*temp.rglob("*"), temp):
        sync(path)
    os.rename(temp, target)  # onto an empty folder it is atomic, onto a filled one it fails
    sync(target.absolute().parent)
