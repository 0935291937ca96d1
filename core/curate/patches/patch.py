"""A label patch: which answers people prefer now, by content hash, without any text.

JSON Lines: a header, then one line per pair and label, ordered by both, so that patches merge as
streams. A hash tells nothing to whoever lacks the data; who guesses a text can test the guess.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Literal

from core.curate.manifests.reading import Bad, strict_json, value_of
from core.curate.recipe import Labels
from core.errors import ExportError
from core.formats.kinds import check_regular
from core.formats.streams import Line as TextLine
from core.formats.streams import read_lines
from core.schema.relabel import Head
from core.store.layout import APPLICATION

KIND = "label patch"
VERSION = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST_CHARS = 1 << 16
_MOST_TEXT = 300
_HINT = "Make the patch anew, or fetch it again."

PatchAction = Literal["flip", "remove", "soft", "keep"]


@dataclass(frozen=True)
class Made:
    """What one patch was made by."""

    labels: Labels
    log: Head | None
    """Event of the votes' log up to which it was read."""


@dataclass(frozen=True)
class Header:
    """The first line of a patch."""

    base: str
    """Fingerprint of the store whose labels are the old ones."""
    made: tuple[Made, ...]
    """Several after a merge, the first one first."""
    lines: int
    """How many follow: a patch that was cut short shows."""
    application: str = APPLICATION
    file: str = KIND
    version: int = VERSION


@dataclass(frozen=True)
class PatchLine:
    """What becomes of the rows of one pair that have one label; hashes in hexadecimal digits."""

    pair: str
    """Content hash of the pair: prompt and the two answers in no order."""
    old: str
    """Content hash of the answer that the old label calls chosen."""
    new: str | None
    """Of the one that the new label calls chosen; None of a removed pair."""
    action: PatchAction
    share: float | None
    """Of a soft label: P(the old chosen answer is better), in [0,1]; None of others."""
    provenance: str
    """Who says so: "majority of 3 votes", "ruling of reviewer-1"."""
    who: tuple[str, ...]
    """The people, by pseudonyms unless their names were asked for."""

    @property
    def key(self) -> tuple[str, str]:
        """Return what lines are ordered by."""
        return (self.pair, self.old)


def read_header(path: Path) -> Header:
    """Return the header of a patch; raise ExportError where the file is none."""
    check_regular(path)
    first = next(read_lines(path), None)
    try:
        if first is None:
            raise Bad("it is empty")
        header = value_of(Header, _said(first))
        if (header.application, header.file) != (APPLICATION, KIND):
            raise Bad("its first line names another kind of file")
        if header.version > VERSION:
            raise ExportError(f"{path} was written by a later Assay.", "Update Assay.")
        if not _SHA256.fullmatch(header.base) or header.lines < 0 or not header.made:
            raise Bad("its first line has no base, number of lines or rule")
    except Bad as error:
        raise ExportError(f"{path} is not a label patch: {error}.", _HINT) from error
    return header


def read_patch(path: Path) -> Iterator[PatchLine]:
    """Yield the lines in their order.

    Raises:
        ExportError: a line is wrong, out of order, or missing at the end; names its number.
    """
    header, last, number, held = read_header(path), None, 0, 0
    for text in read_lines(path):
        if text.number == 1:
            continue
        number += 1
        try:
            line = _checked(value_of(PatchLine, _said(text)))
            held = held + 1 if last and last.pair == line.pair else 1
            if last and last.key >= line.key:
                raise Bad("it is out of order, or stands twice")
            if held > 2:
                raise Bad("a pair has two answers, and this is its third line")
        except Bad as error:
            raise ExportError(
                f"{path} is damaged in line {text.number:,}: {error}.", _HINT
            ) from error
        yield line
        last = line
    if number != header.lines:
        raise ExportError(
            f"{path} has {number:,} lines below its first, which promises {header.lines:,}.", _HINT
        )


def patch_lines(header: Header, lines: Iterable[PatchLine]) -> Iterator[str]:
    """Yield the texts of a patch's lines; `lines` are ordered by `key`, `header.lines` of them."""
    yield _text(asdict(header))
    for line in lines:
        yield _text({field.name: getattr(line, field.name) for field in fields(line)})


def counted(header: Header, lines: Iterable[PatchLine]) -> tuple[Header, list[PatchLine]]:
    """Return lines in their order, and the header that counts them."""
    ordered = sorted(lines, key=lambda line: line.key)
    return replace(header, lines=len(ordered)), ordered


def _said(text: TextLine) -> object:
    if text.too_long or len(text.data) > _MOST_CHARS:
        raise Bad(f"it is longer than {_MOST_CHARS >> 10} kB")
    return strict_json(text.data)


def _text(said: object) -> str:
    return json.dumps(said, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def _checked(line: PatchLine) -> PatchLine:
    """Refuse what no patch says, though every type is right."""
    hashes = (line.pair, line.old, *((line.new,) if line.new is not None else ()))
    if not all(map(_SHA256.fullmatch, hashes)):
        raise Bad("it has a hash that is not 64 hexadecimal digits")
    new: dict[str, bool] = {
        "flip": line.new not in (None, line.old),
        "remove": line.new is None,
        "keep": line.new == line.old,
        "soft": line.new == line.old,
    }
    if not new[line.action]:
        raise Bad(f"its answers do not fit the action {line.action}")
    if (line.share is not None) != (line.action == "soft"):
        raise Bad("a share belongs to a soft label, and to no other")
    if line.share is not None and not 0 <= line.share <= 1:
        raise Bad(f"its share is {line.share:g}, not between 0 and 1")
    if max(map(len, (line.provenance, *line.who))) > _MOST_TEXT:
        raise Bad(f"a name in it has more than {_MOST_TEXT} characters")
    return line
