"""What all runs say together: the live views, the inputs of signals, and `signals --out`."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.schema import RunInfo
from core.store.heads import head_values
from core.store.inputs import signal_inputs
from core.store.instance import Store, open_store
from core.store.layout import read_generation, swap
from core.store.parts import write_part
from core.store.runs import write_info
from tests.factories import make_pair, make_store


def rows():
    return [make_pair(i) for i in range(3)] + [make_pair(3, tie_kind="tie", label_kind="tie")]


@pytest.fixture
def root(tmp_path):
    scored = [make_pair(0, scores={"brought": (2.0, 1.0)}), *rows()[1:]]
    make_store(tmp_path, scored).close()
    return tmp_path


def serve(root, run: str, *tables: pa.Table, scorer: str = "made", leaks: bool = False) -> Store:
    """Make the tables the parts of a run, as `score` and `runs add` do."""
    info = RunInfo(run_id=run, scorer=scorer, leaks_label=leaks)
    names = tuple(write_part(root, run, table, info) for table in tables)
    write_info(root, info)
    generation = read_generation(root)
    swap(root, type(generation)(**{**vars(generation), "runs": {**generation.runs, run: names}}))
    return open_store(root)


def sides(root) -> tuple[np.ndarray, np.ndarray]:
    found = open_store(root).con.sql(
        "SELECT chosen_id, rejected_id FROM data.pairs ORDER BY row_id"
    )
    return tuple(np.array(side) for side in zip(*found.fetchall(), strict=True))


def ids(root) -> list[int]:
    return sorted({int(i) for side in sides(root) for i in side})


def policy(root) -> pa.Table:
    known = ids(root)
    n = len(known)
    return pa.table(
        {
            "response_id": known,
            "policy_logps": [-float(i) for i in range(n)],
            "ref_logps": [None if i == 0 else -2.0 * i for i in range(n)],
            "klsum": [0.5] * n,
            "policy_mixp_logps": [1.0] * n,
            "policy_mixm_logps": [2.0] * n,
            "n_tokens": pa.array(range(n), pa.int32()),
        }
    )


def test_one_view_holds_the_numbers_of_all_runs_and_null_where_a_run_has_none(root):
    serve(root, "pol", policy(root))
    vectors = pa.FixedSizeListArray.from_arrays(pa.array([1.0] * 16, pa.float32()), 2)
    table = {
        "response_id": ids(root),
        "embedding": vectors,
        "n_tokens": pa.array([3] * 8, pa.int32()),
    }
    store = serve(root, "vec", pa.table(table))
    found = store.con.sql(
        "SELECT run_id, count(*), count(reward), count(policy_logps), count(ref_logps), "
        "sum(n_tokens) FROM live.scores GROUP BY run_id ORDER BY run_id"
    ).fetchall()
    assert found == [
        ("brought", 2, 2, 0, 0, None), ("pol", 8, 0, 8, 7, 28), ("vec", 8, 0, 0, 0, 24),
    ]  # fmt: skip
    assert store.run_columns("vec") == {"response_id", "embedding", "n_tokens"}
    columns = store.con.sql("DESCRIBE live.scores").fetchall()
    assert [name for name, *_ in columns] == [
        "run_id", "response_id", "reward", "policy_logps", "ref_logps", "klsum",
        "policy_mixp_logps", "policy_mixm_logps", "passes", "policy_token_logps",
        "ref_token_logps", "token_ends", "n_tokens", "truncated",
    ]  # fmt: skip


def test_imported_parts_may_overlap_and_the_later_one_counts(root):
    make_store(root, [make_pair(0, scores={"brought": (7.0, 1.0)})]).close()
    store = open_store(root)
    assert len(store.generation.runs["brought"]) == 2
    values = signal_inputs(store).rewards["brought"]
    assert (values.chosen[0], values.rejected[0]) == (7.0, 1.0)


def test_the_log_probabilities_of_a_policy_are_aligned_to_rows(root):
    store = serve(root, "pol", policy(root), leaks=True)
    place = {number: at for at, number in enumerate(ids(root))}
    chosen, rejected = ([place[i] for i in side.tolist()] for side in sides(root))
    values = signal_inputs(store).logps["pol"]
    assert values.policy_chosen.tolist() == [-float(i) for i in chosen]
    assert values.policy_rejected.tolist() == [-float(i) for i in rejected]
    assert values.chosen_tokens.tolist() == chosen
    assert values.leaks_label
    wanted = [math.nan if i == 0 else -2.0 * i for i in rejected]
    assert np.array_equal(values.ref_rejected, wanted, equal_nan=True)
    assert list(signal_inputs(store).rewards) == ["brought"]


def test_a_policy_without_reference_has_unknown_ones(root):
    store = serve(root, "pol", policy(root).drop_columns(["ref_logps", "klsum"]))
    assert np.isnan(signal_inputs(store).logps["pol"].ref_chosen).all()


ORDERS = [
    (("first", "first"), 1.0), (("first", "second"), 0.5), (("second", "second"), 0.0),
    (("tie", "first"), 0.75), ((None, "second"), 0.0), (("tie", None), 0.5), ((None, None), None),
]  # fmt: skip


@pytest.mark.parametrize(("said", "share"), ORDERS)
def test_a_judge_gives_the_share_of_its_orders_that_chose_a_side(root, said, share):
    pairs = open_store(root).con.sql("SELECT pair_id FROM data.pairs ORDER BY row_id").fetchall()
    table = {
        "pair_id": [i for (i,) in pairs],
        "first_order": pa.array([said[0]] * 4, pa.string()),
        "second_order": pa.array([said[1]] * 4, pa.string()),
    }
    store = serve(root, "jury", pa.table(table))
    chosen, rejected = sides(root)
    values = signal_inputs(store).rewards["jury"]
    wanted = np.array([np.nan if share is None else share] * 4)
    wanted = np.where(chosen < rejected, wanted, 1 - wanted)
    assert np.array_equal(values.chosen, wanted, equal_nan=True)
    assert np.array_equal(values.rejected, 1 - wanted, equal_nan=True)
    judged = store.con.sql("SELECT run_id, pair_id, first_order, winner_id FROM live.judged")
    assert len(judged.fetchall()) == 4


def test_rows_that_a_judge_did_not_see_are_unknown(root):
    pairs = open_store(root).con.sql("SELECT pair_id FROM data.pairs WHERE row_id = 1").fetchall()
    table = {"pair_id": [pairs[0][0]], "first_order": ["first"], "second_order": ["first"]}
    values = signal_inputs(serve(root, "jury", pa.table(table))).rewards["jury"]
    assert np.isnan(values.chosen).tolist() == [True, False, True, True]


def test_a_file_of_signals_holds_each_run_s_values_of_both_sides(root, assay, tmp_path):
    serve(root, "pol", policy(root))
    out = tmp_path / "signals.parquet"
    assert assay("signals", "--out", out, store=root).code == 0
    names = {name for name in pq.read_table(out).column_names if "." in name}
    both = ("chosen", "rejected")
    assert names == {
        *(f"brought.reward_{s}" for s in both),
        *(f"pol.policy_{s}_logps" for s in both),
        *(f"pol.ref_{s}_logps" for s in both),
        *(f"pol.{s}_tokens" for s in both),
        *(f"pol.klsum_{s}" for s in both),
        *(f"pol.policy_mixp_{s}_logps" for s in both),
        *(f"pol.policy_mixm_{s}_logps" for s in both),
    }


def test_the_heads_of_a_model_are_aligned_to_rows(root):
    known, (chosen, rejected) = ids(root), sides(root)
    place = {number: float(at) for at, number in enumerate(known)}
    heads = {"reward_helpful": list(place.values()), "reward_safe": [None] * 8}
    serve(root, "two", pa.table({"response_id": known, "reward": [0.5] * 8, **heads}))
    other = {"reward": [1.0], "reward_other": [3.0]}
    store = serve(root, "one", pa.table({"response_id": [int(chosen[2])], **other}))
    found = head_values(store, "two")
    assert list(found) == [
        f"reward_{head}_{s}" for head in ("helpful", "safe") for s in ("chosen", "rejected")
    ]
    for side, numbers in (("chosen", chosen), ("rejected", rejected)):
        wanted = [place[i] for i in numbers.tolist()]
        assert found[f"reward_helpful_{side}"].to_pylist() == wanted
    assert found["reward_safe_chosen"].to_pylist() == [None] * 4
    assert head_values(store, "one")["reward_other_chosen"].to_pylist() == [None, None, 3.0, None]
    assert head_values(store, "brought") == {}


def test_a_lost_or_cut_part_ends_in_a_sentence(root, assay):
    path = next((root / "runs" / "brought").glob("part-*"))
    path.write_bytes(path.read_bytes()[:40])
    said = assay("stats", store=root)
    assert (said.code, "is not a part of a run" in said.err) == (1, True)
    path.unlink()
    assert "is not a part of a run" in assay("stats", store=root).err


def test_a_pair_shows_the_rewards_of_runs_that_have_some(root):
    serve(root, "pol", policy(root))
    chosen, rejected = (int(side[0]) for side in sides(root))
    ids_of_pair = {"chosen_id": chosen, "rejected_id": rejected}
    assert open_store(root).query("browse_scores", ids_of_pair).to_pylist() == [
        {"run_id": "brought", "chosen": 2.0, "rejected": 1.0}
    ]


def test_what_kl_adds_to_a_policy_is_aligned_to_rows(root):
    table = policy(root)
    table = table.set_column(3, "klsum", pa.array([float(i) for i in range(8)]))
    store = serve(root, "pol", table)
    place = {number: at for at, number in enumerate(ids(root))}
    kl = signal_inputs(store).logps["pol"].kl
    assert kl.klsum_chosen.tolist() == [float(place[i]) for i in sides(root)[0].tolist()]
    assert kl.policy_mixm_rejected.tolist() == [2.0] * 4
    bare = serve(root, "bare", table.drop_columns(["klsum", "policy_mixp_logps"]))
    assert signal_inputs(bare).logps["bare"].kl is None


def test_the_passes_of_dropout_are_a_row_per_row(root):
    known = ids(root)
    lists = [None, *[[float(at), -1.0, 0.5] for at in range(1, 8)]]
    passes = pa.array(lists, pa.list_(pa.float32()))
    table = {"response_id": known, "reward": [0.0] * 8, "passes": passes}
    values = signal_inputs(serve(root, "drop", pa.table(table))).passes["drop"]
    wanted = {
        i: np.array(row or [np.nan] * 3, np.float32) for i, row in zip(known, lists, strict=True)
    }
    for found, side in zip((values.chosen, values.rejected), sides(root), strict=True):
        assert (found.shape, found.dtype) == ((4, 3), np.float32)
        assert np.array_equal(found, [wanted[i] for i in side.tolist()], equal_nan=True)
    nothing = {"response_id": known, "passes": pa.array([None] * 8, pa.list_(pa.float32()))}
    values = signal_inputs(serve(root, "none", pa.table(nothing))).passes["none"]
    assert values.chosen.shape == (4, 0)
