"""Label patches made in the test: `patch_of(file, {row: action})` of the rows of a data file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from core.curate.patches.patch import Header, Made, PatchAction, PatchLine, counted, patch_lines
from core.curate.patches.rows import row_hashes
from core.curate.patches.swapping import other_side
from core.curate.recipe import Labels
from core.formats import plan_import
from core.schema.relabel import Head

MADE = Made(Labels("majority", {"min_votes": 1}, "flip", "soft"), Head(3, "e" * 64))


def rows_of(path: Path, format: str | None = None) -> list[tuple[str, str, str]]:
    """Return the content hashes of a file's pairs: of the pair, the chosen and the other answer."""
    found = []
    for batch in plan_import(str(path), format_name=format).batches():
        mine = row_hashes(batch.pairs)
        names = [other_side(name) or name for name in batch.pairs.column_names]
        other = row_hashes(batch.pairs.rename_columns(names))
        found += zip(mine.pair, mine.chosen, other.chosen, strict=True)
    return [tuple(map(digits, row)) for row in found]  # type: ignore[misc]


def digits(digest: bytes) -> str:
    """Return a digest in hexadecimal digits; numpy cuts zeros off the end of bytes."""
    return bytes(digest).ljust(32, b"\0").hex()


def line(row: tuple[str, str, str], action: PatchAction = "flip", **over: object) -> PatchLine:
    """Return what a patch says of a row."""
    pair, chosen, rejected = row
    new = {"flip": rejected, "remove": None}.get(action, chosen)
    share = 0.5 if action == "soft" else None
    made = PatchLine(pair, chosen, new, action, share, "majority of 3 votes", ("annotator-1",))
    return replace(made, **over)  # type: ignore[arg-type]


def write_patch(path: Path, *lines: PatchLine, base: str = "a" * 64, made: Made = MADE) -> Path:
    """Write lines, in whatever order they come, as a patch."""
    header, ordered = counted(Header(base, (made,), 0), lines)
    path.write_text("".join(f"{text}\n" for text in patch_lines(header, ordered)))
    return path


def patch_of(
    source: Path, out: Path, actions: Mapping[int, PatchAction], format: str | None = None
) -> Path:
    """Write a patch of some rows of a data file, by number."""
    rows = rows_of(source, format)
    return write_patch(out, *(line(rows[at], action) for at, action in actions.items()))
