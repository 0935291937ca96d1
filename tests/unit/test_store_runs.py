"""Runs made elsewhere: what is taken over, and what is refused before anything is written."""

from __future__ import annotations

import json
import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.commands.cli import main
from core.schema import id_text
from core.store import aligned as blocks
from core.store.aligned import aligned
from core.store.instance import open_store
from core.store.lock import scoring
from core.store.runs import read_run
from tests import fake_scorers
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
        rows = aligned(store, "inputs_run", "mine")
        assert set(rows["chosen"].to_pylist()) == {reward}


@pytest.mark.parametrize("rows", [1, 3])
def test_a_run_asked_for_in_blocks_is_the_run(tmp_path, root, monkeypatch, rows):
    ids = response_ids(root)
    rewards = [float(place) for place in range(len(ids))]
    add(root, make_run(tmp_path / "run", INFO, response_id=ids, reward=rewards))
    store = open_store(root)
    whole = aligned(store, "inputs_run", "mine")
    assert whole.num_rows == store.total > rows
    monkeypatch.setattr(blocks, "BLOCK", rows)
    assert aligned(store, "inputs_run", "mine").to_pydict() == whole.to_pydict()


def test_a_run_is_refused_twice_and_leaves_when_removed(tmp_path, root, capsys):
    ids = response_ids(root)
    folder = make_run(tmp_path / "run", INFO, response_id=ids, reward=[1.0] * len(ids))
    assert [add(root, folder), add(root, folder)] == [0, 1]
    assert "has a run 'mine' already" in capsys.readouterr().err
    assert main(["runs", "remove", "mine", "--store", str(root)]) == 0
    assert open_store(root).runs == ()
    assert main(["runs", "remove", "mine", "--store", str(root)]) == 2


# --- other columns, several folders, stopped runs ------------------------------------------------


def test_a_policy_s_run_and_vectors_come_in_with_their_types(tmp_path, root):
    ids = response_ids(root)
    n = len(ids)
    policy = make_run(
        tmp_path / "policy",
        {"run_id": "pol", "scorer": "policy", "tokens": 5, "parameters": {"given": {"model": "x"}}},
        response_id=[id_text(i) for i in ids],
        policy_logps=[math.nan, *[-1.0] * (n - 1)],
        ref_logps=pa.array([-2] * n, pa.float32()),
        policy_token_logps=[[-0.5, -0.5]] * n,
        n_tokens=[2] * n,
        truncated=[True] + [False] * (n - 1),
        unheard_of=["x"] * n,
    )
    vectors = make_run(
        tmp_path / "vectors",
        {"run_id": "vec", "scorer": "embedding"},
        response_id=ids,
        embedding=[None, *[[1.0, 0.0, 0.0]] * (n - 1)],
    )
    assert main(["runs", "add", str(policy), str(vectors), "--store", str(root)]) == 0
    store = open_store(root)
    counts = "SELECT count(policy_logps), sum(ref_logps), sum(n_tokens) FROM live.scores"
    assert store.con.sql(f"{counts} WHERE run_id = 'pol'").fetchall() == [(n - 1, -2.0 * n, 2 * n)]
    info = read_run(root / "runs" / "pol")
    assert (info.tokens, info.truncated, info.failed, info.parameters) == (5, 1, 0, {})
    part = pq.read_schema(root / "runs" / "vec" / store.generation.runs["vec"][0])
    assert part.field("embedding").type == pa.list_(pa.float32(), 3)
    assert "unheard_of" not in store.run_columns("pol")


def test_a_judge_s_run_comes_in_by_pair(tmp_path, root, capsys):
    pairs = [r["pair_id"] for r in open_store(root).query("signals_rows").to_pylist()]
    columns = {"first_order": ["first"] * 12, "second_order": ["first"] * 12}
    folder = make_run(tmp_path / "j", {"run_id": "j", "scorer": "judge"}, pair_id=pairs, **columns)
    assert add(root, folder) == 0
    assert "12 of its 12 pairs are in this store" in capsys.readouterr().out
    store = open_store(root)
    assert "explicit_margin_j" in store.columns
    assert store.con.sql("SELECT count(*) FROM live.judged").fetchall() == [(12,)]
    twice = {"pair_id": [pairs[0]] * 2, "winner_id": [None, id_text(7)]}
    again = make_run(tmp_path / "k", {"run_id": "k", "scorer": "judge"}, **twice)
    assert add(root, again) == 1
    assert "names a pair more than once" in capsys.readouterr().err


def test_several_folders_are_one_generation_or_none(tmp_path, root, capsys):
    ids = response_ids(root)
    folders = [
        make_run(
            tmp_path / name, {**INFO, "run_id": name}, response_id=ids, reward=[1.0] * len(ids)
        )
        for name in ("one", "two")
    ]
    bad = make_run(tmp_path / "bad", {**INFO, "run_id": "bad"}, response_id=[1], reward=[1.0])
    before = (root / "current.json").read_bytes()
    words = [str(folder) for folder in (*folders, bad)]
    assert main(["runs", "add", *words, "--store", str(root)]) == 1
    assert main(["runs", "add", *words[:1] * 2, "--store", str(root)]) == 1
    assert (root / "current.json").read_bytes() == before
    assert not list((root / "runs").iterdir())
    assert main(["runs", "add", *words[:2], "--store", str(root)]) == 0
    previous = json.loads((root / "current.json").read_text())["previous"]
    assert (set(open_store(root).generation.runs), previous["runs"]) == ({"one", "two"}, {})


def test_a_large_run_is_copied_in_pieces_and_ends_as_one_part(tmp_path, root, monkeypatch):
    ids = response_ids(root)
    monkeypatch.setattr("core.store.adopt.ROWS", 2)
    monkeypatch.setattr("core.store.adopt.PIECE_BYTES", 1)
    vectors = [[float(i), 1.0] for i in range(len(ids))]
    folder = make_run(tmp_path / "run", INFO, response_id=ids[::-1], embedding=vectors[::-1])
    assert add(root, folder) == 0
    (name,) = open_store(root).generation.runs["mine"]
    rows = pq.read_table(root / "runs" / "mine" / name, partitioning=None)
    assert rows["embedding"].to_pylist() == vectors
    assert [path.name for path in (root / "runs" / "mine").glob("part-*")] == [name]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"response_id": [1], "embedding": [[1.0]], "pair_id": ["x"]}, "16 hexadecimal digits"),
        ({"response_id": [None, 1], "reward": [1.0, 2.0]}, "rows without response_id"),
        ({"response_id": [1, 2], "embedding": [[1.0], [1.0, 2.0]]}, "not a part of a run"),
        ({"reward": [1.0]}, "no column response_id"),
        ({"response_id": [1], "n_tokens": [1]}, "no value column"),
    ],
)
def test_odd_columns_end_in_a_sentence(tmp_path, root, capsys, columns, says):
    assert add(root, make_run(tmp_path / "run", INFO, **columns)) == 1
    said = capsys.readouterr().err
    assert says in said
    assert "fault in Assay" not in said


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"tokens": "many"}, "tokens"),
        ({"failed": []}, "failed"),
        ({"notes": "x"}, "notes"),
        ({"reference": 7}, "reference"),
        ({"tokenizer_hash": {}}, "tokenizer_hash"),
        ({"seconds": "1"}, "seconds"),
    ],
)
def test_odd_provenance_ends_in_a_sentence(tmp_path, root, capsys, over, says):
    folder = make_run(tmp_path / "run", {**INFO, **over}, response_id=[1], reward=[1.0])
    assert add(root, folder) == 1
    assert f"{says} in {folder / 'run.json'} is" in capsys.readouterr().err


@pytest.fixture
def stopped(root, monkeypatch):
    """A store with a finished run, and one that stopped in the middle."""
    with fake_scorers.registered():
        assert main(["score", "fake", "--name", "whole", "--store", str(root)]) == 0
        monkeypatch.setenv("FAKE_STOPS_AT", "3")
        assert main(["score", "fake", "--name", "half", "--store", str(root)]) == 1
        monkeypatch.delenv("FAKE_STOPS_AT")
        yield root


def test_the_list_says_how_a_stopped_run_goes_on(stopped, assay):
    said = assay("runs", "list", "--json", store=stopped)
    assert [run["run_id"] for run in said.data["runs"]] == ["whole"]
    (job,) = said.data["unfinished"]
    assert (job["run_id"], job["running"], job["state"]) == ("half", False, "running")
    assert 0 < job["scored"] < 24
    lines = assay("runs", "list", store=stopped).out
    assert f"python -m core score fake --resume half --store {stopped}" in lines
    with scoring(stopped, "half", "score fake"):
        assert "half: fake is being made" in assay("runs", "list", store=stopped).out


def test_a_stopped_run_can_be_removed_and_one_in_the_making_cannot(stopped, assay):
    with scoring(stopped, "half", "score fake"):
        said = assay("runs", "remove", "half", store=stopped)
        assert (said.code, "is being made by 'score fake'" in said.err) == (1, True)
    assert assay("runs", "remove", "half", store=stopped).code == 0
    assert not (stopped / "runs" / "half").exists()
    assert [run.run_id for run in open_store(stopped).runs] == ["whole"]
    assert assay("runs", "remove", "half", store=stopped).code == 2


def test_a_name_that_a_stopped_run_has_is_not_adopted(stopped, tmp_path, capsys):
    ids = response_ids(stopped)
    columns = {"response_id": ids, "reward": [1.0] * len(ids)}
    folder = make_run(tmp_path / "run", {**INFO, "run_id": "half"}, **columns)
    assert add(stopped, folder) == 1
    assert "has begun a run 'half'" in capsys.readouterr().err
    assert list((stopped / "runs" / "half").glob("part-*"))


def test_a_removed_run_is_scored_anew_and_may_be_another(stopped, assay):
    fake_scorers.ASKED.clear()
    assert assay("runs", "remove", "whole", store=stopped).code == 0
    words = ("score", "fake", "--name", "whole", "--dtype", "bfloat16")
    assert assay(*words, store=stopped).code == 0
    assert len(fake_scorers.ASKED) == 24
    assert [run.dtype for run in open_store(stopped).runs] == ["bfloat16"]


def test_a_removed_run_leaves_when_the_last_generation_with_it_goes(stopped, assay):
    assay("runs", "remove", "whole", store=stopped)
    assert (stopped / "runs" / "whole").exists()
    for number in (50, 51):
        make_store(stopped, [make_pair(number)]).close()
    assert not (stopped / "runs" / "whole").exists()
    assert (stopped / "runs" / "half").exists()


def test_a_damaged_run_json_can_be_removed(stopped, assay):
    (stopped / "runs" / "half" / "run.json").write_text("{")
    assert assay("runs", "remove", "half", store=stopped).code == 0
    assert not (stopped / "runs" / "half").exists()
