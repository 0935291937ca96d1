"""Texts of the data, letter by letter: what changes a line without being seen is written out."""

from __future__ import annotations

import re

INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200c\u200e-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\ue000-\uf8ff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    # A joiner is fine between the parts of an emoji, invisible anywhere else.
    "|(?<![\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d|\u200d(?![\u2190-\u2bff\U0001f000-\U0001faff])"
)
"""Control, format and blank characters that change what is read without being seen."""

_REPEATED = re.compile(f"({INVISIBLE.pattern})\\1{{3,}}")
STACKED = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{5,}")
"""Combining marks piled up to cover other lines."""


def visible(text: str) -> str:
    """Return `text` with every invisible character written as ‹U+XXXX›."""
    text = STACKED.sub(lambda m: f"{m[0][:4]}‹+{len(m[0]) - 4} marks›", text.replace("\r\n", "\n"))
    text = _REPEATED.sub(lambda m: f"{m[1]}‹× {len(m[0])}›", text)
    return INVISIBLE.sub(lambda m: f"‹U+{ord(m[0]):04X}›", text)


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
