"""Sides swapped inside the text of a row, and the sign of its margin; all else keeps its bytes.

{"chosen": "A", "rejected" : "B", "x": 1.0} → {"chosen": "B", "rejected" : "A", "x": 1.0}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.curate.written.knobs import KNOBS
from core.formats.assemble import METADATA, MODELS, RATINGS

SIDES = ("chosen", "rejected")
COPY = "messages"
"""A column that repeats the chosen conversation, as in UltraFeedback-binarized. What repeats a side
before repeats that side afterwards: else the way back would be another one."""
MARGIN = "margin"
"""How much better the chosen answer is: the other way round it is as much worse."""
BOUND = frozenset(KNOBS.names()) - {MARGIN}
"""Columns that hang on a row's label and that nothing in the row turns round."""
_NUMBER = re.compile(r'("?)(-?)(\d*\.?\d+(?:[eE][+-]?\d+)?)("?)')
_KNOWN = {name for both in (*MODELS, *RATINGS) for name in (both.chosen, both.rejected)}
_decode = json.JSONDecoder().raw_decode
_SPACE = " \t\r\n"


@dataclass(frozen=True)
class _Member:
    """Where a key (in quotes) and its value stand in a text."""

    key: tuple[int, int]
    value: tuple[int, int]


def other_side(name: str) -> str | None:
    """Return what the other side's column is called: `chosen-model` → `rejected-model`."""
    for one, other in (SIDES, SIDES[::-1]):
        if one in name:
            return name.replace(one, other)
    return None


def swapped_json(text: str) -> str:
    """Return the JSON text of a row with its sides swapped."""
    return _rewritten(text, _changes(text, 0, top=True))


def swapped_cells(cells: Sequence[str], header: Sequence[str]) -> list[str]:
    """Return cells, as they are written, with the sides swapped."""
    at = {name: place for place, name in enumerate(header)}
    made = list(cells)
    for name, place in at.items():
        if (other := at.get(other_side(name) or "")) is not None:
            made[place] = cells[other]
    for one, two in (SIDES, SIDES[::-1]) if COPY in at else ():
        if cells[at[COPY]] == cells[at[one]]:
            made[at[COPY]] = cells[at[two]]
            break
    if MARGIN in at:
        made[at[MARGIN]] = negated(cells[at[MARGIN]])
    return made


def negated(number: str) -> str:
    """Return a number as it is written with the other sign: 0.50 → -0.50; else what was given."""
    found = _NUMBER.fullmatch(number)
    if not found or not float(found[3]):
        return number
    quote, sign, value, end = found.groups()
    return f"{quote}{'' if sign else '-'}{value}{end}"


def csv_cells(record: str, delimiter: str) -> list[str]:
    """Return the cells of one CSV record as they are written, quotes and all, without its end."""
    body, cells = record.rstrip("\r\n"), []
    start, closed, quoted, fresh = 0, -2, False, True
    for at, sign in enumerate(body):
        if sign == '"' and quoted:
            quoted, closed = False, at
        elif sign == '"' and (fresh or closed == at - 1):  # a doubled quote stays inside
            quoted = True
        elif sign == delimiter and not quoted:
            cells.append(body[start:at])
            start = at + 1
        fresh = sign == delimiter and not quoted
    return [*cells, body[start:]]


def _changes(text: str, start: int, top: bool) -> list[tuple[tuple[int, int], str]]:
    """Return which stretches of a JSON object's text become what."""
    members = _members(text, start)
    made = []
    for name, member in members.items():
        other = other_side(name)
        if other in members:
            made.append((member.value, _cut(text, members[other].value)))
        elif name in _KNOWN and other:
            # A value that is null is often left out: the one that is there changes its name.
            made.append((member.key, json.dumps(other)))
    for one, two in (SIDES, SIDES[::-1]) if top and COPY in members else ():
        if _cut(text, members[COPY].value) == _cut(text, members[one].value):
            made.append((members[COPY].value, _cut(text, members[two].value)))
            break
    if top and MARGIN in members:
        made.append((members[MARGIN].value, negated(_cut(text, members[MARGIN].value))))
    if top and METADATA in members and text[members[METADATA].value[0]] == "{":
        made += _changes(text, members[METADATA].value[0], top=False)
    return made


def _members(text: str, start: int) -> dict[str, _Member]:
    """Return the members of the JSON object that begins at or after `start`; it is valid."""
    found: dict[str, _Member] = {}
    at = _skip(text, text.index("{", start) + 1)
    while text[at] != "}":
        name, end = _decode(text, at)
        value = _skip(text, _skip(text, end) + 1)
        _, stop = _decode(text, value)
        found[name] = _Member((at, end), (value, stop))
        at = _skip(text, stop)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _skip(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at


def _cut(text: str, span: tuple[int, int]) -> str:
    return text[span[0] : span[1]]


def _rewritten(text: str, changes: Iterable[tuple[tuple[int, int], str]]) -> str:
    parts, at = [], 0
    for (start, end), new in sorted(changes):
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])
