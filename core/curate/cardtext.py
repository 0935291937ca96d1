"""Markdown that texts of strangers cannot break out of: code spans, tables, number words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

LONGEST = 200
"""Characters of a stranger's text in a card; the manifest has all of it."""


def plain(text: str, longest: int = LONGEST) -> str:
    """Return `text` as one line without control, bidi or surrogate characters, cut where long."""
    line = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text[:5000].split()))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def code(text: str, longest: int = LONGEST) -> str:
    """Return `text` as one line in a code span that nothing in it can end."""
    line = plain(text, longest)
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"`{line or ' '}`"


def stated(text: str | None) -> str:
    """Return a stranger's text, or that there is none."""
    return code(text) if text else "not stated"


def table(head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """Return a table; texts are Markdown already, numbers are written with separators."""
    lines = [head, ["---"] * len(head), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def facts(values: Mapping[str, object]) -> str:
    """Return a table of named plain values, lists by their first entries; empty without any."""
    rows = [(code(name), _value(value)) for name, value in values.items()]
    return table(("what", "value"), rows) if rows else ""


def listed(values: Mapping[str, object]) -> str:
    """Return `a = 1`, `b = c`: names and values in code spans."""
    return ", ".join(code(f"{name} = {_number(value)}") for name, value in values.items())


def percent(share: float) -> str:
    """Return 0.1234 as 12.3%."""
    return f"{share:.1%}"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return listed(dict(list(value.items())[:20])) or "none"
    if isinstance(value, (list, tuple)):
        more = [f"and {len(value) - 5:,} more"] if len(value) > 5 else []
        return ", ".join([*(_value(one) for one in value[:5]), *more]) or "none"
    return _number(value) if isinstance(value, (int, float)) else stated(str(value or ""))


def _number(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value.replace("|", "\\|")
