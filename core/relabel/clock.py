"""The time of events."""

from __future__ import annotations

import time


def microseconds() -> int:
    """Return the microseconds since 1970, UTC."""
    return time.time_ns() // 1000
