"""A look at the first rows: which columns there are and what shape their values have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from core.formats.messages import opened
from core.formats.values import BadRow, column_values
from core.schema import RawBatch, Recognition

LOOK_ROWS = 200
ENOUGH = 0.8
"""Share of the first rows that must have the shape; the rest is quarantined row by row."""

_WORDS = {"text": "text", "messages": "a list of messages", "number": "a number", "bool": "a bool"}


@dataclass(frozen=True)
class Look:
    """Values of the first rows by column."""

    values: Mapping[str, list[object]]

    def has(self, *names: str) -> bool:
        """Tell whether all columns are there."""
        return all(name in self.values for name in names)

    def share(self, name: str, test: Callable[[object], bool]) -> float:
        """Return the share of values there are (not null) that pass; 0 where there is none."""
        there = [v for v in self.values.get(name, ()) if v is not None]
        return sum(map(test, there)) / len(there) if there else 0.0

    def fits(self, format_name: str, **shapes: str) -> Recognition | None:
        """Return the reading when every named column mostly has its shape."""
        shares = [self.share(name, SHAPES[shape]) for name, shape in shapes.items()]
        if not shares or min(shares) < ENOUGH:
            return None
        told = ", ".join(f"{name} is {_WORDS.get(s, s)}" for name, s in shapes.items())
        return Recognition(format_name, min(shares), told)


def look_at(batch: RawBatch) -> Look:
    """Return the first rows' values."""
    head = replace(batch, table=batch.table.slice(0, LOOK_ROWS))
    return Look({name: column_values(head, name) for name in batch.table.column_names})


def shape(value: object) -> str:
    """Name the shape of one value."""
    if isinstance(value, str):
        return _text_shape(value)
    if isinstance(value, list):
        return "messages" if value and all(map(_is_message, value)) else "list"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return {dict: "object", type(None): "null"}.get(type(value), "other")


def _text_shape(text: str) -> str:
    """Tell text from messages that were written into a text column, as in CSV."""
    if text.startswith(("[{'role", "[{'content", "[{'from")):
        return "messages in Python's own writing"
    if not text.lstrip().startswith("[{"):
        return "text"
    try:
        found = opened(text)
    except BadRow:
        return "text"
    return shape(found) if isinstance(found, list) else "text"


def _is_message(value: object) -> bool:
    return isinstance(value, dict) and (
        {"role", "content"} <= value.keys() or {"from", "value"} <= value.keys()
    )


def _shape_test(name: str) -> Callable[[object], bool]:
    return lambda value: shape(value) == name


SHAPES = {name: _shape_test(name) for name in ("text", "messages", "list", "bool", "number")}


def describe(look: Look) -> str:
    """List the columns with the shape that most of their values have."""
    told = []
    for name, values in look.values.items():
        shapes = Counter(map(shape, values))
        told.append(f"{name} ({shapes.most_common(1)[0][0] if shapes else 'null'})")
    return ", ".join(told) or "none"
