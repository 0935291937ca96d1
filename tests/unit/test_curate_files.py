"""Kinds of file, and the texts that go into them: the same ones come back, in the order asked."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.curate.written.filekinds import guarded, read_csv, unguarded
from core.curate.written.textbatches import texts
from core.curate.written.writers import FILES, FORMATS
from core.errors import UsageError
from core.store.instance import Store
from tests.factories import make_pair, make_store
from tests.shaperows import (
    COLUMNS,
    EVERY,
    odd_rows,
    projected,
    row,
    table,
    talk,
    written,
)


def test_a_kind_of_file_that_cannot_hold_a_format_is_named() -> None:
    with pytest.raises(UsageError, match="trl-conversational is not written as csv") as caught:
        FORMATS.get("trl-conversational").check_file("csv")
    assert "jsonl" in str(caught.value.hint)
    for name, kind in EVERY:
        FORMATS.get(name).check_file(kind)


# Kinds of file


def test_no_cell_of_a_csv_starts_as_a_formula(tmp_path: Path) -> None:
    triggers = ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"]
    rows = [row(i, chosen_text=text, source=text) for i, text in enumerate(triggers)]
    file = written(FORMATS.get("trl"), "csv", rows, tmp_path / "out", ())
    with file.open(newline="", encoding="utf-8") as lines:
        cells = [cell for line in csv.reader(lines) for cell in line]
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r\n＝＋－＠")]
    assert [cell for cell in cells if cell.startswith("'")] == [
        f"'{text}" for text in triggers for _ in range(2)
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.none(),
        min_size=1,
        max_size=6,
    )
)
def test_csv_gives_every_text_back(tmp_path: Path, given_texts: list[str | None]) -> None:
    shape = FORMATS.get("rewardbench")
    rows = [row(i, chosen_text=t or "", chosen_model=t) for i, t in enumerate(given_texts)]
    schema = shape.schema_of(COLUMNS)
    file = tmp_path / "one.csv"
    FILES.get("csv").write(file, schema, shape.rows([table(rows)], COLUMNS))
    assert read_csv(file, schema).to_pylist() == projected(shape, rows)


@given(st.text())
def test_guards_come_off(text: str) -> None:
    held = pa.array([text, None])
    assert unguarded(guarded(held)) == held
    assert guarded(held)[0].as_py() in (text, f"'{text}")


def test_compressed_lines_are_the_same_lines_and_name_no_time(tmp_path: Path) -> None:
    shape = FORMATS.get("trl")
    files = {
        kind: written(shape, kind, odd_rows() * 400, tmp_path / kind)
        for kind in ("jsonl", "jsonl.gz", "jsonl.zst")
    }
    lines = files["jsonl"].read_bytes()
    packed = files["jsonl.gz"].read_bytes()
    assert gzip.decompress(packed) == lines
    assert packed[4:8] == bytes(4)
    with pa.CompressedInputStream(str(files["jsonl.zst"]), "zstd") as out:
        assert out.read() == lines


def test_gzip_is_cut_into_members_that_readers_join(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.curate.written.filekinds.GZIP_BYTES", 1000)
    file = written(FORMATS.get("trl"), "jsonl.gz", odd_rows() * 9, tmp_path / "out")
    assert file.read_bytes().count(b"\x1f\x8b\x08\x00\x00\x00\x00\x00") > 3
    got = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert got == projected(FORMATS.get("trl"), odd_rows() * 9)


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_an_empty_file_loads(tmp_path: Path, name: str, kind: str) -> None:
    """No split is ever empty, but a file's last table may be."""
    shape = FORMATS.get(name)
    parts = [table([row(0)]), table([row(1)]).slice(0, 0)]
    schema = shape.schema_of(())
    file = tmp_path / f"one.{kind}"
    assert FILES.get(kind).write(file, schema, shape.rows(parts)) == 1 + shape.unpaired


def test_a_document_of_annotated_pairs_is_one_json_value(tmp_path: Path) -> None:
    shape = FORMATS.get("annotated-pairs")
    file = written(shape, "json", odd_rows(), tmp_path / "out")
    document = json.loads(file.read_text("utf-8"))
    assert list(document) == ["metadata", "annotators", "comparisons"]
    assert document["metadata"]["default_annotator"] in document["annotators"]
    assert document["comparisons"] == projected(shape, odd_rows())


def test_parquet_keeps_the_schema(tmp_path: Path) -> None:
    shape = FORMATS.get("sharegpt")
    file = written(shape, "parquet", odd_rows(), tmp_path / "out")
    assert pq.read_schema(file).equals(shape.schema_of(COLUMNS))


# Texts of a store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    said = talk(("system", "be brief"), ("user", "hi"))
    rows = [make_pair(i, chosen_model=f"m{i}", strength=float(i)) for i in range(30)]
    rows.append(make_pair(30, prompt_text=None, prompt_messages=said))
    rows.append(make_pair(31, prompt_text="question 3", chosen_text="x" * 5000))
    return make_store(tmp_path_factory.mktemp("texts"), rows)


@pytest.mark.parametrize(("rows", "chars"), [(100, 10**6), (7, 10**6), (100, 120), (3, 1)])
def test_texts_come_in_the_order_asked_for(store: Store, rows: int, chars: int) -> None:
    order = np.random.default_rng(1).permutation(32)
    tables = list(texts(store, order, rows, chars))
    got = pa.concat_tables(tables).to_pylist()
    assert [line["row"] for line in got] == order.tolist()
    for line in got:
        assert line["rejected_text"] == f"bad {line['row']}"
        assert line["strength"] == (line["row"] if line["row"] < 30 else None)
    assert got[order.tolist().index(30)]["prompt_text"] is None
    assert json.loads(got[order.tolist().index(30)]["prompt_messages"])[0]["role"] == "system"
    sizes = [t.num_rows for t in tables]
    assert max(sizes) <= rows
    assert (max(sizes) == 1) == (chars == 1)


def test_texts_of_no_rows_are_no_tables(store: Store) -> None:
    assert list(texts(store, np.empty(0, np.int64))) == []


def test_whoever_stops_early_leaves_no_thread(store: Store) -> None:
    import threading

    before = threading.active_count()
    reading = texts(store, np.arange(32), 4)
    next(reading)
    reading.close()
    assert threading.active_count() == before
