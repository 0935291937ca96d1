"""Places inside a row, as mapping files write them: a.b, list[0].x, ["hyphen-name"]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import MappingError
from core.formats.chunk import parse_json

_STEP = re.compile(
    r"""\[(?P<index>-?\d+)\]|\["(?P<double>[^"]+)"\]|\['(?P<single>[^']+)'\]|"""
    r"""\.?(?P<name>[^.\[\]"]+)"""
)


class _Missing:
    """The row has no such place; a place that holds null is there."""


MISSING = _Missing()


@dataclass(frozen=True)
class RowPath:
    """A parsed path."""

    text: str
    steps: tuple[str | int, ...]

    @property
    def root(self) -> str:
        """Return the column."""
        return str(self.steps[0])


def parse_path(text: str) -> RowPath:
    """Parse a path; raise MappingError on what is none.

    `judgments[0].judgment.scores[1]` → ("judgments", 0, "judgment", "scores", 1)
    """
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None or (text[at] == "." and not steps):
            break
        index, *names = found.group("index", "double", "single", "name")
        steps.append(int(index) if index is not None else next(filter(None, names)))
        at = found.end()
    if not steps or at < len(text) or isinstance(steps[0], int):
        raise MappingError(
            f"{text!r} is not a path into a row.",
            """Write paths like column, a.b, list[0].x, ["any name"] or ['any name'].""",
        )
    return RowPath(text, tuple(steps))


def look_up(row: object, path: RowPath) -> object:
    """Return what stands at a path, or MISSING; JSON given as text is opened on the way."""
    value = row
    for step in path.steps:
        if isinstance(value, str):
            value = _opened(value)
        if isinstance(step, int):
            if not isinstance(value, list) or not -len(value) <= step < len(value):
                return MISSING
            value = value[step]
        elif isinstance(value, Mapping) and step in value:
            value = value[step]
        else:
            return MISSING
    return value


def value_at(row: object, path: RowPath | None) -> object:
    """Return what stands at a path; None where nothing does or no path is given."""
    found = MISSING if path is None else look_up(row, path)
    return None if found is MISSING else found


def _opened(text: str) -> object:
    try:
        return parse_json(text)
    except ValueError:
        return text
