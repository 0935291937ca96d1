"""Parquet, Arrow and saved datasets: bounded, checked, and never a way out of their folder."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import AssayError, SourceError
from core.formats import arrow_files, open_source, read_batches
from core.schema import RawBatch

ROWS = [{"prompt": "2+2=", "chosen": "4"}, {"prompt": "3+3=", "chosen": "6"}]


def read(path: Path, split: str | None = None) -> list[RawBatch]:
    return list(read_batches(open_source(str(path), split)))


def rows_of(batches: list[RawBatch]) -> list[dict[str, object]]:
    return [row for batch in batches for row in batch.table.to_pylist()]


def test_one_dictionary_value_in_every_row_does_not_blow_up_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow_files, "BATCH_BYTES", 4 << 20)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": pa.array(["x" * 5000] * 5000).dictionary_encode()}), path)
    batches = read(path)
    assert path.stat().st_size < 100_000
    assert sum(b.table.num_rows for b in batches) == 5000
    assert max(b.table.nbytes for b in batches) <= 5 << 20
    assert batches[0].table.schema.field("a").type == pa.string()


def test_parquet_texts_that_are_not_utf8_are_quarantined(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    raw = pa.array([b"good", b"\xed\xa0\x80", None, b"\xff"])
    text = pa.StringArray.from_buffers(4, raw.buffers()[1], raw.buffers()[2], raw.buffers()[0])
    pq.write_table(pa.table({"a": text}), path)
    (batch,) = read(path)
    assert batch.table.to_pylist() == [{"a": "good"}, {"a": None}]
    assert batch.rows.tolist() == [0, 2]
    assert [(s.line, s.reason) for s in batch.skipped] == [
        (2, "the row is not UTF-8"),
        (4, "the row is not UTF-8"),
    ]


def test_arrow_offsets_outside_the_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    offsets = pa.array([0, 1 << 20, 3], pa.int32()).buffers()[1]
    text = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"abc"))
    with (
        pa.OSFile(str(path), "wb") as sink,
        pa.ipc.new_file(sink, pa.schema({"a": text.type})) as w,
    ):
        w.write_batch(pa.record_batch({"a": text}))
    with pytest.raises(SourceError, match="damaged or unreadable"):
        read(path)


def test_hostile_column_names_pass_through(tmp_path: Path) -> None:
    names = ['a"b', "]", ";--", "chosen-rating", "select", "né"]
    pq.write_table(pa.table({n: ["x"] for n in names}), tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet")[0].table.column_names == names


def test_a_saved_dataset_is_read_like_its_rows(tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict

    data = Dataset.from_list(ROWS)
    data.save_to_disk(str(tmp_path / "one"))
    DatasetDict({"train": data, "dev": data.select([1])}).save_to_disk(str(tmp_path / "two"))
    assert rows_of(read(tmp_path / "one")) == ROWS
    batches = read(tmp_path / "two")
    assert [(b.split, b.table.num_rows) for b in batches] == [("train", 2), ("dev", 1)]
    assert rows_of(read(tmp_path / "two", split="dev")) == ROWS[1:]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", ""])
def test_a_saved_dataset_cannot_point_outside(tmp_path: Path, name: str) -> None:
    state = {"_data_files": [{"filename": name}], "_split": "train"}
    (tmp_path / "state.json").write_text(json.dumps(state), "utf-8")
    (tmp_path / "dataset_info.json").write_text("{}", "utf-8")
    with pytest.raises(AssayError, match="no file inside it"):
        open_source(str(tmp_path))
