"""Data as words on a page: escaped for Markdown, invisible characters made visible, numbers short.

Streamlit reads labels, captions, messages and table cells as Markdown; names and texts from data
must pass through `plain` there. Longer texts are the renderer's.
"""

from __future__ import annotations

import re

from core.schema import NoiseEstimate
from core.views.results import Share

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

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!:$|~&=^])")


def visible(text: str) -> str:
    """Return `text` with every invisible character written as ‹U+XXXX›."""
    text = STACKED.sub(lambda m: f"{m[0][:4]}‹+{len(m[0]) - 4} marks›", text.replace("\r\n", "\n"))
    text = _REPEATED.sub(lambda m: f"{m[1]}‹× {len(m[0])}›", text)
    return INVISIBLE.sub(lambda m: f"‹U+{ord(m[0]):04X}›", text)


def plain(text: str, limit: int = 300) -> str:
    """Return one line that Markdown shows letter for letter."""
    line = visible(" ".join(cut(text, limit).split()))
    return _MARKDOWN.sub(r"\\\1", line)


def prose(text: str) -> str:
    """Return our own prose for Markdown: code in backticks stays code, the rest is letters."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if i % 2 else _MARKDOWN.sub(r"\\\1", p) for i, p in enumerate(parts))


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with at most `digits` decimals, an en dash where it is unknown."""
    if value is None:
        return "–"
    if float(value).is_integer() and abs(value) < 1e12:
        return f"{int(value):,}"
    return f"{value:,.{digits}f}" if abs(value) >= 10**-digits else f"{value:.2g}"


def sentence(text: str) -> str:
    """Return `text` with a capital first letter."""
    return text[:1].upper() + text[1:]


def percent(value: float | None) -> str:
    """Return a share as a percentage."""
    return "–" if value is None else f"{100 * value:.1f}\u00a0%"


def interval(share: Share | NoiseEstimate) -> str:
    """Return a share's interval in per cent, nothing where it has none."""
    if share.low is None or share.high is None:
        return ""
    return f"{100 * share.low:.1f}–{100 * share.high:.1f}"


def counted(n: int, noun: str) -> str:
    """Return `1 pair`, `2 pairs`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
