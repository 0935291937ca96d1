"""What goes to the terminal: strict JSON, and text of strangers without its control characters."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path

_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line end
    "\u202a-\u202e\u2066-\u2069"  # what turns the reading direction around
    "\ud800-\udfff]"  # halves of surrogate pairs, which no terminal can be sent
)


def json_line(data: Mapping[str, object]) -> str:
    """Return one line of strict ASCII JSON; a number that is not finite is null."""
    return json.dumps(_strict(data), allow_nan=False)


def printable(text: str) -> str:
    """Return text with harmful characters as visible escapes.

    Responses come from strangers; printed raw they could move the cursor, retitle the terminal or
    turn a line around.
    """
    return _HARMFUL.sub(lambda hit: hit[0].encode("unicode_escape").decode("ascii"), text)


def _strict(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _strict(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(inner) for inner in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
