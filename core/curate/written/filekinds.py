"""Kinds of file: the same rows give the same bytes on every machine with the same versions.

CSV is the one kind that changes texts: `guarded` says how, `read_csv` undoes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from core.curate.written.shapes_other import LABEL

JSON_ROWS = 256
"""Rows that are Python objects at once: of larger blocks the memory is asked for anew each time,
which made 130 MB/s of 182."""
GZIP_BYTES = 1 << 20
GZIP_LEVEL = 6
_REPEATED = ("source", "source_split", "provenance", "subset", "chosen_model", "rejected_model")
_MISSING = (
    *("", "#N/A", "#N/A N/A", "#NA", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN"),
    *("None", "n/a", "nan", "null"),
)
"""Texts that pandas, and so `datasets`, takes for nothing; those that begin with − are below."""
_GUARDED = r"\A(?:['=+\-@\t\r\n＝＋－＠]|(?:" + "|".join(map("\\Q{}\\E".format, _MISSING)) + r")\z)"


@dataclass(frozen=True)
class FileKind:
    """What one file looks like; its name is the files' suffix."""

    name: str
    title: str
    write: Callable[[Path, pa.Schema, Iterable[pa.Table]], int]
    """Tables of the schema → how many rows the file has."""
    limits: str = ""
    """What a reader makes of it; sentences for the card."""
    config: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What the card's `configs` entry must say besides `data_files`."""


def write_jsonl(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
    """Write a JSON object per line, UTF-8."""
    with path.open("wb") as file:
        return _pour(_lines(tables), file.write)


def write_jsonl_gz(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
    """Write the same lines as members of one MiB each; no time or name stands in a header."""
    codec, held, rows = pa.Codec("gzip", GZIP_LEVEL), bytearray(), 0
    with path.open("wb") as file:
        for block, count in _lines(tables):
            held += block
            rows += count
            while len(held) >= GZIP_BYTES:
                file.write(codec.compress(bytes(held[:GZIP_BYTES])))
                del held[:GZIP_BYTES]
        file.write(codec.compress(bytes(held)))
    return rows


def write_jsonl_zst(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
    """Write the same lines as one Zstandard frame."""
    with path.open("wb") as file, pa.CompressedOutputStream(file, "zstd") as out:
        return _pour(_lines(tables), out.write)


def write_json(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
    """Write one document of AnnotatedPairs 2.0."""
    with path.open("wb") as file:
        file.write(orjson.dumps(_HEAD)[:-1] + b',"comparisons":[')
        first, rows = True, 0
        for block, count in _lines(tables):
            # A line has no raw line break inside, so each one here ends a comparison.
            file.write((b"\n" if first else b",\n") + block[:-1].replace(b"\n", b",\n"))
            first, rows = False, rows + count
        file.write(b"\n]}\n")
    return rows


def write_parquet(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
    """Write Parquet; every option that shapes bytes is named, so no changed default matters."""
    with pq.ParquetWriter(
        path,
        schema,
        version="2.6",
        compression="zstd",
        compression_level=3,
        use_dictionary=[name for name in _REPEATED if name in schema.names],
        data_page_version="1.0",
        write_statistics=True,
        store_schema=True,
    ) as writer:
        return _pour(((table, table.num_rows) for table in tables), writer.write_table)


def write_arrow(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
    """Write an Arrow stream, uncompressed: readers map it into memory."""
    options = pa.ipc.IpcWriteOptions(use_threads=False)
    with path.open("wb") as file, pa.ipc.new_stream(file, schema, options=options) as writer:
        return _pour(((table, table.num_rows) for table in tables), writer.write_table)


def write_csv(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
    """Write CSV with a header; texts are `guarded`."""
    options = pa.csv.WriteOptions(include_header=True, quoting_style="needed")
    with (
        path.open("wb") as file,
        pa.csv.CSVWriter(file, schema, write_options=options) as writer,
    ):
        guards = ((_each_text(table, guarded), table.num_rows) for table in tables)
        return _pour(guards, writer.write_table)


def read_csv(path: Path, schema: pa.Schema) -> pa.Table:
    """Return what `write_csv` was given; texts are exactly what they were."""
    table = pa.csv.read_csv(
        path,
        read_options=pa.csv.ReadOptions(use_threads=False, block_size=1 << 28),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=schema,
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )
    return _each_text(table, unguarded)


def guarded(texts: pa.Array) -> pa.Array:
    """Put a ' before texts that a spreadsheet would run or a reader would take for nothing.

    Those begin with = + - @, their wide forms, a tab, a line break or a ', or are one of the
    words that pandas takes for missing.
    """
    return pc.replace_substring_regex(texts, _GUARDED, r"'\0", max_replacements=1)


def unguarded(texts: pa.Array) -> pa.Array:
    """Take one ' off the beginning: what `guarded` was given."""
    return pc.replace_substring_regex(texts, r"\A'", "", max_replacements=1)


def _each_text(table: pa.Table, change: Callable[[pa.Array], pa.Array]) -> pa.Table:
    columns = [
        change(table[kind.name]) if kind.type == pa.string() else table[kind.name]
        for kind in table.schema
    ]
    return pa.Table.from_arrays(columns, schema=table.schema)


def _lines(tables: Iterable[pa.Table]) -> Iterator[tuple[bytes, int]]:
    for table in tables:
        for start in range(0, table.num_rows, JSON_ROWS):
            part = table.slice(start, JSON_ROWS)
            yield _json(part), part.num_rows


def _json(table: pa.Table) -> bytes:
    names, dumps = table.column_names, orjson.dumps
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    newline = orjson.OPT_APPEND_NEWLINE
    return b"".join([dumps(dict(zip(names, row, strict=True)), None, newline) for row in rows])


def _pour(blocks: Iterable[tuple[object, int]], write: Callable[..., object]) -> int:
    rows = 0
    for block, count in blocks:
        write(block)
        rows += count
    return rows


_HEAD = {
    "metadata": {
        "version": "2.0",
        "description": "Preference pairs written by Assay.",
        "default_annotator": LABEL,
    },
    "annotators": {
        LABEL: {"name": "Label", "description": "The label of the pair.", "type": "unknown"}
    },
}
_DATES = (
    "`datasets` reads JSON texts as times where all of a column in a block look like dates; "
    "Parquet files keep their texts."
)
FILE_KINDS = (
    FileKind("jsonl", "JSON Lines", write_jsonl, _DATES),
    FileKind("jsonl.gz", "JSON Lines, compressed with gzip", write_jsonl_gz, _DATES),
    FileKind(
        "jsonl.zst",
        "JSON Lines, compressed with Zstandard",
        write_jsonl_zst,
        f"{_DATES} `datasets` needs the package `zstandard` to read them.",
    ),
    FileKind("parquet", "Parquet, compressed with Zstandard", write_parquet),
    FileKind(
        "csv",
        "CSV that no spreadsheet runs as formulas",
        write_csv,
        "Texts that begin with = + - @ ' a tab or a line break, and texts such as NA, None or "
        "an empty one, have a ' before them; take one ' off the beginning of each text to have "
        "what it was. A spreadsheet cuts a cell at 32,767 characters.",
    ),
    FileKind("arrow", "Arrow stream, uncompressed", write_arrow),
    FileKind(
        "json", "JSON, one document", write_json, _DATES, MappingProxyType({"field": "comparisons"})
    ),
)
