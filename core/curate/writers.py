"""How pairs are written: a shape (which columns a trainer reads) in a kind of file.

Two tables at the bottom name them all; the same rows give the same bytes on every machine that
has the same versions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.registry import Registry

Turn = dict[str, str]

_TEXT = pa.string()
_TURNS = pa.list_(pa.struct([("role", _TEXT), ("content", _TEXT)]))
_SIDES = {"prompt": "user", "chosen": "assistant", "rejected": "assistant"}
PROVENANCE = pa.schema(
    [("pair_id", _TEXT), ("source", _TEXT), ("source_split", _TEXT), ("row", pa.int64())]
)
"""Columns that lead every row back to where it came from."""
STANDARD = pa.schema([*((side, _TEXT) for side in _SIDES), *PROVENANCE])
CONVERSATIONAL = pa.schema([*((side, _TURNS) for side in _SIDES), *PROVENANCE])


@dataclass(frozen=True)
class Shape:
    """What one row looks like to a trainer."""

    name: str
    title: str
    schema: pa.Schema
    project: Callable[[pa.Table], pa.Table]
    """A table of `export_texts` → a table of `schema`."""
    turns: bool = False
    """Can hold conversations."""


@dataclass(frozen=True)
class FileKind:
    """What one file looks like; its name is the files' suffix."""

    name: str
    title: str
    write: Callable[[Path, pa.Schema, Iterable[pa.Table]], None]
    limits: str = ""
    """What a reader makes of it; a sentence for the card."""


def _standard(texts: pa.Table) -> pa.Table:
    return _assembled(texts, [texts[f"{side}_text"] for side in _SIDES], STANDARD)


def _conversational(texts: pa.Table) -> pa.Table:
    columns = [_turns(texts, side, role) for side, role in _SIDES.items()]
    return _assembled(texts, columns, CONVERSATIONAL)


def _assembled(
    texts: pa.Table, sides: Sequence[pa.Array | pa.ChunkedArray], schema: pa.Schema
) -> pa.Table:
    origin = [texts[name] for name in PROVENANCE.names]
    return pa.Table.from_arrays([*sides, *origin], schema=schema)


def _turns(texts: pa.Table, side: str, role: str) -> pa.Array:
    pairs = zip(
        texts[f"{side}_text"].to_pylist(), texts[f"{side}_messages"].to_pylist(), strict=True
    )
    return pa.array(
        [
            [{"role": role, "content": text}] if messages is None else _parsed(messages)
            for text, messages in pairs
        ],
        _TURNS,
    )


def _parsed(messages: str) -> list[Turn]:
    return [{"role": turn["role"], "content": turn["content"]} for turn in json.loads(messages)]


def _write_jsonl(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    with path.open("wb") as file:
        for table in tables:
            lines = "".join(f"{encode(row)}\n" for row in table.to_pylist())
            file.write(lines.encode())


def _write_parquet(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    # Every option that shapes bytes is named: a changed default of the library changes nothing.
    with pq.ParquetWriter(
        path,
        schema,
        version="2.6",
        compression="zstd",
        compression_level=3,
        use_dictionary=["source", "source_split"],
        data_page_version="1.0",
        write_statistics=True,
        store_schema=True,
    ) as writer:
        for table in tables:
            writer.write_table(table)


_DATES = (
    "`datasets` reads JSON texts as times where all of a column in a block look like dates; "
    "Parquet files keep their texts."
)

FORMATS: Registry[Shape] = Registry("format")
FORMATS.register(
    Shape(
        name="trl",
        title="TRL preference, standard: prompt, chosen and rejected are texts",
        schema=STANDARD,
        project=_standard,
    )
)
FORMATS.register(
    Shape(
        name="trl-conversational",
        title="TRL preference, conversational: prompt, chosen and rejected are lists of turns",
        schema=CONVERSATIONAL,
        project=_conversational,
        turns=True,
    )
)

FILES: Registry[FileKind] = Registry("kind of file")
FILES.register(FileKind("jsonl", "JSON Lines", _write_jsonl, _DATES))
FILES.register(FileKind("parquet", "Parquet, compressed with Zstandard", _write_parquet))
