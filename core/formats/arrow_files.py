"""Parquet and Arrow files as bounded chunks; columns are never turned into Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import SourceError
from core.formats.chunk import MAX_ROWS, Chunk
from core.formats.streams import damage, read_chunks, seekable
from core.schema import Bools, Skipped

BATCH_BYTES = 64 << 20
READ_ROWS = 1000
"""Rows decoded at once, before their size is known."""
_IPC_MAGIC = b"ARROW1"
_PLAIN = {pa.large_string(): pa.string(), pa.string_view(): pa.string()}


def parquet_chunks(path: Path) -> Iterator[Chunk]:
    """Stream the row groups in small reads."""
    with seekable(path) as source, damage(path), pq.ParquetFile(source, pre_buffer=False) as file:
        yield from arrow_rows(file.iter_batches(batch_size=READ_ROWS), str(path))


def arrow_chunks(path: Path) -> Iterator[Chunk]:
    """Read an IPC file or an IPC stream, whichever the first bytes say."""
    is_file = next(read_chunks(path), b"").startswith(_IPC_MAGIC)
    with seekable(path) as source, damage(path), _open(source) as file:
        batches = _file_batches(file) if is_file else _stream_batches(file)
        yield from arrow_rows(batches, str(path))


def _open(source: IO[bytes] | str) -> pa.NativeFile:
    return pa.OSFile(source) if isinstance(source, str) else pa.PythonFile(source, mode="r")


def _file_batches(file: pa.NativeFile) -> Iterator[pa.RecordBatch]:
    reader = pa.ipc.open_file(file)
    return (_checked(reader.get_batch(i)) for i in range(reader.num_record_batches))


def _stream_batches(file: pa.NativeFile) -> Iterator[pa.RecordBatch]:
    return map(_checked, pa.ipc.open_stream(file))


def _checked(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Refuse offsets that point outside the buffers, which IPC takes as they are."""
    batch.validate(full=True)
    return batch


def arrow_rows(batches: Iterable[pa.RecordBatch], origin: str) -> Iterator[Chunk]:
    """Yield the batches as chunks of at most MAX_ROWS and about BATCH_BYTES, in plain columns."""
    start = 1
    for table in _bounded(_plain_pieces(batches, origin)):
        yield _chunk(table, start, origin)
        start += table.num_rows


def _chunk(table: pa.Table, start: int, origin: str) -> Chunk:
    """Return a chunk; rows with texts that are not UTF-8, which Parquet lets pass, are bad."""
    positions = np.arange(table.num_rows, dtype=np.int64)
    try:
        table.validate(full=True)
    except pa.ArrowInvalid:
        good = _decodes(table)
        bad = tuple(
            Skipped(origin, int(n) + start, "the row is not UTF-8") for n in positions[~good]
        )
        kept = table.filter(pa.array(good))
        kept.validate(full=True)
        return Chunk(kept, positions[good], positions[good] + start, table.num_rows, bad)
    return Chunk(table, positions, positions + start, table.num_rows)


def _decodes(table: pa.Table) -> Bools:
    good = np.ones(table.num_rows, dtype=np.bool_)
    for column in table.columns:
        if pa.types.is_string(column.type):
            values = column.cast(pa.binary()).to_pylist()
            good &= np.array([v is None or _is_utf8(v) for v in values], dtype=np.bool_)
    return good


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _plain_pieces(batches: Iterable[pa.RecordBatch], origin: str) -> Iterator[pa.Table]:
    """Decode few rows at a time: one dictionary value of a megabyte may stand in every row."""
    for batch in batches:
        for start in range(0, batch.num_rows, READ_ROWS):
            piece = pa.Table.from_batches([batch.slice(start, READ_ROWS)])
            yield from _cut(_plain(piece, origin))


def _cut(table: pa.Table) -> Iterator[pa.Table]:
    per_row = max(1, table.nbytes // max(1, table.num_rows))
    step = max(1, BATCH_BYTES // per_row)
    for start in range(0, table.num_rows, step):
        yield table.slice(start, step)


def _bounded(pieces: Iterable[pa.Table]) -> Iterator[pa.Table]:
    held: list[pa.Table] = []
    rows = size = 0
    for piece in pieces:
        if held and (rows + piece.num_rows > MAX_ROWS or size + piece.nbytes > BATCH_BYTES):
            yield pa.concat_tables(held)
            held, rows, size = [], 0, 0
        held.append(piece)
        rows, size = rows + piece.num_rows, size + piece.nbytes
    if held:
        yield pa.concat_tables(held)


def _plain(table: pa.Table, origin: str) -> pa.Table:
    """Return the table with plain strings for every way Arrow can write a string column."""
    names = table.column_names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourceError(f"{origin} has two columns named {twice[0]!r}.", "Rename one of them.")
    for i, (name, column) in enumerate(zip(names, table.columns, strict=True)):
        kind = column.type
        if isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        kind = _PLAIN.get(kind, kind)
        if kind != column.type:
            table = table.set_column(i, name, column.cast(kind))
    return table.replace_schema_metadata(None)
