"""What a file is: by its name, else by its first bytes; what must not be opened is refused."""

from __future__ import annotations

import pickle
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from core.errors import SourceError
from core.formats.arrow_files import arrow_chunks, parquet_chunks
from core.formats.chunk import Chunk, gather
from core.formats.csv_files import csv_records
from core.formats.json_files import json_lines, whole_json
from core.formats.streams import codec_of, read_chunks

SUPPORTED = "JSON, JSON Lines, CSV, TSV, Parquet and Arrow, each also as .gz or .zst"

_Reader = Callable[[Path], Iterator[Chunk]]
_KINDS = {
    ".jsonl": "JSON Lines",
    ".ndjson": "JSON Lines",
    ".json": "JSON",
    ".csv": "CSV",
    ".tsv": "TSV",
    ".parquet": "Parquet",
    ".pq": "Parquet",
    ".arrow": "Arrow",
    ".feather": "Arrow",
    ".ipc": "Arrow",
}
_READERS: Mapping[str, _Reader] = {
    "JSON Lines": lambda path: gather(json_lines(path), str(path)),
    "JSON": lambda path: gather(whole_json(path), str(path)),
    "CSV": lambda path: gather(csv_records(path), str(path)),
    "TSV": lambda path: gather(csv_records(path, "\t"), str(path)),
    "Parquet": parquet_chunks,
    "Arrow": arrow_chunks,
}


@dataclass(frozen=True)
class _Foreign:
    what: str
    suffixes: tuple[str, ...]
    offset: int
    magic: tuple[bytes, ...]
    hint: str


_SAVE_AS = "Write the rows as JSON Lines or Parquet and import that."
_FOREIGN = (
    _Foreign(
        "a pickle, and opening one runs code from it",
        (".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib"),
        0,
        tuple(b"\x80" + bytes([i]) for i in range(2, pickle.HIGHEST_PROTOCOL + 1)),
        _SAVE_AS,
    ),
    _Foreign(
        "a DuckDB database, and opening a foreign one is like loading a program",
        (".duckdb",),
        8,
        (b"DUCK",),
        "Copy the rows out of it with COPY … TO 'pairs.parquet' and import that.",
    ),
    _Foreign(
        "an SQLite database",
        (".sqlite", ".sqlite3"),
        0,
        (b"SQLite format 3\0",),
        _SAVE_AS,
    ),
    _Foreign(
        "an archive", (".zip", ".tar", ".tgz", ".7z", ".rar"), 0, (b"PK\x03\x04",), "Unpack it."
    ),
    _Foreign("a workbook", (".xlsx", ".xls", ".ods"), 0, (b"\xd0\xcf\x11\xe0",), _SAVE_AS),
)


def kind_of_name(path: Path) -> str | None:
    """Return the kind of file that the name promises, without .gz or .zst."""
    plain = path.with_suffix("") if codec_of(path) else path
    return _KINDS.get(plain.suffix.lower())


def read_file(path: Path) -> Iterator[Chunk]:
    """Yield the rows of one file, whatever kind it is; refuse what must not be opened."""
    return _READERS[_kind(path)](path)


def _kind(path: Path) -> str:
    size = check_regular(path)
    plain = path.with_suffix("") if codec_of(path) else path
    _refuse(path, lambda foreign: plain.suffix.lower() in foreign.suffixes)
    head = next(islice(read_chunks(path), 1), b"") if size else b""
    if not head.strip():
        raise SourceError(f"{path} is empty.")
    _refuse(path, lambda foreign: head[foreign.offset :].startswith(foreign.magic))
    return kind_of_name(path) or _sniff(path, head)


def check_regular(path: Path) -> int:
    """Return the size of a regular file; pipes, devices and circular links are refused."""
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise SourceError(f"{path} does not exist.", "Check the path.") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise SourceError(f"{str(path)!r} cannot be opened: {why}.") from error
    if not stat.S_ISREG(found.st_mode):
        raise SourceError(f"{path} is not a regular file.", "Pipes and devices are not read.")
    return found.st_size


def _refuse(path: Path, matches: Callable[[_Foreign], bool]) -> None:
    for foreign in _FOREIGN:
        if matches(foreign):
            raise SourceError(f"{path} is {foreign.what}; it is not opened.", foreign.hint)


def _sniff(path: Path, head: bytes) -> str:
    if head.startswith(b"PAR1"):
        return "Parquet"
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "Arrow"
    text = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if text.startswith((b"{", b"[")):
        return "JSON"
    first = head.split(b"\n", 1)[0]
    if b"\0" not in first and b"\t" in first:
        return "TSV"
    if b"\0" not in first and b"," in first:
        return "CSV"
    raise SourceError(f"{path} is none of the files that import reads.", f"It reads {SUPPORTED}.")
