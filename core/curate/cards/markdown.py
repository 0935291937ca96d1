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


def facts(values: Mapping[str, float]) -> str:
    """Return a table of named numbers; empty without any."""
    rows = [(code(name), _number(value)) for name, value in values.items()]
    return table(("what", "value"), rows) if rows else ""


def listed(values: Mapping[str, object]) -> str:
    """Return `a = 1`, `b = c`: names and values in code spans."""
    return ", ".join(code(f"{name} = {_number(value)}") for name, value in values.items())


def percent(share: float) -> str:
    """Return 0.1234 as 12.3%."""
    return f"{share:.1%}"


def _number(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _cell(value: str | int) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    # Behind a backslash no backslash can escape a pipe: it would end the cell, and the code span.
    return value.replace("\\|", "\\\u00a6").replace("|", "\\|")
