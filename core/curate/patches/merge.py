"""Two label patches as one: both of the same labels, or the second of what the first one left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from core.curate.patches.patch import Header, PatchAction, PatchLine, read_header, read_patch
from core.errors import ExportError

SHOWN = 5
"""Contradictions that a sentence tells of."""


def merge(first: Path, second: Path) -> tuple[Header, list[PatchLine]]:
    """Return both patches as one, its lines in their order.

    Patches of the same base speak of the same labels and must not differ. Otherwise the second is
    of the labels that the first one left: flipped twice is kept.

    Raises:
        ExportError: a file is no patch, or the two contradict each other; names the pairs.
    """
    before, after = read_header(first), read_header(second)
    join = _same_base if before.base == after.base else _in_turn
    refused: list[str] = []
    lines: list[PatchLine] = []
    for one, two in _met(read_patch(first), read_patch(second)):
        try:
            lines += join(one, two) if one and two else one or two
        except _Contradiction as error:
            refused.append(str(error))
    if refused:
        told = "; ".join(refused[:SHOWN])
        more = f"; and {len(refused) - SHOWN:,} more" if len(refused) > SHOWN else ""
        raise ExportError(
            f"{first} and {second} contradict each other about {len(refused):,} pairs: "
            f"{told}{more}.",
            "Let a reviewer settle them, then make one patch from the store.",
        )
    made = before.made + tuple(step for step in after.made if step not in before.made)
    return Header(before.base, made, len(lines)), sorted(lines, key=lambda line: line.key)


class _Contradiction(Exception):
    """Two lines that cannot both be; the message names the pair."""


Group = list[PatchLine]


def _met(first: Iterable[PatchLine], second: Iterable[PatchLine]) -> Iterator[tuple[Group, Group]]:
    """Yield both patches' lines of each pair, by pair."""
    sides = [_groups(lines) for lines in (first, second)]
    held = [next(side, None) for side in sides]
    while any(held):
        pair = min(group[0].pair for group in held if group)
        now = [group if group and group[0].pair == pair else [] for group in held]
        yield now[0], now[1]
        held = [
            next(side, None) if met else group
            for side, met, group in zip(sides, now, held, strict=True)
        ]


def _groups(lines: Iterable[PatchLine]) -> Iterator[Group]:
    return (list(group) for _, group in groupby(lines, key=lambda line: line.pair))


def _same_base(one: Group, two: Group) -> Group:
    by_old = {line.old: line for line in one}
    for line in two:
        other = by_old.setdefault(line.old, line)
        if _says(other) != _says(line):
            raise _differ(line, f"{other.action} in the first, {line.action} in the second")
    return list(by_old.values())


def _in_turn(one: Group, two: Group) -> Group:
    """Return what the second makes of the labels that the first one leaves."""
    by_old = {line.old: line for line in two}
    found, used = [], set()
    for line in one:
        then = by_old.get(line.new) if line.new else None
        used.add(line.new)
        found.append(_composed(line, then) if then else line)
    spoken = {line.old: line for line in one}
    for line in two:
        if line.old in used:
            continue
        if (told := spoken.get(line.old)) is not None:
            raise _differ(line, f"the first did {told.action} the label that the second is about")
        found.append(line)  # of rows that the first left alone
    return found


def _composed(line: PatchLine, then: PatchLine) -> PatchLine:
    if then.action == "soft" and line.action == "flip":
        raise _differ(line, "a soft label in the second of what the first flips")
    if then.new is None:
        return replace(then, old=line.old)
    if then.action == "soft":
        return then
    action: PatchAction = "keep" if then.new == line.old else "flip"
    return replace(then, old=line.old, action=action)


def _says(line: PatchLine) -> tuple[object, ...]:
    return (line.action, line.new, line.share)


def _differ(line: PatchLine, why: str) -> _Contradiction:
    return _Contradiction(f"pair {line.pair[:16]} ({why})")
