"""The log's head, kept outside its database: a log that became shorter shows.

Written after each commit, so it may lag behind and is never ahead of a log that is whole.
"""

from __future__ import annotations

import json
import os
import tempfile
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
        return Head(int(found["seq"]), str(found["hash"])) if found else None

    def write(self, log_id: str, head: Head) -> None:
        """Keep a head, atomically; where it cannot be written the log itself still holds."""
        heads = {**self._all(), log_id: asdict(head)}
        try:
            handle, temp = tempfile.mkstemp(dir=self.path.parent, prefix=".votes-head-")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(heads, file)
            os.replace(temp, self.path)
        except OSError:
            return

    def _all(self) -> dict[str, dict[str, int | str]]:
        try:
            found = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
