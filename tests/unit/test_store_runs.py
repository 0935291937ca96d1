"""Runs made elsewhere: what is taken over, and what is refused before anything is written."""

from __future__ import annotations

import json
import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.commands.cli import main
from core.schema import id_text
from core.store.instance import open_store
from tests.factories import make_pair, make_store

INFO = {"run_id": "mine", "scorer": "other"}


@pytest.fixture
def root(tmp_path):
    make_store(tmp_path / "store", [make_pair(i) for i in range(12)]).close()
    return tmp_path / "store"


def response_ids(root) -> list[int]:
    store = open_store(root)
    return store.query("adopt_responses")["response_id"].to_pylist()


def make_run(folder, info, **columns):
    folder.mkdir()
    (folder / "run.json").write_text(info if isinstance(info, str) else json.dumps(info))
    if columns:
        pq.write_table(pa.table(columns), folder / "part-00000.parquet")
    return folder


def add(root, folder) -> int:
    return main(["runs", "add", str(folder), "--store", str(root)])


@pytest.mark.parametrize("as_text", [False, True])
def test_a_run_joins_the_store_by_number_or_by_text(tmp_path, root, capsys, as_text):
    ids = response_ids(root)
    column = [id_text(i) for i in ids] if as_text else ids
    folder = make_run(
        tmp_path / "run", INFO, response_id=column, reward=[float(i) for i in range(24)]
    )
    assert add(root, folder) == 0
    assert "24 of its 24 responses are in this store" in capsys.readouterr().out
    store = open_store(root)
    stored = store.query("signals_rows").to_pylist()
    reward = dict(zip(ids, range(24), strict=True))
    for row in stored:
        sides = [reward[int(row[f"{side}_id"], 16)] for side in ("chosen", "rejected")]
        assert row["explicit_margin_mine"] == sides[0] - sides[1]


@pytest.mark.parametrize(
    ("info", "columns", "says"),
    [
        ("{", {"response_id": [1], "reward": [1.0]}, "run.json cannot be read"),
        ({**INFO, "leaks_label": "yes"}, {"response_id": [1], "reward": [1.0]}, "leaks_label"),
        ({**INFO, "run_id": "../../x"}, {"response_id": [1], "reward": [1.0]}, "cannot name a run"),
        (INFO, {}, "holds no part"),
        (INFO, {"response_id": [1]}, "no value column"),
        (INFO, {"response_id": ["x"], "reward": [1.0]}, "16 hexadecimal digits"),
        (INFO, {"response_id": [1, 2], "reward": ["a", "b"]}, "not a part of a run"),
        (INFO, {"response_id": [1, 2], "reward": [1.0, 2.0]}, "None of the 2 responses"),
    ],
)
def test_a_folder_that_is_no_run_ends_in_a_sentence(tmp_path, root, capsys, info, columns, says):
    assert add(root, make_run(tmp_path / "run", info, **columns)) == 1
    said = capsys.readouterr().err
    assert says in said
    assert "fault in Assay" not in said
    assert not list((root / "runs").iterdir())


def test_a_response_twice_and_rewards_that_are_no_numbers_are_refused(tmp_path, root, capsys):
    ids = response_ids(root)
    twice = make_run(tmp_path / "twice", INFO, response_id=[ids[0], ids[0]], reward=[1.0, 2.0])
    empty = make_run(tmp_path / "empty", INFO, response_id=ids[:2], reward=[math.nan, math.inf])
    assert [add(root, twice), add(root, empty)] == [1, 1]
    said = capsys.readouterr().err
    assert "more than once" in said
    assert "None of the 2 rows" in said


def test_a_part_that_is_served_is_never_written_again(root):
    parts, readers = [], []
    for _ in range(4):
        assert main(["score", "crossfit", "--store", str(root)]) == 0
        readers.append(open_store(root))
        parts.append(readers[-1].generation.runs["crossfit"])
    assert len(set(parts)) == 4
    assert all(reader.query("adopt_responses").num_rows for reader in readers)


def test_a_run_that_comes_back_leaves_the_former_reader_its_numbers(tmp_path, root):
    ids = response_ids(root)
    for reward in (1.0, 2.0):
        folder = make_run(tmp_path / str(reward), INFO, response_id=ids, reward=[reward] * len(ids))
        assert add(root, folder) == 0
        reader = open_store(root)
        if reward == 1.0:
            former = reader
            assert main(["runs", "remove", "mine", "--store", str(root)]) == 0
    for store, reward in ((former, 1.0), (reader, 2.0)):
        rows = store.query("inputs_run", {"run_id": "mine"})
        assert set(rows["chosen"].to_pylist()) == {reward}


def test_a_run_is_refused_twice_and_leaves_when_removed(tmp_path, root, capsys):
    ids = response_ids(root)
    folder = make_run(tmp_path / "run", INFO, response_id=ids, reward=[1.0] * len(ids))
    assert [add(root, folder), add(root, folder)] == [0, 1]
    assert "has a run 'mine' already" in capsys.readouterr().err
    assert main(["runs", "remove", "mine", "--store", str(root)]) == 0
    assert open_store(root).runs == ()
    assert main(["runs", "remove", "mine", "--store", str(root)]) == 2
