"""CSV and TSV as records: every value stays text, so that an answer "4" is not a number."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from core.errors import SourceError
from core.formats.chunk import SHOWN_CHARS, Record
from core.formats.streams import MAX_ROW_BYTES, utf8_chunks

_DELIMITERS = ",\t;|"


def csv_records(path: Path, delimiter: str | None = None) -> Iterator[Record]:
    """Yield one record per row below the header; lines count from 1 as an editor does."""
    csv.field_size_limit(MAX_ROW_BYTES)
    lines = _text_lines(path)
    header_line = next(lines, "")
    mark = delimiter or max(_DELIMITERS, key=header_line.count)
    reader = csv.reader(_again(header_line, lines), delimiter=mark)
    header = _header(next(reader, []), path)
    start = reader.line_num + 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(start, 0, reason=f"the row is not CSV: {error}")
        else:
            if cells:
                yield _record(start, header, cells)
        start = reader.line_num + 1


def _record(line: int, header: list[str], cells: list[str]) -> Record:
    size = sum(map(len, cells))
    shown = ",".join(cells)[:SHOWN_CHARS]
    if len(cells) != len(header):
        reason = f"the row has {len(cells)} cells, the header has {len(header)}"
        return Record(line, size, reason=reason, text=shown)
    if any("\udc80" <= c <= "\udcff" for cell in cells if not cell.isascii() for c in cell):
        return Record(line, size, reason="the line is not UTF-8", text=ascii(shown))
    return Record(line, size, dict(zip(header, cells, strict=True)))


def _header(cells: list[str], path: Path) -> list[str]:
    names = [name or f"column_{i}" for i, name in enumerate(cells)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourceError(f"{path} has two columns named {twice[0]!r}.", "Rename one of them.")
    return names


def _text_lines(path: Path) -> Iterator[str]:
    held = b""
    for chunk in utf8_chunks(path):
        *lines, held = (held + chunk).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "surrogateescape") + "\n"
        if len(held) > MAX_ROW_BYTES:
            raise SourceError(f"{path} has a line of more than {MAX_ROW_BYTES >> 20} MB.")
    if held:
        yield held.decode("utf-8", "surrogateescape")


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest
