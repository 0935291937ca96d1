"""Data files read in pieces and written anew with some rows changed, kind by kind."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.curate.patches.rows import Code
from core.curate.patches.swapping import csv_cells, swapped_cells, swapped_json
from core.curate.patches.table import swapped_rows
from core.errors import ExportError
from core.formats.arrow_files import BATCH_BYTES, READ_ROWS, arrow_rows
from core.formats.chunk import parse_json, table_of
from core.formats.kinds import kind_of_name
from core.formats.streams import MAX_ROW_BYTES, codec_of, damage, seekable, utf8_chunks
from core.schema import Ints, RawBatch, RawRow

PIECE_ROWS = 4_000
PIECE_BYTES = 16 << 20
_DELIMITERS = ",\t;|"


@dataclass(frozen=True)
class Piece:
    """A stretch of a file."""

    batch: RawBatch
    """Its rows that can be read; `rows` are places in this piece."""
    lines: Sequence[int]
    """Line or record number of each row in the file, from 1."""
    texts: Sequence[str] = ()
    """Its rows as they are written, of text files."""
    table: pa.Table | None = None
    """Its rows, of others."""

    @property
    def rows(self) -> int:
        """Return how many rows it has, unreadable ones too."""
        return len(self.lines)


Codes = Callable[[Iterator[Piece]], Iterator[tuple[Piece, Ints]]]
"""Tells the `Code` of every row of pieces."""


def kind_of(source: Path, out: Path) -> str:
    """Return the kind of both files; raise ExportError where they differ or it is none of KINDS."""
    kind, wanted = kind_of_name(source), kind_of_name(out)
    if kind is None or kind not in KINDS:
        raise ExportError(
            f"{source} is not named as {', '.join(KINDS)}; a patch is applied to these.",
            "Write the rows as JSON Lines (.jsonl) or Parquet first.",
        )
    if wanted != kind:
        raise ExportError(f"{out} is not named as {kind}, as {source} is.", "Rename --out.")
    return kind


def _jsonl(source: Path, temp: Path, out: Path, codes: Codes) -> None:
    with _sink(temp, out) as sink:
        for piece, code in codes(_json_pieces(source)):
            for text, what in zip(piece.texts, code.tolist(), strict=True):
                if what != Code.REMOVE:
                    line = swapped_json(text) if what == Code.FLIP else text
                    sink.write(line.encode("utf-8", "surrogateescape"))


def _json_pieces(path: Path) -> Iterator[Piece]:
    held: list[tuple[int, str]] = []
    size = 0
    for number, text in enumerate(_lines(path), 1):
        held.append((number, text))
        size += len(text)
        if len(held) >= PIECE_ROWS or size >= PIECE_BYTES:
            yield _json_piece(held, path)
            held, size = [], 0
    if held:
        yield _json_piece(held, path)


def _json_piece(held: Sequence[tuple[int, str]], path: Path) -> Piece:
    rows: dict[int, RawRow] = {}
    for at, (_, text) in enumerate(held):
        try:
            value = parse_json(text)
        except ValueError:
            continue
        if isinstance(value, dict) and _encodes(text):
            rows[at] = value
    return _piece(rows, [number for number, _ in held], [text for _, text in held], path)


def _csv(source: Path, temp: Path, out: Path, codes: Codes) -> None:
    records = _records(source, "\t" if kind_of_name(source) == "TSV" else None)
    head = next(records)
    with _sink(temp, out) as sink:
        sink.write(head.text.encode("utf-8", "surrogateescape"))
        for piece, code in codes(_csv_pieces(records, head, source)):
            for text, what in zip(piece.texts, code.tolist(), strict=True):
                if what != Code.REMOVE:
                    line = _swapped_record(text, head) if what == Code.FLIP else text
                    sink.write(line.encode("utf-8", "surrogateescape"))


@dataclass(frozen=True)
class _Record:
    number: int
    """Of its first line."""
    text: str
    cells: Sequence[str]
    delimiter: str


def _records(path: Path, delimiter: str | None) -> Iterator[_Record]:
    """Yield the records of a CSV file as they are written, the header first."""
    csv.field_size_limit(MAX_ROW_BYTES)
    lines = _lines(path)
    first = next(lines, "")
    mark = delimiter or max(_DELIMITERS, key=first.count)
    held: list[str] = []

    def fed() -> Iterator[str]:
        for line in chain((first,), lines):
            held.append(line)
            yield line

    reader = csv.reader(fed(), delimiter=mark)
    number = 1
    while True:
        cells: list[str] = []
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:  # import leaves such a row out; here it stays as it is
            pass
        yield _Record(number, "".join(held), cells, mark)
        number += len(held)
        held.clear()


def _csv_pieces(records: Iterator[_Record], head: _Record, path: Path) -> Iterator[Piece]:
    held: list[_Record] = []
    size = 0
    for record in records:
        held.append(record)
        size += len(record.text)
        if len(held) >= PIECE_ROWS or size >= PIECE_BYTES:
            yield _csv_piece(held, head, path)
            held, size = [], 0
    if held:
        yield _csv_piece(held, head, path)


def _csv_piece(held: Sequence[_Record], head: _Record, path: Path) -> Piece:
    names = _names(head)
    rows: dict[int, RawRow] = {
        at: dict(zip(names, record.cells, strict=True))
        for at, record in enumerate(held)
        if len(record.cells) == len(names) and _encodes(record.text)
    }
    return _piece(rows, [r.number for r in held], [r.text for r in held], path)


def _names(head: _Record) -> list[str]:
    return [name or f"column_{at}" for at, name in enumerate(head.cells)]


def _swapped_record(text: str, head: _Record) -> str:
    cells = csv_cells(text, head.delimiter)
    made = head.delimiter.join(swapped_cells(cells, _names(head)))
    return made + text[len(head.delimiter.join(cells)) :]


def _parquet(source: Path, temp: Path, out: Path, codes: Codes) -> None:
    with seekable(source) as held, damage(source), pq.ParquetFile(held, pre_buffer=False) as file:
        options = {"compression": _compression(file), "version": "2.6"}
        with pq.ParquetWriter(temp, file.schema_arrow, **options) as writer:
            for piece, code in codes(_table_pieces(file, source)):
                made = swapped_rows(_table(piece), code == Code.FLIP)
                kept = made.filter(pa.array(code != Code.REMOVE))
                if kept.num_rows:
                    writer.write_table(kept)


def _table(piece: Piece) -> pa.Table:
    if piece.table is None:
        raise ValueError("a piece of a text file")
    return piece.table


def _compression(file: pq.ParquetFile) -> str:
    meta = file.metadata
    if not (meta.num_row_groups and meta.num_columns):
        return "zstd"
    name = str(meta.row_group(0).column(0).compression).lower()
    return "none" if name == "uncompressed" else name


def _table_pieces(file: pq.ParquetFile, path: Path) -> Iterator[Piece]:
    held: list[pa.RecordBatch] = []
    start = size = rows = 0
    for batch in file.iter_batches(batch_size=READ_ROWS):
        held.append(batch)
        size, rows = size + batch.nbytes, rows + batch.num_rows
        if rows >= 10 * READ_ROWS or size >= BATCH_BYTES:
            yield _table_piece(held, start, path)
            start, held, size, rows = start + rows, [], 0, 0
    if held:
        yield _table_piece(held, start, path)


def _table_piece(batches: Sequence[pa.RecordBatch], start: int, path: Path) -> Piece:
    table = pa.Table.from_batches(batches)
    chunks, places, base = [], [], 0
    for chunk in arrow_rows(batches, str(path)):
        chunks.append(chunk.table)
        places.append(base + chunk.positions)
        base += chunk.records
    lines = range(start + 1, start + 1 + table.num_rows)
    at = np.concatenate(places) if places else np.empty(0, np.int64)
    rows = pa.concat_tables(chunks) if chunks else table.slice(0, 0)
    return Piece(RawBatch(rows, at, at + start + 1, str(path), ""), lines, table=table)


def _piece(
    rows: Mapping[int, RawRow], lines: Sequence[int], texts: Sequence[str], path: Path
) -> Piece:
    table, nested = table_of(list(rows.values()))
    at = np.array(list(rows), np.int64)
    numbers = np.array(lines, np.int64)[at]
    batch = RawBatch(table, at, numbers, str(path), "", json_columns=nested)
    return Piece(batch, lines, texts)


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines with their ends; what is not UTF-8 is kept by escapes of Python."""
    held = b""
    for chunk in utf8_chunks(path):
        *lines, held = (held + chunk).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "surrogateescape") + "\n"
        if len(held) > MAX_ROW_BYTES:
            raise ExportError(f"{path} has a line of more than {MAX_ROW_BYTES >> 20} MB.")
    if held:
        yield held.decode("utf-8", "surrogateescape")


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def _sink(temp: Path, out: Path) -> Iterator[IO[bytes]]:
    """Open a file to write, compressed as the name of its place says."""
    codec = codec_of(out)
    with temp.open("wb") as file:
        if codec is None:
            yield file
            return
        with pa.CompressedOutputStream(pa.PythonFile(file, "w"), codec) as sink:
            yield sink


KINDS: Mapping[str, Callable[[Path, Path, Path, Codes], None]] = {
    "JSON Lines": _jsonl,
    "CSV": _csv,
    "TSV": _csv,
    "Parquet": _parquet,
}
"""What is applied to which kind of file: source, where to write, its final name, what rows get."""
