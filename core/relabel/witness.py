"""The log's head, kept outside its database: a log that became shorter shows.

Written after each commit, so it may lag behind and is never ahead of a log that is whole.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from core.schema.relabel import Head


@dataclass(frozen=True)
class Witness:
    """A small file beside the store: log id → the last head seen."""

    path: Path

    def read(self, log_id: str) -> Head | None:
        """Return the last head seen of a log, None when none was; an unreadable file saw none."""
        return _head(self._all().get(log_id))

    def look(self, log_id: str, places: Sequence[str]) -> tuple[Head | None, Head | None]:
        """Return the last head seen of a log, and that of any other one in its place.

        Both from one reading: between two, another process may write this log's first head.
        """
        heads = self._all()
        others = (v for key, v in heads.items() if key != log_id and _place(v) in places)
        known = [head for found in others if (head := _head(found))]
        return _head(heads.get(log_id)), max(known, key=lambda head: head.seq, default=None)

    def write(self, log_id: str, head: Head, place: str) -> None:
        """Keep the head of a log in a place, unless a later one was kept.

        Where the file cannot be written the log itself still holds.
        """
        with suppress(OSError), self._held() as handle:
            heads = _heads(handle)
            seen = _head(heads.get(log_id))
            if seen is None or seen.seq <= head.seq:
                _keep(handle, {**heads, log_id: _said(head, place)})

    def set_back(self, log_id: str, head: Head, places: Sequence[str]) -> None:
        """Keep the head of a restored log, which may be earlier, and of no other in its place."""
        with suppress(OSError), self._held() as handle:
            heads = _heads(handle).items()
            kept = {k: v for k, v in heads if k != log_id and _place(v) not in places}
            _keep(handle, {**kept, log_id: _said(head, places[0])})

    @contextmanager
    def _held(self) -> Iterator[int]:
        """Open the file to change it, and keep others from it meanwhile."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _lock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)

    def _all(self) -> dict[str, object]:
        try:
            with self.path.open("rb") as file:
                _lock(file.fileno(), fcntl.LOCK_SH)
                return _heads(file.fileno())
        except OSError:
            return {}


def _lock(handle: int, how: int) -> None:
    """Wait for a lock; a file system that has none goes without, as a reader of half saw none."""
    with suppress(OSError):
        fcntl.flock(handle, how)


def _heads(handle: int) -> dict[str, object]:
    try:
        found = json.loads(os.pread(handle, os.fstat(handle).st_size, 0))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _keep(handle: int, heads: Mapping[str, object]) -> None:
    """Write in place: to put a new file in its place made a vote a third slower."""
    said = json.dumps(heads).encode()
    os.pwrite(handle, said, 0)
    os.ftruncate(handle, len(said))


def _said(head: Head, place: str) -> dict[str, object]:
    return {"seq": head.seq, "hash": head.hash, "at": place}


def _head(found: object) -> Head | None:
    try:
        return Head(int(found["seq"]), str(found["hash"]))  # type: ignore[index]
    except (TypeError, ValueError, KeyError):
        return None


def _place(found: object) -> object:
    return found.get("at") if isinstance(found, dict) else None
