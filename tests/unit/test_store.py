"""The store: what an import adds, what a second one does not, and what is refused."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import duckdb
import numpy as np
import pytest

from core.errors import NewerSchema, StoreDamaged, StoreError, StoreLocked, StoreMissing
from core.schema import id_number, id_text
from core.store.instance import open_store
from core.store.layout import POINTER, read_generation
from core.store.lock import writing
from core.store.plan import scoring_plan
from core.views.browse import pair_detail
from tests.factories import demo_pairs, make_pair, make_store


def _pairs(store):
    return store.query("signals_rows").to_pylist()


def test_same_rows_again_add_nothing(tmp_path):
    first = make_store(tmp_path, demo_pairs())
    again = make_store(tmp_path, demo_pairs())
    assert again.generation.fingerprint == first.generation.fingerprint
    assert again.total == first.total
    assert again.query("stats_counts").to_pylist() == first.query("stats_counts").to_pylist()


def test_each_named_source_keeps_its_rows_and_an_unnamed_one_adds_only_what_is_new(tmp_path):
    make_store(tmp_path, [make_pair(0), make_pair(1)], source="a")
    named = make_store(tmp_path, [make_pair(0), make_pair(2)], source="b")
    assert [r["source"] for r in _pairs(named)] == ["a", "a", "b", "b"]
    unnamed = make_store(tmp_path, [make_pair(1), make_pair(3)], source="c", named=False)
    assert [(r["source"], r["row"]) for r in _pairs(unnamed)][4:] == [("c", 3)]


def test_a_second_import_gives_scores_to_the_pairs_that_are_there(tmp_path):
    make_store(tmp_path, [make_pair(0), make_pair(1)])
    scored = make_pair(1, scores={"rm": (2.0, 0.5)}, votes={"ann": "rejected"}, gold="rejected")
    store = make_store(tmp_path, [scored], source="scores", named=False)
    rows = _pairs(store)
    assert [r["explicit_margin_rm"] for r in rows] == [None, 1.5]
    assert [r["vote_share"] for r in rows] == [None, 0.0]
    assert [r["gold_agrees"] for r in rows] == [None, 0]


def test_later_scores_of_a_run_join_it_and_replace_what_they_contradict(tmp_path):
    make_store(tmp_path, [make_pair(0, scores={"rm": (1.0, 0.0)})])
    second = [make_pair(0, scores={"rm": (5.0, 0.0)}), make_pair(1, scores={"rm": (3.0, 0.0)})]
    store = make_store(tmp_path, second)
    assert [r["explicit_margin_rm"] for r in _pairs(store)] == [5.0, 3.0]
    assert len(store.generation.runs["rm"]) == 2


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_nan_passes_the_door(tmp_path, value):
    store = make_store(tmp_path, [make_pair(0, scores={"rm": (value, 0.0), "ok": (1.0, 0.0)})])
    assert [(r.get("explicit_margin_rm"), r["explicit_margin_ok"]) for r in _pairs(store)] == [
        (None, 1)
    ]


def test_swapping_the_sides_makes_a_contradiction_of_the_same_pair(tmp_path):
    pair = make_pair(0)
    other = {**pair, "chosen_text": pair["rejected_text"], "rejected_text": pair["chosen_text"]}
    rows = _pairs(make_store(tmp_path, [pair, other, pair]))
    assert len({r["pair_id"] for r in rows}) == 1
    assert [r["contradicting_rows"] for r in rows] == [1, 2, 1]
    assert [r["duplicate_rows"] for r in rows] == [1, 0, 1]


def test_a_tie_has_no_signed_signal(tmp_path):
    row = make_pair(0, tie_kind="both_bad", label_kind="tie", scores={"rm": (1.0, 0.0)})
    rows = _pairs(make_store(tmp_path, [row, make_pair(1, scores={"rm": (1.0, 0.0)})]))
    assert [(r["tie"], r["explicit_margin_rm"]) for r in rows] == [(True, None), (False, 1.0)]


def test_the_fingerprint_is_of_content_not_of_files_or_order(tmp_path):
    rows = demo_pairs()[:-1]  # without the pair that stands twice
    one = make_store(tmp_path / "one", rows).generation
    make_store(tmp_path / "two", rows[30:])
    two = make_store(tmp_path / "two", rows[:30]).generation
    other = make_store(tmp_path / "three", rows[:30]).generation
    assert one.fingerprint == two.fingerprint != other.fingerprint


def test_a_message_of_one_user_turn_is_the_same_prompt_as_its_text(tmp_path):
    turns = json.dumps([{"content": "hi", "role": "system"}, {"content": "x", "role": "user"}])
    store = make_store(
        tmp_path,
        [make_pair(0, prompt_messages=turns, prompt_text=None), make_pair(1, prompt_text="x")],
    )
    plan = scoring_plan(store, 42, labels=False)
    rows = plan.read(plan.ids).to_pylist()
    assert {(r["prompt_text"], r["prompt_messages"]) for r in rows} == {(None, turns), ("x", None)}


def test_only_two_generations_stay_on_disk(tmp_path):
    for n in range(4):
        make_store(tmp_path, [make_pair(n)])
    assert len(list(tmp_path.glob("pairs-*.duckdb"))) == 2
    assert len(list(tmp_path.glob("signals-*.duckdb"))) == 2
    assert not list(tmp_path.glob(".build-*"))


def test_a_reader_keeps_its_generation_while_others_are_written(tmp_path):
    reader = make_store(tmp_path, [make_pair(0)])
    for n in range(1, 4):
        make_store(tmp_path, [make_pair(n)])
    assert reader.query("signals_rows").num_rows == 1
    assert open_store(tmp_path).total == 4


def test_the_open_store_reaches_no_other_file_and_no_setting(tmp_path):
    store = make_store(tmp_path / "store", [make_pair(0)])
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    frame = [1]
    for sql in (
        f"SELECT * FROM '{secret}'",
        "SELECT * FROM frame",
        "SET enable_external_access = true",
        f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
        "INSERT INTO data.gold VALUES (0, 0, 0, '', '')",
        f"ATTACH '{tmp_path / 'x.duckdb'}'",
    ):
        with pytest.raises(duckdb.Error):
            store.con.cursor().execute(sql).fetchall()
    assert frame == [1]
    assert not (tmp_path / "out.csv").exists()


def test_a_second_writer_is_refused_by_name(tmp_path):
    with (
        writing(tmp_path, "import big.parquet"),
        pytest.raises(StoreLocked) as caught,
        writing(tmp_path, "index"),
    ):
        pass
    assert f"'import big.parquet' (process {os.getpid()}" in caught.value.message


def _break_pointer(root: Path) -> None:
    (root / POINTER).write_text("{")


def _newer(root: Path) -> None:
    data = json.loads((root / POINTER).read_text())
    (root / POINTER).write_text(json.dumps({**data, "schema": 99}))


def _cut(root: Path) -> None:
    path = root / read_generation(root).pairs
    path.write_bytes(path.read_bytes()[:5000])


def _lose(root: Path) -> None:
    (root / read_generation(root).signals).unlink()


def _exchange(root: Path) -> None:
    path = root / read_generation(root).pairs
    path.unlink()
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE meta AS SELECT 'other' AS a, 1 AS b, 'x' AS c")


@pytest.mark.parametrize(
    ("damage", "error", "says"),
    [
        (_break_pointer, StoreDamaged, "cannot be read"),
        (_newer, NewerSchema, "later Assay"),
        (_cut, StoreDamaged, "cannot be read"),
        (_lose, StoreDamaged, "is missing"),
        (_exchange, StoreDamaged, "does not hold what"),
    ],
)
def test_damage_ends_in_a_sentence(tmp_path, damage, error, says):
    make_store(tmp_path, [make_pair(0)]).close()
    damage(tmp_path)
    with pytest.raises(error, match=says):
        open_store(tmp_path)


def test_no_store_and_a_strangers_folder_are_said(tmp_path):
    with pytest.raises(StoreMissing, match="There is no store"):
        open_store(tmp_path)
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(StoreError, match=r"thesis\.tex"):
        make_store(tmp_path, [make_pair(0)])
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_hostile_text_comes_back_as_it_was(tmp_path):
    text = "nul \x00, bidi \u202e, joined \U0001f469\u200d\U0001f469, quote ' \" ; DROP TABLE pairs"
    store = make_store(tmp_path, [make_pair(0, chosen_text=text)])
    plan = scoring_plan(store, 42, labels=False)
    assert text in plan.read(plan.ids)["response_text"].to_pylist()


@pytest.mark.parametrize("number", [0, 1, 2**53 + 1, 2**63 - 1])
def test_ids_leave_as_text_and_come_back(number):
    assert id_number(id_text(number)) == number
    assert len(id_text(number)) == 16


@pytest.mark.parametrize("text", ["", "xyz", "8000000000000000", "1" * 15, "1" * 17, "g" * 16])
def test_what_is_no_id_is_none(text):
    assert id_number(text) is None


def test_equal_votes_of_two_files_are_two_votes_and_those_of_one_file_again_none(tmp_path):
    rows = [make_pair(0, votes={"judge": "chosen"}), make_pair(1, votes={"judge": "rejected"})]
    for origin, votes in (("one.jsonl", 2), ("two.jsonl", 4), ("one.jsonl", 4)):
        store = make_store(tmp_path, rows, origin=origin)
        assert store.query("stats_counts").to_pylist()[0]["votes"] == votes
        assert store.total == 2


def test_a_model_belongs_to_the_row_not_to_the_text(tmp_path):
    rows = [make_pair(0, chosen_model="m1"), make_pair(0, chosen_model="m2", row=1)]
    store = make_store(tmp_path, rows)
    assert [pair_detail(store, row).chosen_model for row in (0, 1)] == ["m1", "m2"]


def test_a_source_that_brings_only_scores_is_no_source(tmp_path):
    make_store(tmp_path, [make_pair(0)])
    scored = [make_pair(0, scores={"rm": (1.0, 0.0)})]
    store = make_store(tmp_path, scored, source="scores", named=False)
    assert store.query("inputs_sources")["name"].to_pylist() == ["made"]


def test_signals_of_another_layout_end_in_a_sentence(tmp_path):
    make_store(tmp_path, [make_pair(0)]).close()
    path = tmp_path / read_generation(tmp_path).signals
    with duckdb.connect(str(path)) as con:
        con.execute("DROP TABLE noise_estimates")
    with pytest.raises(StoreDamaged, match="has another layout"):
        open_store(tmp_path)


def test_inputs_align_to_rows(tmp_path):
    from core.store.inputs import signal_inputs

    store = make_store(tmp_path, demo_pairs())
    inputs = signal_inputs(store)
    assert inputs.row_id.tolist() == list(range(store.total))
    assert set(inputs.rewards) == {"alpha", "beta"}
    assert np.isnan(inputs.gold[inputs.tie]).all()


def test_evidence_of_another_form_ends_in_a_sentence(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", demo_pairs(60))
    signals = tmp_path / "store" / store.generation.signals
    store.close()
    with duckdb.connect(str(signals)) as con:
        con.execute("UPDATE evidence_models SET model = replace(model, '\"limit\"', '\"bound\"')")
    with pytest.raises(StoreDamaged, match="in another way"):
        _ = open_store(tmp_path / "store").evidence_models
