"""Sequences that are longer than the context, and where each token ends in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

Offsets = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Kept:
    """What is left of a sequence."""

    ids: list[int]
    start: int
    """Index of the first response token in `ids`."""
    response: Sequence[int]
    """Which response tokens are left, counted from the first one there was."""
    truncated: bool


def cut(ids: list[int], start: int, limit: int | None, bos: int | None, keep_last: bool) -> Kept:
    """Return at most `limit` ids, by this sequence's own lengths alone.

    The response keeps its first tokens, as many as the prompt leaves and at least half of the
    limit; with `keep_last` its last token stands in the place of the last of these. The prompt
    keeps its last tokens, behind a leading `bos`.
    """
    length = len(ids) - start
    if limit is None or len(ids) <= limit:
        return Kept(ids, start, range(length), False)
    most = min(length, max(limit // 2, limit - start))
    response = list(range(most))
    if keep_last and most:
        response[-1] = length - 1
    prompt = _last(ids[:start], limit - most, bos)
    return Kept([*prompt, *(ids[start + i] for i in response)], len(prompt), response, True)


def _last(prompt: list[int], most: int, bos: int | None) -> list[int]:
    if len(prompt) <= most:
        return prompt
    opens = bos is not None and prompt[0] == bos and most > 0
    head = prompt[:1] if opens else []
    rest = most - len(head)
    return head + (prompt[-rest:] if rest else [])


def ends_of(offsets: Offsets, whole: str, at: int, text: str | None) -> list[int]:
    """Return each token's end in `text`, which is looked for in `whole` from `at` on.

    `offsets` are of tokens in `whole`. Where `text` stands stripped, its own white space is counted
    along; where it does not stand at all (or is None), ends count from `at` to the end of `whole`.
    """
    begin, length = _place(whole, at, text)
    inside = (min(max(end - begin, 0), length) for _, end in offsets)
    return list(accumulate(inside, max))


def _place(whole: str, at: int, text: str | None) -> tuple[int, int]:
    if text is not None:
        found = whole.find(text, at)
        if found >= 0:
            return found, len(text)
        found = whole.find(text.strip(), at)
        if found >= 0:
            return found - (len(text) - len(text.lstrip())), len(text)
    return at, len(whole) - at
