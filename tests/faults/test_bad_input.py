"""Bad sources on the command line: a sentence or a quarantined row, and the old store stands."""

from __future__ import annotations

import gzip
import json
import os
import pickle
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.commands.cli import main
from core.store.layout import POINTER
from tests.factories import make_pair, make_store

GOOD = {"prompt": "a question", "chosen": "an answer", "rejected": "no answer"}


def lines(*rows: object) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def good(n: int = 3) -> list[dict[str, object]]:
    return [{**GOOD, "prompt": f"question {i}"} for i in range(n)]


def parquet(path) -> None:
    pq.write_table(pa.Table.from_pylist(good()), path)
    path.write_bytes(path.read_bytes()[:-40])


def foreign(path) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE pairs AS SELECT 1 AS prompt")


REFUSED = {
    "empty.jsonl": b"",
    "only_blank_lines.jsonl": b"\n\n\n",
    "not_json.jsonl": b"hello\nworld\n",
    "cut.jsonl.gz": gzip.compress(lines(*good(500)))[:-20],
    "not_gz.jsonl.gz": lines(*good()),
    "rows_are_lists.jsonl": lines([1, 2], [3, 4]),
    "pickle.pkl": pickle.dumps(good()),
    "pickle_by_another_name.jsonl": pickle.dumps(good()),
    "no_such_columns.csv": b"x,y\n1,2\n",
    "cut.parquet": parquet,
    "foreign.duckdb": foreign,
    "foreign_by_another_name.parquet": foreign,
    "unpaired.jsonl": lines({"prompt": "p", "completion": "c", "label": True}),
    "binary.jsonl": bytes(range(256)) * 40,
}


@pytest.fixture
def root(tmp_path):
    make_store(tmp_path / "store", [make_pair(0)]).close()
    return tmp_path / "store"


def run(root, *words: object) -> int:
    return main([*map(str, words), "--store", str(root)])


@pytest.mark.parametrize("name", REFUSED)
def test_a_source_that_cannot_be_read_ends_in_one_sentence(tmp_path, root, capsys, name):
    path, content = tmp_path / name, REFUSED[name]
    content(path) if callable(content) else path.write_bytes(content)
    before = (root / POINTER).read_bytes()
    assert run(root, "import", path) == 1
    said = capsys.readouterr().err
    assert said.count("error: ") == 1
    assert "fault in Assay" not in said
    assert "Traceback" not in said
    assert name.split(".")[0] in said or "quarantined" in said
    assert (root / POINTER).read_bytes() == before


@pytest.mark.parametrize("source", ["missing.jsonl", "no/such/folder", "*.nothing", "/dev/zero"])
def test_a_path_that_leads_nowhere_is_named(root, capsys, source):
    assert run(root, "import", source) == 1
    assert source.split("/")[-1] in capsys.readouterr().err


def test_a_fifo_does_not_hang(tmp_path, root, capsys):
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert run(root, "import", tmp_path / "pipe.jsonl") == 1
    assert "pipe.jsonl" in capsys.readouterr().err


ODD_ROWS = {
    "not JSON": b"{broken",
    "a list": b"[1, 2, 3]",
    "a number in the place of text": lines({**GOOD, "chosen": 7}).strip(),
    "a list in the place of text": lines({**GOOD, "chosen": ["x"]}).strip(),
    "nothing in the place of text": lines({**GOOD, "chosen": None}).strip(),
    "identical answers": lines({**GOOD, "rejected": GOOD["chosen"]}).strip(),
    "half a surrogate pair": b'{"prompt": "p", "chosen": "\\ud800", "rejected": "r"}',
    "a row of 50 MB": lines({**GOOD, "chosen": "x" * 50_000_000}).strip(),
    "bytes that are no UTF-8": b'{"prompt": "\xff\xfe", "chosen": "c", "rejected": "r"}',
}


@pytest.mark.parametrize("odd", ODD_ROWS)
def test_an_odd_row_is_quarantined_with_its_line_and_the_rest_is_read(tmp_path, root, capsys, odd):
    path = tmp_path / "rows.jsonl"
    rows = [json.dumps(row).encode() for row in good(6)]
    path.write_bytes(b"\n".join([*rows[:3], ODD_ROWS[odd], *rows[3:]]) + b"\n")
    assert run(root, "import", path, "--json") == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["new_pairs"], report["skipped"]) == (6, 1)
    assert sum(report["reasons"].values()) == 1
    kept = Path(report["quarantine"]).read_text("utf-8").splitlines()
    skipped = [json.loads(line) for line in kept]
    assert [(s["line"], bool(s["reason"])) for s in skipped] == [(4, True)]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_byte_order_mark_and_utf_16_are_read(tmp_path, root, capsys, codec):
    path = tmp_path / "rows.jsonl"
    text = "".join(
        json.dumps({**r, "chosen": "naïve 東京"}, ensure_ascii=False) + "\n" for r in good()
    )
    path.write_bytes(
        ("\ufeff" if codec == "utf-16-le" else "").encode("utf-16-le") + text.encode(codec)
    )
    assert run(root, "import", path, "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["new_pairs"] == 3


def test_numbers_that_are_none_become_unknown_and_are_reported(tmp_path, root, capsys):
    path = tmp_path / "rows.jsonl"
    scores = ["NaN", "Infinity", "-Infinity", "1.5"]
    rows = [
        json.dumps({**row, "score_chosen": 0, "score_rejected": 1}).replace(
            '"score_chosen": 0', f'"score_chosen": {s}'
        )
        for row, s in zip(good(4), scores, strict=True)
    ]
    path.write_text("\n".join(rows))
    assert run(root, "import", path, "--json") == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["new_pairs"] == 4
    assert sum(report["losses"].values()) == 3


def test_no_final_assistant_turn_is_quarantined(tmp_path, root, capsys):
    talk = "\n\nHuman: hello\n\nAssistant: hi"
    path = tmp_path / "hh.jsonl"
    rows = [{"chosen": f"{talk} {i}", "rejected": f"{talk} no {i}"} for i in range(4)]
    rows.append({"chosen": "\n\nHuman: alone", "rejected": "\n\nHuman: alone too"})
    path.write_bytes(lines(*rows))
    assert run(root, "import", path, "--json") == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["format"], report["new_pairs"], report["skipped"]) == ("hh_rlhf", 4, 1)


def test_counts_add_up_and_a_second_import_adds_nothing(tmp_path, root, capsys):
    path = tmp_path / "rows.jsonl"
    swapped = {**good()[0], "chosen": GOOD["rejected"], "rejected": GOOD["chosen"]}
    path.write_bytes(lines(*good(), good()[1], swapped, [1]))
    assert run(root, "import", path, "--json") == 0
    first = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert first["rows"] + first["skipped"] == 6
    assert (first["duplicates"], first["contradictions"], first["new_pairs"]) == (1, 2, 5)
    assert (first["pairs"], first["unique_pairs"]) == (6, 4)
    assert run(root, "import", path, "--json") == 0
    again = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (again["new_pairs"], again["pairs"], again["duplicates"]) == (0, 6, 5)
