"""The log's head, kept outside its database: a log that became shorter shows.

Written after each commit, so it may lag behind and is never ahead of a log that is whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
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

    def look(self, log_id: str, place: str) -> tuple[Head | None, Head | None]:
        """Return the last head seen of a log, and that of any other one at its address.

        Both from one reading: between two, another process may write this log's first head.
        """
        heads = self._all()
        others = (found for key, found in heads.items() if key != log_id and _place(found) == place)
        known = [head for found in others if (head := _head(found))]
        return _head(heads.get(log_id)), max(known, key=lambda head: head.seq, default=None)

    def write(self, log_id: str, head: Head, place: str) -> None:
        """Keep the head of a log at an address, unless a later one was kept."""
        heads = self._all()
        seen = _head(heads.get(log_id))
        if seen is None or seen.seq <= head.seq:
            self._keep({**heads, log_id: {"seq": head.seq, "hash": head.hash, "at": place}})

    def forget(self, log_id: str, place: str) -> None:
        """Let another log stand at an address, and a log be shorter than it was: a restore."""
        kept = {k: v for k, v in self._all().items() if k != log_id and _place(v) != place}
        self._keep(kept)

    def _keep(self, heads: Mapping[str, object]) -> None:
        """Write the file; where it cannot be written the log itself still holds.

        In place, in one call: to put a new file in its place made a vote a third slower. A reader
        that meets half of it saw none.
        """
        said = json.dumps(heads).encode()
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError:
            return
        try:
            os.pwrite(handle, said, 0)
            os.ftruncate(handle, len(said))
        except OSError:
            return
        finally:
            os.close(handle)

    def _all(self) -> dict[str, object]:
        try:
            found = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _head(found: object) -> Head | None:
    try:
        return Head(int(found["seq"]), str(found["hash"]))  # type: ignore[index]
    except (TypeError, ValueError, KeyError):
        return None


def _place(found: object) -> object:
    return found.get("at") if isinstance(found, dict) else None
