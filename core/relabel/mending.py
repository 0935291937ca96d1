"""When a log that was damaged is taken up again: it was restored, or what it lost was accepted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from core.errors import LogError
from core.relabel.log import Log
from core.schema.relabel import Head

LEAST_SECONDS = 5.0
"""Between two looks at a damaged log; a long one, which takes long to read, is read more rarely."""
_REST = 10.0
"""Times as long as a look took nobody looks again."""


class Mending:
    """Looks at a damaged log of one desk: when, and whether it is whole."""

    def __init__(self) -> None:
        self._next = -float("inf")
        self._refused = False

    def due(self) -> bool:
        """Return whether it is time to look."""
        return time.monotonic() >= self._next

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Measure a look; a log that cannot be reached stays as it was."""
        began = time.monotonic()
        with suppress(LogError):
            yield
        ended = time.monotonic()
        self._next = ended + max(LEAST_SECONDS, _REST * (ended - began))

    def accepts(self, log: Log, head: Head, damage: str, had: Head) -> bool:
        """Return whether a log that ends at `head` is to be worked on again.

        head, damage: of a replay from its beginning. It holds all that was had, or somebody acted:
        a replay that was refused before is whole now, or a restore told the file outside of this
        end. A log that merely became shorter, and that no file outside speaks for, is not.
        """
        if damage or head.seq <= 0:
            self._refused = bool(damage)
            return False
        if self._refused or _holds(log, had):
            return True
        return log.witness is not None and log.witness.read(log.log_id) == head


def _holds(log: Log, had: Head) -> bool:
    """Return whether the log has the event that was the last one."""
    if not had.seq:
        return True
    return any(event.hash == had.hash for event in log.after(had.seq - 1, 1))
