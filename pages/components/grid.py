"""A small table of words as Markdown: it needs none of the browser code of the large tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows of the same columns as a Markdown table; cells are Markdown, numbers right."""
    if not rows:
        return ""
    cells = [list(row.values()) for row in rows]
    rules = [
        "---:" if all(cell[:1].isdigit() or cell == "–" for cell in column) else "---"
        for column in zip(*cells, strict=True)
    ]
    lines = [list(rows[0]), rules, *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
