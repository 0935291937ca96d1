"""The log's head, kept outside its database: a log that became shorter shows.

Written after each commit, so it may lag behind and is never ahead of a log that is whole.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from core.schema.relabel import Head


@dataclass(frozen=True)
class Witness:
    """A small file beside the store: log id → the last head seen."""

    path: Path

    def read(self, log_id: str) -> Head | None:
        """Return the last head seen of a log, None when none was; an unreadable file saw none."""
        found = self._all().get(log_id)
        try:
            return Head(int(found["seq"]), str(found["hash"])) if found else None
        except (TypeError, ValueError, KeyError):
            return None

    def write(self, log_id: str, head: Head) -> None:
        """Keep a head; where it cannot be written the log itself still holds.

        Written in place, in one call: to put a new file in its place made a vote a third slower. A
        reader that meets half of it saw none; an older head never takes the place of a later one.
        """
        heads = self._all()
        seen = self.read(log_id)
        if seen and seen.seq > head.seq:
            return
        said = json.dumps({**heads, log_id: asdict(head)}).encode()
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

    def _all(self) -> dict[str, dict[str, int | str]]:
        try:
            found = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
