"""A label patch on a data file: the rows that it names are swapped or dropped, all others stay.

Texts are streamed and keep their bytes: a row that is flipped and flipped back is the same line.
Removed rows are dropped, so the file alone cannot bring them back. A row whose label is not the one
that the patch is about stops everything, unless the rest is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.curate.patches.files import KINDS, Piece, kind_of
from core.curate.patches.rows import Code, Lookup, lookup, row_hashes
from core.curate.patches.swapping import BOUND
from core.errors import AmbiguousFormat, ExportError, SourceError
from core.formats import plan_import
from core.formats.kinds import check_regular
from core.formats.plan import convert
from core.formats.spec import FORMATS, FormatSpec
from core.schema import Ints
from core.store.files import place

FAMILIES = (
    "trl_explicit",
    "trl_implicit",
    "trl_conversational",
    "trl_conversational_implicit",
    "trl_mixed",
    "hh_rlhf",
)
"""Formats whose rows have a column `chosen` and a column `rejected`."""
SHOWN = 5
"""Rows that a sentence tells of."""
_ROWS = (
    "A patch is applied to rows that hold a chosen and a rejected answer, --format says how to "
    "read them; rows of kto hold one answer each, so export the pairs with --verdicts instead."
)
_WHY: Mapping[int, str] = {
    Code.OTHER: "its label is not the one that the patch is about",
    Code.MERGED: "its pair stood with both labels, and which row was which is gone",
}


@dataclass
class Applied:
    """What became of the rows of a file."""

    rows: int = 0
    flipped: int = 0
    removed: int = 0
    kept: int = 0
    """Confirmed: the label stays."""
    soft: int = 0
    """The label is soft now, which such a file cannot hold: it stays."""
    refused: int = 0
    """Left as they were, though the patch names them."""
    foreign: int = 0
    """The patch says nothing of them, or they are no pairs."""
    absent: int = 0
    """Lines of the patch that no row of the file answers to."""
    problems: list[str] = field(default_factory=list)
    """The first refused rows, with why."""
    stale: list[str] = field(default_factory=list)
    """Columns of flipped rows that hang on the label and are as they were."""


def apply(patch: Path, source: Path, out: Path, options: Options) -> Applied:
    """Write `source` with the patch's labels to the new file `out`, whole or not at all.

    Raises:
        ExportError: a row has another label than the patch expects, no row is named by it, the
            format is none of FAMILIES, or `out` is there.
        SourceError: the file cannot be read.
    """
    return _write(lookup(patch), source, out, options, back=False)


def revert(patch: Path, applied: Path, out: Path, options: Options) -> Applied:
    """Write the file as it was before `apply`; flipped rows are the lines that they were.

    Raises:
        ExportError: the patch removed rows, which the file does not hold any more; and what
            `apply` raises.
    """
    found = lookup(patch, back=True)
    if found.removes and not options.partial:
        raise ExportError(
            f"The patch removes {found.removes:,} pairs, which a file that it was applied to does "
            "not hold.",
            "Take the original file; --partial reverts the flips alone.",
        )
    return _write(found, applied, out, options, back=True)


@dataclass(frozen=True)
class Options:
    """How a patch is applied."""

    format: str | None = None
    """Name of the format; None: recognised as import does."""
    partial: bool = False
    """Leave rows whose label does not fit, instead of refusing."""
    force: bool = False
    """Replace the file."""


def check_free(out: Path, force: bool) -> None:
    """Raise ExportError where a file would be replaced, or has no folder."""
    if (out.exists() or out.is_symlink()) and not force:
        raise ExportError(f"{out} is there already; it is not replaced.", "Add --force, or rename.")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise ExportError(f"{out} is no file in a folder that is there.", "Make the folder first.")


def _write(found: Lookup, source: Path, out: Path, options: Options, *, back: bool) -> Applied:
    check_free(out, options.force)
    check_regular(source)
    kind = kind_of(source, out)
    spec = _spec(source, options.format)
    tally = _Tally(found, spec, options.partial, back)
    place(out, lambda temp: KINDS[kind](source, temp, out, tally.codes))
    return tally.done


def _spec(source: Path, name: str | None) -> FormatSpec:
    try:
        plan = plan_import(str(source), format_name=name)
    except AmbiguousFormat:
        raise
    except SourceError as error:  # import's own hint names a map, which a patch does not take
        raise SourceError(error.message, _ROWS if error.hint else "") from error
    if plan.info.format not in FAMILIES:
        raise ExportError(
            f"{source} is read as {plan.info.format}; a patch is applied to {', '.join(FAMILIES)}.",
            "Export the pairs with --verdicts instead.",
        )
    return FORMATS.get(plan.info.format)


class _Tally:
    """Says what becomes of rows, and counts it."""

    def __init__(self, found: Lookup, spec: FormatSpec, partial: bool, back: bool) -> None:
        self.found, self.spec, self.partial, self.back = found, spec, partial, back
        self.seen = np.zeros(found.pair.size, np.bool_)
        self.done = Applied()

    def codes(self, pieces: Iterator[Piece]) -> Iterator[tuple[Piece, Ints]]:
        """Yield pieces of a file with a `Code` per row, of those that change FLIP or REMOVE.

        Raises ExportError at the end: nothing is in its place before.
        """
        for piece in pieces:
            yield piece, self._code(piece)
        self._end()

    def _code(self, piece: Piece) -> Ints:
        batch = piece.batch
        code = np.full(piece.rows, int(Code.FOREIGN), np.int64)
        if batch.table.num_rows:
            pairs = convert(self.spec, batch).pairs
            at = pairs["row"].to_numpy()
            code[at], line = self.found.find(row_hashes(pairs))
            self.seen[line[line >= 0]] = True
        self._count(code, piece)
        if (code == Code.FLIP).any():
            stale = BOUND.intersection(batch.table.column_names).difference(self.done.stale)
            self.done.stale = sorted((*self.done.stale, *stale))
        return code

    def _count(self, code: Ints, piece: Piece) -> None:
        done, counts = self.done, Counter(code.tolist())
        done.rows += piece.rows
        done.foreign += counts[Code.FOREIGN]
        done.kept += counts[Code.KEEP]
        done.soft += counts[Code.SOFT]
        done.flipped += counts[Code.FLIP]
        done.removed += counts[Code.REMOVE]
        for number in _WHY:
            done.refused += counts[number]
            for at in np.flatnonzero(code == number).tolist()[: SHOWN - len(done.problems)]:
                done.problems.append(f"line {piece.lines[at]:,}: {_WHY[number]}")

    def _end(self) -> None:
        done = self.done
        done.absent = int((~self.seen).sum())
        if done.refused and not self.partial:
            more = done.refused - len(done.problems)
            told = "; ".join(done.problems) + (f"; and {more:,} more" if more else "")
            raise ExportError(
                f"{done.refused:,} rows do not fit the patch, so nothing was written: {told}.",
                "Take the file that the patch was made for; --partial leaves such rows alone.",
            )
        if not self.seen.any() and not done.refused:
            raise ExportError(
                "No row of the file is named by the patch, so nothing was written.",
                "A text that was changed by one letter is another pair.",
            )
