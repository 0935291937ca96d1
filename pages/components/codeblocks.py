"""Where a text holds code, and what its signs are; the text itself is never changed.

Every pattern takes time in proportion to the text, whatever it holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

MOST_SPANS = 2_000
"""Spans of one text that get a look of their own; a browser is slow with more elements."""
MOST_BLOCKS = 200
"""Blocks of code of one text that are set apart."""
MOST_JSON = 20
"""Places of one text where JSON is tried."""

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]{0,8}([^\n`]{0,60})$", re.MULTILINE)
_OPENING, _CLOSING = (re.compile(rf"^[{signs}]$", re.MULTILINE) for signs in (r"\[{", r"\]}"))
_KEYWORDS = re.compile(
    r"and|as|assert|async|await|bool|break|case|catch|char|class|const|continue|def|default|"
    r"delete|do|double|elif|else|enum|except|export|extends|False|false|finally|float|fn|for|from|"
    r"func|function|global|if|impl|import|in|include|int|interface|is|lambda|let|long|match|mod|"
    r"module|mut|namespace|new|nil|None|not|null|or|package|pass|private|protected|pub|public|"
    r"raise|return|self|short|static|std|string|struct|super|switch|template|then|this|throw|True|"
    r"true|try|type|typedef|typeof|undefined|unsigned|use|using|var|void|where|while|with|yield|"
    r"SELECT|FROM|WHERE|JOIN|LEFT|INNER|ON|GROUP|ORDER|BY|INSERT|INTO|VALUES|UPDATE|SET|DELETE|"
    r"CREATE|TABLE|AND|OR|NOT|NULL|AS|LIMIT|HAVING|UNION|DISTINCT|WITH"
)
# An unclosed string or comment ends with its line or the text: nothing is tried twice.
_SIGNS = re.compile(
    r'(?P<string>"""(?:[^"]|"(?!""))*(?:"""|\Z)|"(?:\\.|[^"\\\n])*"?|\'(?:\\.|[^\'\\\n])*\'?)'
    r"|(?P<comment>/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)|(?:(?<![^\s;{])(?:\#|//|--\ )[^\n]*))"
    r"|(?P<number>(?<!\w)\d[\w.]*)"
    r"|(?P<word>[^\W\d]\w*)"
)


@dataclass(frozen=True)
class Region:
    """A stretch of a text, `start` to `end`."""

    start: int
    end: int
    code: bool


@dataclass(frozen=True)
class Span:
    """A sign of code: `string`, `comment`, `number` or `keyword`."""

    start: int
    end: int
    kind: str


def regions(text: str) -> tuple[Region, ...]:
    """Return the text's stretches in order, prose and code by turns; fences belong to the code."""
    if is_json(text):
        return (Region(0, len(text), True),)
    found, at = [], 0
    blocks = sorted([*islice(_fenced(text), MOST_BLOCKS), *_json_blocks(text)])
    for start, end in blocks:
        if start < at:
            continue
        if start > at:
            found.append(Region(at, start, False))
        found.append(Region(start, end, True))
        at = end
    if at < len(text) or not found:
        found.append(Region(at, len(text), False))
    return tuple(found)


def spans(text: str, region: Region, most: int = MOST_SPANS) -> tuple[Span, ...]:
    """Return the signs of a region of code, at most `most`."""
    found: list[Span] = []
    for sign in _SIGNS.finditer(text, region.start, region.end):
        kind = str(sign.lastgroup)
        if kind == "word":
            if not _KEYWORDS.fullmatch(sign[0]):
                continue
            kind = "keyword"
        found.append(Span(sign.start(), min(sign.end(), region.end), kind))
        if len(found) >= most:
            break
    return tuple(found)


def is_json(text: str) -> bool:
    """Return whether a text is a JSON object or list, as tool calls are."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _json_blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield where JSON stands on lines of its own, as a tool call between other turns does."""
    at = 0
    for opening in islice(_OPENING.finditer(text), MOST_JSON):
        closing = _CLOSING.search(text, opening.end()) if opening.start() >= at else None
        if closing and is_json(text[opening.start() : closing.end()]):
            at = min(closing.end() + 1, len(text))
            yield opening.start(), at


def _fenced(text: str) -> Iterator[tuple[int, int]]:
    """Yield where blocks of code begin and end, their fences and last line break included."""
    opening: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opening is None:
            opening = fence
        elif fence[1].startswith(opening[1]) and not fence[2].strip():
            yield opening.start(), min(fence.end() + 1, len(text))
            opening = None
    if opening is not None:
        yield opening.start(), len(text)
