"""Data as words on a page: escaped for Markdown, invisible characters made visible, numbers short.

Streamlit reads labels, captions, messages and table cells as Markdown; names and texts from data
must pass through `plain` there. Longer texts are the renderer's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from core.charts.letters import INVISIBLE, STACKED, cut, visible
from core.schema import NoiseEstimate
from core.views.results import Share

__all__ = ["INVISIBLE", "STACKED", "counted", "cut", "interval", "number", "percent", "plain"]
__all__ += ["prose", "sentence", "unlike", "visible"]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!:$|~&=^])")
_JOINED = re.compile(r"(?<!\S)(<->|->|<-|--|>=|<=|~=)(?!\S)")
_APART = ":small[]"
"""Nothing, between two signs that Streamlit would show as one: ≥ is not what one types."""


def plain(text: str, limit: int = 300) -> str:
    """Return one line that Markdown shows letter for letter."""
    return _letters(visible(" ".join(cut(text, limit).split())))


def prose(text: str) -> str:
    """Return our own prose for Markdown: code in backticks stays code, the rest is letters."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if i % 2 else _letters(p) for i, p in enumerate(parts))


def _letters(text: str) -> str:
    parts = _JOINED.split(text)
    return "".join(
        _APART.join(_escaped(sign) for sign in part) if i % 2 else _escaped(part)
        for i, part in enumerate(parts)
    )


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


def unlike(labels: Iterable[str]) -> list[str]:
    """Return labels that all differ: Streamlit takes the last of equal ones for all of them."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    for label in labels:
        seen[label] += 1
        found.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return found


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
