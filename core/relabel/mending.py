"""When a log is taken up again: it answers, it was restored, or what it lost was accepted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from core.errors import LogDamaged, LogError, LogUnsure
from core.relabel.chain import Event
from core.relabel.log import Log, Writing
from core.schema.relabel import Head

LEAST_SECONDS = 5.0
"""Between two looks at a damaged log; a long one, which takes long to read, is read more rarely."""
_REST = 10.0
"""Times as long as a look took nobody looks again."""
AWAY_SECONDS = 5.0
"""For so long nobody waits for a log that has just not answered."""


class Away:
    """That a log did not answer; else everybody waits for it, one after the other."""

    def __init__(self) -> None:
        self._error: LogError | None = None
        self._since = 0.0

    def check(self) -> None:
        """Raise what the log said, for a while."""
        if self._error and time.monotonic() - self._since < AWAY_SECONDS:
            raise LogError(self._error.message, self._error.hint)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Remember whether the log answers; one that is damaged does."""
        try:
            yield
        except (LogDamaged, LogUnsure):
            raise
        except LogError as error:
            self._error, self._since = error, time.monotonic()
            raise
        self._error = None


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
        a replay that was refused before is whole now, a restore told the file outside of this end,
        or its line there was removed, maybe before anybody looked. A log that merely became
        shorter, and that has no file outside, is not.
        """
        if damage or head.seq <= 0:
            self._refused = bool(damage)
            return False
        if self._refused or _holds(log, had):
            return True
        seen = log.witness.read(log.log_id) if log.witness else None
        return seen == head or (seen is None and log.kept_outside)


def behind(log: Log | Writing, had: Head) -> tuple[bool, list[Event]]:
    """Return whether a log still has the event that was had last, and the events behind it.

    Where it has not, an older backup was restored: then these are all its events.
    """
    found = log.after(max(had.seq - 1, 0))
    if not had.seq:
        return True, found
    if found and found[0].hash == had.hash:
        return True, found[1:]
    return False, log.after(0)


def _holds(log: Log, had: Head) -> bool:
    """Return whether the log has the event that was the last one."""
    if not had.seq:
        return True
    return any(event.hash == had.hash for event in log.after(had.seq - 1, 1))
