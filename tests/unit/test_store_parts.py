"""Parts of runs: types, no NaN at the door, what made them, and many made one."""

from __future__ import annotations

import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import ScoreError, StoreError
from core.schema import RunInfo
from core.store import merge
from core.store.columns import failures, storable
from core.store.layout import RUNS
from core.store.merge import merge_parts
from core.store.parts import GIVEN, META, Tally, read_part, write_part

INFO = RunInfo(
    run_id="rm", scorer="reward_model", model="m", dtype="float32",
    parameters={"layers": 2, GIVEN: {"model": "a/folder"}}, device="cpu",
)  # fmt: skip
ODD = [math.nan, math.inf, -math.inf, None]


def vectors(rows: list[list[float] | None], width: int = 2) -> pa.Array:
    return pa.array(rows, pa.list_(pa.float32(), width))


def full(ids: list[int]) -> pa.Table:
    """Rows with a column of every type."""
    n = len(ids)
    return pa.table(
        {
            "response_id": pa.array(ids, pa.int64()),
            "reward": [float(i) for i in ids],
            "reward_help_2": [float(-i) for i in ids],
            "policy_token_logps": pa.array([[float(i)] * (i % 3) for i in ids]),
            "token_ends": pa.array([[1] * (i % 3) for i in ids], pa.list_(pa.int32())),
            "embedding": vectors([[float(i), 0.5] for i in ids]),
            "prompt_embedding": vectors([[1.0, float(i)] if i % 2 else None for i in ids]),
            "n_tokens": pa.array([i % 7 for i in ids], pa.int32()),
            "truncated": [i % 5 == 0 for i in ids],
            "reason_first": ["text"] * n,
        }
    )


def stored(root, name: str) -> pa.Table:
    return pq.read_table(root / RUNS / "rm" / name, partitioning=None)


def test_a_part_is_sorted_typed_and_says_what_made_it(tmp_path):
    rows = full([5, 3, 9]).append_column("unheard_of", pa.array([1, 2, 3]))
    name = write_part(tmp_path, "rm", rows, INFO, seconds=1.5)
    found = stored(tmp_path, name)
    assert found["response_id"].to_pylist() == [3, 5, 9]
    assert found["reward"].to_pylist() == [3.0, 5.0, 9.0]
    assert "unheard_of" not in found.column_names
    part = read_part(tmp_path / RUNS / "rm", name)
    assert part.made["scorer"] == "reward_model"
    assert (part.made["model"], part.made["revision"]) == ("m", None)
    assert part.made["parameters"] == {"layers": 2}  # what was typed is the run's, not the part's
    assert part.tally == Tally(rows=3, failed=0, truncated=1, tokens=10, seconds=1.5)
    assert part.columns == tuple(found.column_names)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["reward", "policy_logps", "klsum", "reward_helpfulness"])
def test_no_number_that_is_none_passes_the_door(name, odd):
    rows = pa.table({"response_id": [1, 2], name: pa.array([odd, 1.0], pa.float64())})
    assert storable(rows)[name].to_pylist() == [None, 1.0]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", [pa.list_(pa.float32()), pa.list_(pa.float64())])
def test_a_list_with_one_odd_entry_is_unknown_as_a_whole(odd, kind):
    values = pa.array([[1.0, odd], [2.0], [], None, [3.0, 4.0]], kind)
    rows = pa.table({"response_id": range(5), "passes": values})
    assert storable(rows)["passes"].to_pylist() == [None, [2.0], [], None, [3.0, 4.0]]


@pytest.mark.parametrize("odd", ODD)
def test_a_vector_with_one_odd_entry_is_unknown_as_a_whole(odd):
    values = vectors([None, [1.0, 2.0], [odd, 0.0], [3.0, 4.0]])
    rows = pa.table({"response_id": range(4), "embedding": values})
    found = storable(rows)["embedding"]
    assert found.to_pylist() == [None, [1.0, 2.0], None, [3.0, 4.0]]
    assert found.type == pa.list_(pa.float32(), 2)


def test_a_number_too_large_for_its_column_is_unknown():
    rows = pa.table({"response_id": [1], "passes": pa.array([[1e300]], pa.list_(pa.float64()))})
    assert storable(rows)["passes"].to_pylist() == [None]


def test_vectors_of_no_fixed_size_and_rows_without_a_key_are_refused():
    rows = pa.table({"response_id": [1], "embedding": pa.array([[1.0]], pa.list_(pa.float32()))})
    with pytest.raises(ScoreError, match="embedding"):
        storable(rows)
    with pytest.raises(ScoreError, match="response_id"):
        storable(pa.table({"reward": [1.0]}))


def test_a_row_fails_when_no_value_is_known_whatever_it_took():
    rows = pa.table(
        {
            "response_id": [1, 2, 3],
            "reward": pa.array([1.0, None, None], pa.float64()),
            "policy_logps": pa.array([None, 2.0, None], pa.float64()),
            "n_tokens": pa.array([1, 2, 3], pa.int32()),
        }
    )
    assert failures(rows) == 1
    verdicts = pa.table(
        {
            "pair_id": [1, 2],
            "winner_id": pa.array([None, None], pa.int64()),
            "first_order": pa.array(["tie", None]),
            "second_order": pa.array([None, None], pa.string()),
            "reason_first": ["x", "y"],
        }
    )
    assert failures(verdicts) == 1


def test_the_vector_of_a_prompt_is_no_value_of_its_empty_response():
    none = vectors([None, None, None])
    of_prompts = vectors([[1.0, 0.0], [0.0, 1.0], None])
    rows = pa.table({"response_id": [1, 2, 3], "prompt_embedding": of_prompts})
    assert failures(rows) == 1
    assert failures(rows.append_column("embedding", none)) == 3
    assert failures(rows.append_column("embedding", of_prompts)) == 1


def test_parts_are_never_written_over(tmp_path):
    names = [write_part(tmp_path, "rm", full([i]), INFO) for i in range(3)]
    (tmp_path / RUNS / "rm" / names[0]).unlink()
    assert write_part(tmp_path, "rm", full([7]), INFO) == "part-00003.parquet"
    assert write_part(tmp_path, "rm", full([7]), INFO, number=100_000) == "part-100000.parquet"
    assert write_part(tmp_path, "rm", full([7]), INFO) == "part-100001.parquet"


def test_a_full_disk_ends_in_a_sentence_and_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full_disk(table, path, **options):
        path.write_bytes(b"PAR1 and then")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.store.parts.pq.write_table", full_disk)
    with pytest.raises(StoreError, match=r"part-00000\.parquet cannot be written: No space left"):
        write_part(tmp_path, "rm", full([1]), INFO)
    assert list((tmp_path / RUNS / "rm").iterdir()) == []


def test_a_part_of_an_earlier_version_or_another_program_is_read(tmp_path):
    folder = tmp_path / RUNS / "rm"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"response_id": [1], "reward": [1.0]}), folder / "part-00000.parquet")
    part = read_part(folder, "part-00000.parquet")
    assert (part.made, part.columns, part.tally.rows) == (None, ("response_id", "reward"), 1)


@pytest.mark.parametrize("meta", ["{", "[1]", '{"made": 1}', '{"tally": {"x": 1}}'])
def test_a_part_that_says_nonsense_about_itself_ends_in_a_sentence(tmp_path, meta):
    rows = pa.table({"response_id": [1]}).replace_schema_metadata({META: meta})
    pq.write_table(rows, tmp_path / "part-00000.parquet")
    with pytest.raises(ScoreError, match="not a part of a run"):
        read_part(tmp_path, "part-00000.parquet")


# --- many parts made one -------------------------------------------------------------------------


def merged(root, names: list[str]):
    folder = root / RUNS / "rm"
    parts = [read_part(folder, name) for name in names]
    return merge_parts(root, INFO, parts)


@pytest.mark.parametrize("size", [1 << 30, 20_000, 700])
def test_many_parts_become_one_with_the_same_rows_types_and_sums(tmp_path, monkeypatch, size):
    """In one range, in some, and in very many."""
    monkeypatch.setattr(merge, "RANGE_BYTES", size)
    ids = np.random.default_rng(1).permutation(5_000).tolist()
    pieces = [ids[at : at + 500] for at in range(0, 5_000, 500)]
    names = [write_part(tmp_path, "rm", full(piece), INFO, seconds=0.5) for piece in pieces]
    part = merged(tmp_path, names)
    found, wanted = stored(tmp_path, part.name), storable(full(ids))
    assert found.select(wanted.column_names).cast(wanted.schema).equals(wanted)
    assert found.schema.field("embedding").type == pa.list_(pa.float32(), 2)
    assert part.replaces == tuple(names)
    assert part.made == read_part(tmp_path / RUNS / "rm", names[0]).made
    assert part.tally == Tally(5_000, 0, 1_000, sum(i % 7 for i in ids), 5.0)
    assert all((tmp_path / RUNS / "rm" / name).exists() for name in names)
    assert not list((tmp_path / RUNS / "rm").glob(".build-*"))


def test_row_groups_are_of_a_size_that_lookups_can_skip(tmp_path):
    ids = list(range(150_000))
    rows = pa.table({"response_id": ids, "reward": np.zeros(len(ids))})
    names = [
        write_part(tmp_path, "rm", rows.slice(at, 50_000), INFO) for at in (0, 50_000, 100_000)
    ]
    for name in (*names[:1], merged(tmp_path, names).name):
        footer = pq.read_metadata(tmp_path / RUNS / "rm" / name)
        sizes = [footer.row_group(i).num_rows for i in range(footer.num_row_groups)]
        assert max(sizes) <= 65_536
        assert sum(sizes) == footer.num_rows


def test_where_parts_overlap_the_later_one_counts(tmp_path):
    first = pa.table({"response_id": [1, 2, 3], "reward": [1.0, 2.0, 3.0]})
    second = pa.table({"response_id": [2], "reward": pa.array([None], pa.float64())})
    names = [write_part(tmp_path, "rm", rows, INFO) for rows in (first, second)]
    rows = stored(tmp_path, merged(tmp_path, names).name)
    assert rows["reward"].to_pylist() == [1.0, None, 3.0]


def test_parts_with_different_columns_join(tmp_path):
    one = pa.table({"response_id": [2], "reward": [1.0]})
    other = pa.table({"response_id": [1], "n_tokens": pa.array([4], pa.int32())})
    names = [write_part(tmp_path, "rm", rows, INFO) for rows in (one, other)]
    rows = stored(tmp_path, merged(tmp_path, names).name).to_pylist()
    assert rows == [
        {"response_id": 1, "reward": None, "n_tokens": 4},
        {"response_id": 2, "reward": 1.0, "n_tokens": None},
    ]


def test_a_store_whose_folder_looks_like_a_partition_keeps_its_columns(tmp_path):
    root = tmp_path / "reward=9"
    names = [write_part(root, "rm", full([i]), INFO) for i in range(3)]
    rows = stored(root, merged(root, names).name)
    assert rows["reward"].to_pylist() == [0.0, 1.0, 2.0]


def test_a_disk_that_fills_up_while_parts_are_joined_leaves_them(tmp_path, monkeypatch):
    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    names = [write_part(tmp_path, "rm", full([i]), INFO) for i in range(3)]
    for step in ("pa.ipc.new_stream", "pq.ParquetWriter"):
        with monkeypatch.context() as patch:
            patch.setattr(f"core.store.merge.{step}", full_disk)
            with pytest.raises(StoreError, match=r"part-00003\.parquet cannot be written"):
                merged(tmp_path, names)
        assert sorted(p.name for p in (tmp_path / RUNS / "rm").iterdir()) == names


def test_what_made_a_part_is_json(tmp_path):
    name = write_part(tmp_path, "rm", full([1]), INFO)
    meta = pq.read_metadata(tmp_path / RUNS / "rm" / name).metadata[META]
    assert json.loads(meta)["made"]["dtype"] == "float32"
