"""Which words of two texts differ; bounded, so that hostile or huge pairs answer in time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

MOST_STEPS = 2_000_000
"""Steps that a comparison may take, counted and not timed; under a second."""
SHORTEST = 3
"""Equal stretches of fewer words, between changes, are chance and count as changed."""
LEAST_SHARED = 0.15
"""Share of both texts that must be equal for the rest to be worth marking."""

_WORDS = re.compile(r"(?:\w+|[^\w\s])\s*|\s+")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True)
class Piece:
    """A stretch of one text."""

    text: str
    changed: bool
    """Not in the other text at this place."""


@dataclass(frozen=True)
class Span:
    """A stretch of tokens."""

    start: int
    size: int


@dataclass(frozen=True)
class Diff:
    """Both texts in pieces; joined, the pieces are the text."""

    first: tuple[Piece, ...]
    second: tuple[Piece, ...]
    unit: str
    """`word`, `line`; `none` where even lines were too many, `apart` where little is shared."""


def diff(first: str, second: str) -> Diff:
    """Compare word by word, line by line when that is too much, else not at all."""
    for unit, pattern, shortest in (("word", _WORDS, SHORTEST), ("line", _LINES, 1)):
        one, two = pattern.findall(first), pattern.findall(second)
        spans = _equal([t.strip() for t in one], [t.strip() for t in two], shortest)
        if spans is not None:
            shared = 2 * sum(here.size for here, _ in spans)
            if shared < LEAST_SHARED * (len(one) + len(two)):
                return _unmarked(first, second, "apart" if unit == "word" else "none")
            left, right = zip(*spans, strict=True)
            return Diff(_pieces(one, left), _pieces(two, right), unit)
    return _unmarked(first, second, "none")


def _unmarked(first: str, second: str, unit: str) -> Diff:
    return Diff((Piece(first, False),), (Piece(second, False),), unit)


def _equal(one: list[str], two: list[str], shortest: int) -> list[tuple[Span, Span]] | None:
    """Return the equal stretches, the common beginning and end included; None when too many."""
    start, end = _common(one, two)
    inner = _blocks(one[start : len(one) - end], two[start : len(two) - end], shortest)
    if inner is None:
        return None
    moved = [(i + start, j + start, n) for i, j, n in inner]
    blocks = [(0, 0, start), *moved, (len(one) - end, len(two) - end, end)]
    return [(Span(i, n), Span(j, n)) for i, j, n in blocks]


def _common(one: list[str], two: list[str]) -> tuple[int, int]:
    """Return how many tokens both begin and end with: most pairs share a good part."""
    most = min(len(one), len(two))
    start = next((i for i in range(most) if one[i] != two[i]), most)
    end = next((i for i in range(most - start) if one[-1 - i] != two[-1 - i]), most - start)
    return start, end


def _blocks(one: list[str], two: list[str], shortest: int) -> list[tuple[int, int, int]] | None:
    """Return (place in one, place in two, size), as difflib finds them, within MOST_STEPS."""
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    places = Counter(two)
    steps = list(accumulate((places[token] + 1 for token in one), initial=0))
    ranges = [(0, len(one), 0, len(two))]
    found, left = [], MOST_STEPS
    while ranges:
        alo, ahi, blo, bhi = ranges.pop()
        left -= steps[ahi] - steps[alo]
        if left < 0:
            return None
        i, j, size = matcher.find_longest_match(alo, ahi, blo, bhi)
        if size >= shortest:
            found.append((i, j, size))
            ranges += [(alo, i, blo, j), (i + size, ahi, j + size, bhi)]
    return sorted(found)


def _pieces(tokens: list[str], equal: Sequence[Span]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at = 0
    for span in equal:
        if span.start > at:
            pieces.append(Piece("".join(tokens[at : span.start]), True))
        if span.size:
            pieces.append(Piece("".join(tokens[span.start : span.start + span.size]), False))
        at = span.start + span.size
    return tuple(pieces)
