"""Every kind of file and folder gives the same rows; every bad one a sentence or a bad row."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pickle
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from core.errors import SourceError, UnknownName
from core.formats import chunk, open_source, read_batches, streams
from core.formats.splits import guess_split
from core.schema import RawBatch

ROWS = [
    {"prompt": "2+2=", "chosen": " 4", "rejected": " 5\u2028?"},
    {"prompt": "né\x00", "chosen": 'a,"b"\nc', "rejected": "\U0001f600\u202e"},
]
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)


def table() -> pa.Table:
    return pa.Table.from_pylist(ROWS)


def csv_text(delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROWS[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(ROWS)
    return out.getvalue()


def parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table(), sink)
    return sink.getvalue().to_pybytes()


def ipc(new: Callable[..., pa.RecordBatchWriter]) -> bytes:
    sink = pa.BufferOutputStream()
    with new(sink, table().schema) as writer:
        writer.write_table(table())
    return sink.getvalue().to_pybytes()


def feather_bytes() -> bytes:
    sink = pa.BufferOutputStream()
    feather.write_feather(table(), sink)
    return sink.getvalue().to_pybytes()


def zst(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return sink.getvalue().to_pybytes()


FILES: dict[str, bytes] = {
    "a.jsonl": LINES.encode(),
    "a.ndjson": ("\n" + LINES.replace("\n", "\r\n") + "\n").encode(),
    "bom.jsonl": b"\xef\xbb\xbf" + LINES.encode(),
    "utf16.jsonl": LINES.encode("utf-16"),
    "utf16be.jsonl": LINES.encode("utf-16-be"),
    "array.json": json.dumps(ROWS, indent=2).encode(),
    "lines.json": LINES.encode(),
    "columns.json": json.dumps({k: [row[k] for row in ROWS] for k in ROWS[0]}).encode(),
    "data.json": json.dumps({"version": 1, "data": ROWS}).encode(),
    "a.csv": csv_text(",").encode(),
    "semicolon.csv": csv_text(";").encode("utf-8-sig"),
    "a.tsv": csv_text("\t").encode(),
    "a.parquet": parquet(),
    "a.arrow": ipc(pa.ipc.new_file),
    "stream.arrow": ipc(pa.ipc.new_stream),
    "a.feather": feather_bytes(),
    "sniffed": LINES.encode(),
    "sniffed.parquet.copy": parquet(),
}
FILES |= {f"{name}.gz": gzip.compress(data) for name, data in FILES.items() if "." in name}
FILES |= {f"{n}.zst": zst(d) for n, d in FILES.items() if "." in n and not n.endswith(".gz")}


def read(text: str | Path, split: str | None = None, limit: int | None = None) -> list[RawBatch]:
    return list(read_batches(open_source(str(text), split), limit))


def rows_of(batches: list[RawBatch]) -> list[dict[str, object]]:
    return [row for batch in batches for row in batch.table.to_pylist()]


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    batches = read(tmp_path / name)
    assert rows_of(batches) == ROWS
    assert [int(n) for b in batches for n in b.rows] == [0, 1]
    assert not any(b.skipped or b.json_columns for b in batches)


BAD_LINES: dict[str, tuple[bytes, str]] = {
    "not json": (b"{oops", "no row that can be stored"),
    "cut short": (b'{"prompt": "a', "no row that can be stored"),
    "a list": (b"[1, 2]", "the row is a list"),
    "a text": (b'"hello"', "the row is a text"),
    "null": (b"null", "the row is null"),
    "a number": (b"3", "a bare value"),
    "lone surrogate": (b'{"prompt": "\\ud800"}', "lone surrogate"),
    "invalid utf-8": (b'{"prompt": "\xff"}', "not UTF-8"),
    "encoded surrogate": (b'{"prompt": "\xed\xa0\x80"}', "not UTF-8"),
    "too deep": (b'{"prompt": ' + b"[" * 5000 + b"]" * 5000 + b"}", "nests deeper"),
    "deep": (b'{"prompt": ' + b"[" * 70 + b"]" * 70 + b"}", "nests deeper"),
    "huge number": (b'{"n": ' + b"1" * 5000 + b"}", "no row that can be stored"),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_quarantined_with_its_number(tmp_path: Path, name: str) -> None:
    data, reason = BAD_LINES[name]
    path = tmp_path / "a.jsonl"
    good = LINES.encode().split(b"\n")[:2]
    path.write_bytes(b"\n".join([good[0], b"", data, good[1]]) + b"\n")
    (batch,) = read(path)
    assert batch.table.to_pylist() == ROWS
    assert batch.rows.tolist() == [0, 2]
    assert batch.lines.tolist() == [1, 4]
    (bad,) = batch.skipped
    assert (bad.origin, bad.line) == (str(path), 3)
    assert reason in bad.reason
    assert not bad.reason.endswith(".")
    assert len(bad.text) <= 200


def test_a_row_over_the_cap_is_quarantined(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    huge = b'{"prompt": "' + b"x" * (50 << 20) + b'"}\n'
    path.write_bytes(huge + LINES.encode())
    (batch,) = read(path)
    assert batch.table.to_pylist() == ROWS
    assert batch.skipped[0].line == 1
    assert "longer than 32 MB" in batch.skipped[0].reason


def test_bad_csv_rows_are_quarantined_with_the_line_an_editor_shows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'a,b\n"1\n2",x\nonly\n1,2,3\n\n\xff,y\nlast,z\n')
    (batch,) = read(path)
    assert batch.table.to_pylist() == [{"a": "1\n2", "b": "x"}, {"a": "last", "b": "z"}]
    assert batch.lines.tolist() == [2, 8]
    assert [(s.line, s.reason.split(",")[0]) for s in batch.skipped] == [
        (4, "the row has 1 cells"),
        (5, "the row has 3 cells"),
        (7, "the line is not UTF-8"),
    ]


def test_mixed_and_nested_values_become_json_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"m": 1, "n": [1], "i": 1, "f": 1.5, "b": True}, {"m": "x", "f": 2, "big": 2**70}]
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    (batch,) = read(path)
    assert batch.json_columns == {"m", "n", "big"}
    assert batch.table.to_pylist() == [
        {"m": "1", "n": "[1]", "i": 1, "f": 1.5, "b": True, "big": None},
        {"m": '"x"', "n": None, "i": None, "f": 2.0, "b": None, "big": str(2**70)},
    ]


def text_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as con:
        con.execute("CREATE TABLE t (a)")
    con.close()


class Trap:
    """Unpickling this would leave a file behind."""

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, ("trap-was-sprung",))


REFUSED: dict[str, tuple[Callable[[Path], object] | bytes | None, str]] = {
    "missing.jsonl": (None, "does not exist"),
    "empty.jsonl": (b"", "is empty"),
    "blank.jsonl": (b"\n \n", "is empty"),
    "empty.jsonl.gz": (gzip.compress(b""), "is empty"),
    "cut.jsonl.gz": (gzip.compress(os.urandom(200_000))[:-9], "cut short"),
    "cut.jsonl.zst": (zst(os.urandom(200_000))[:-9], "cut short"),
    "flipped.jsonl.gz": (b"\x1f\x8b" + gzip.compress(LINES.encode())[3:], "damaged"),
    "cut.parquet": (parquet()[:-20], "damaged"),
    "hole.parquet": (parquet()[:4] + b"\xff" * 60 + parquet()[64:], "damaged"),
    "cut.arrow": (ipc(pa.ipc.new_file)[:200], "damaged"),
    "noise.arrow": (b"noise" * 40, "damaged"),
    "open.json": (b'[{"a": 1}', "ends inside its JSON array"),
    "broken.json": (b'[{"a": 1}, {"a" 2}]', "not valid JSON"),
    "tokens.json": (b"{\n oops }", "not valid JSON"),
    "two.json": (b'[{"a": 1}]\n[{"a": 2}]', "goes on after its JSON array"),
    "twice.csv": (b"a,a\n1,2\n", "two columns named 'a'"),
    "a.pkl": (pickle.dumps(Trap()), "is a pickle"),
    "model.pt": (b"PK\x03\x04", "is a pickle"),
    "hidden.jsonl": (pickle.dumps(Trap()), "is a pickle"),
    "hidden.gz": (gzip.compress(pickle.dumps(Trap())), "is a pickle"),
    "a.duckdb": (b"x", "is a DuckDB database"),
    "hidden.parquet": (b"\0" * 8 + b"DUCK" + b"\0" * 100, "is a DuckDB database"),
    "a.sqlite": (text_sqlite, "is an SQLite database"),
    "hidden.csv": (text_sqlite, "is an SQLite database"),
    "a.zip": (b"PK\x03\x04", "is an archive"),
    "a.xyz": (b"\x01\x02\x03", "none of the files"),
    "fifo.jsonl": (os.mkfifo, "not a regular file"),
    "loop.jsonl": (lambda path: path.symlink_to(path), "cannot be opened"),
    "empty folder": (os.mkdir, "holds no data file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make, sentence = REFUSED[name]
    path = tmp_path / name
    if isinstance(make, bytes):
        path.write_bytes(make)
    elif make is not None:
        make(path)
    with pytest.raises(SourceError, match=sentence) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert name in caught.value.message
    assert not (tmp_path / "trap-was-sprung").exists()


@pytest.mark.parametrize("text", ["https://example.org/a.jsonl", "file:///etc/passwd"])
def test_addresses_are_not_read(text: str) -> None:
    with pytest.raises(SourceError, match="reads no addresses"):
        open_source(text)


def test_a_glob_without_a_match_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No file matches"):
        open_source(f"{tmp_path}/*.jsonl")


def test_nul_in_a_path_is_a_sentence() -> None:
    with pytest.raises(SourceError, match="cannot be opened"):
        open_source("a\0b.jsonl")


@pytest.mark.parametrize("codec", ["gz", "zst"])
def test_a_bomb_stops_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str) -> None:
    monkeypatch.setattr(streams, "RATIO_FROM_BYTES", 1 << 20)
    data = b'{"a": "%s"}\n' % (b"x" * 10_000) * 800
    path = tmp_path / f"bomb.jsonl.{codec}"
    path.write_bytes(gzip.compress(data) if codec == "gz" else zst(data))
    with pytest.raises(SourceError, match=r"grows more than 200 times"):
        read(path)


def test_a_folder_is_read_in_order_with_splits_and_one_count_per_split(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    line = LINES.split("\n", 1)[0] + "\n"
    names = ["test-00000-of-00001", "train-00001-of-00002", "train-00000-of-00002"]
    for name in names:
        (tmp_path / "data" / f"{name}.jsonl").write_text(line * 2, "utf-8")
    (tmp_path / "README.md").write_text("---\nlanguage: en\nlicense: mit\n---\n", "utf-8")
    (tmp_path / ".hidden.jsonl").write_text("broken", "utf-8")
    (tmp_path / "again").symlink_to(tmp_path)
    source = open_source(str(tmp_path))
    assert source.licence == "mit"
    batches = list(read_batches(source))
    assert [(b.split, b.rows.tolist()) for b in batches] == [
        ("test", [0, 1]),
        ("train", [0, 1]),
        ("train", [2, 3]),
    ]
    assert [b.split for b in read(tmp_path, split="test")] == ["test"]
    with pytest.raises(UnknownName, match="no split named 'dev'"):
        open_source(str(tmp_path), "dev")


def test_two_kinds_in_one_folder_are_not_guessed_about(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.parquet"):
        (tmp_path / name).write_bytes(FILES[name])
    with pytest.raises(SourceError, match="several kinds"):
        open_source(str(tmp_path))
    assert rows_of(read(f"{tmp_path}/*.jsonl")) == ROWS


def test_a_single_split_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(LINES, "utf-8")
    assert read(tmp_path / "a.jsonl", split="mine")[0].split == "mine"


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("data/train_prefs-00000-of-00003.parquet", "train_prefs"),
        ("test_sft.jsonl", "test_sft"),
        ("harmless-base_test.jsonl.gz", "test"),
        ("validation/part-0.parquet", "validation"),
        ("dev.csv", "validation"),
        ("Training.json", "train"),
        ("eval/data.jsonl", "test"),
        ("testimony.jsonl", None),
        ("pairs.jsonl", None),
    ],
)
def test_splits_are_guessed_from_names(path: str, split: str | None) -> None:
    assert guess_split(Path(path)) == split


@pytest.mark.parametrize("limit", [0, 1, 3, 4, 99])
def test_a_limit_counts_bad_rows_too(tmp_path: Path, limit: int) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\noops\n{"a": 2}\n{"a": 3}\n', "utf-8")
    (tmp_path / "b.jsonl").write_text('{"a": 4}\n', "utf-8")
    batches = read(tmp_path, limit=limit)
    read_rows = sum(b.table.num_rows + len(b.skipped) for b in batches)
    assert read_rows == min(limit, 5)
    rows = [n for b in batches for n in b.rows.tolist()]
    assert rows == [n for n in (0, 2, 3, 4) if n < limit]


def test_batches_are_bounded_by_rows_and_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk, "MAX_ROWS", 7)
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n' * 20, "utf-8")
    assert [b.table.num_rows for b in read(path)] == [7, 7, 6]
    monkeypatch.setattr(chunk, "MAX_BYTES", 20)
    batches = read(path)
    assert [b.table.num_rows for b in batches] == [3] * 6 + [2]
    assert [n for b in batches for n in b.rows.tolist()] == list(range(20))
