"""Similar pairs: the cosines of a plain loop, in blocks, for a time, within a filter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from core.errors import UnknownName
from core.schema import Condition, Ints, PairFilter
from core.store import vectors
from core.store.instance import Store, open_store
from core.store.vectors import IDS
from core.views.similar import SIZE, SimilarPairs, Text, similar_pairs, vector_runs
from tests.factories import make_pair, make_store
from tests.runs import add_run

EVERY = PairFilter()
WIDTH = 8
Drawn = Mapping[int, np.ndarray]


def fixed(rows: np.ndarray) -> pa.Array:
    """Return vectors as a part holds them; a row of NaN is none."""
    missing = np.isnan(rows).all(axis=1)
    flat = pa.array(rows.astype(np.float32).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, rows.shape[1], mask=pa.array(missing))


def drawn(seed: int = 0, **places: Callable[[np.ndarray], None]) -> Callable[[Ints], dict]:
    """Return a run's columns, drawn; `places` change the vectors of a column."""

    def values(ids: Ints) -> dict[str, pa.Array]:
        draw = np.random.default_rng(seed)
        made = {}
        for name in ("embedding", "prompt_embedding"):
            rows = draw.normal(size=(len(ids), WIDTH)).astype(np.float32)
            places.get(name, lambda _: None)(rows)
            made[name] = fixed(rows)
        return made

    return values


def held(store: Store, run: str, column: str) -> dict[int, np.ndarray]:
    """Return every vector of a run."""
    sql = f"SELECT response_id, {column} FROM live.vectors WHERE run_id = $run"
    rows = store.con.cursor().execute(sql, {"run": run}).fetchall()
    return {i: np.array(v, np.float64) for i, v in rows if v is not None}


def naive(store: Store, row_id: int, text: Text, run: str = "emb") -> list[float]:
    """Return the cosines of the best answers, by a loop over everything."""
    sql = "SELECT row_id, prompt_id, chosen_id, rejected_id FROM data.pairs ORDER BY row_id"
    rows = store.con.cursor().execute(sql).fetchall()
    _, prompt, chosen, rejected = rows[row_id]
    known = held(store, run, "prompt_embedding" if text == "prompt" else "embedding")
    answers = {i for row in rows for i in row[2:]}
    owner = {i: row[1] for row in rows for i in row[2:]}
    prompts = [i for i in owner if owner[i] == prompt and i in known]
    mine = known[{"prompt": prompts[:1], "chosen": [chosen], "rejected": [rejected]}[text][0]]
    best: dict[int, float] = {}
    for i in answers & known.keys():
        size = np.linalg.norm(known[i]) * np.linalg.norm(mine)
        if owner[i] != prompt and size > 0:
            cosine = float(known[i] @ mine / size)
            best[owner[i]] = max(best.get(owner[i], -2.0), cosine)
    return sorted(best.values(), reverse=True)[:SIZE]


def found_in(store: Store, row_id: int, text: Text, **over: object) -> SimilarPairs:
    found = similar_pairs(store, row_id, text, "emb", over.pop("filter", EVERY), **over)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty prompts, of which some have three answers, one row twice, and a tie."""
    folder = tmp_path_factory.mktemp("similar")
    rows = [make_pair(i) for i in range(40)]
    rows += [make_pair(i, rejected_text=f"third {i}", row=100 + i) for i in range(10)]
    rows += [make_pair(3, row=200), make_pair(50, tie_kind="both_good", label_kind="tie")]
    make_store(folder, rows).close()

    def prompts(found: np.ndarray) -> None:
        found[::3] = np.nan

    def answers(found: np.ndarray) -> None:
        found[5], found[6] = 0, np.nan
        found[20:24] = found[10]

    add_run(folder, "emb", drawn(1, embedding=answers, prompt_embedding=prompts))
    return folder


@pytest.fixture(scope="module")
def store(root: Path) -> Store:
    return open_store(root)


def lacking(store: Store, text: Text) -> set[int]:
    """Return the rows whose text has no vector, or one of zeros."""
    return {row for row in range(store.total) if found_in(store, row, text).missing}


@pytest.mark.parametrize("text", ["prompt", "chosen", "rejected"])
def test_cosines_are_those_of_a_loop(store: Store, text: Text) -> None:
    compared = 0
    for row in set(range(store.total)) - lacking(store, text):
        found = found_in(store, row, text)
        if text == "prompt" and len(_prompt_vectors(store, row)) != 1:
            continue  # several responses of one prompt were drawn different vectors
        compared += 1
        similarities = [pair.similarity for pair in found.pairs]
        np.testing.assert_allclose(similarities, naive(store, row, text), atol=1e-6)
        assert similarities == sorted(similarities, reverse=True)
        assert len({pair.row_id for pair in found.pairs}) == SIZE
        assert {pair.text == "prompt" for pair in found.pairs} == {text == "prompt"}
    assert compared > 10


def _prompt_vectors(store: Store, row: int) -> list[int]:
    sql = """SELECT response_id FROM data.responses
        WHERE prompt_id = (SELECT prompt_id FROM data.pairs WHERE row_id = $row)"""
    ids = {i for (i,) in store.con.cursor().execute(sql, {"row": row}).fetchall()}
    return sorted(ids & held(store, "emb", "prompt_embedding").keys())


def test_a_row_that_is_found_holds_the_text_that_is_alike(store: Store) -> None:
    cosine = held(store, "emb", "embedding")
    sql = "SELECT row_id, chosen_id, rejected_id FROM data.pairs"
    ids = {row: sides for row, *sides in store.con.cursor().execute(sql).fetchall()}
    found = found_in(store, 0, "chosen")
    mine = cosine[ids[0][0]]
    for pair in found.pairs:
        there = cosine[ids[pair.row_id][pair.text == "rejected"]]
        size = np.linalg.norm(mine) * np.linalg.norm(there)
        assert pair.similarity == pytest.approx(mine @ there / size, abs=1e-6)
        assert pair.preview


def test_no_prompt_is_there_twice_and_the_own_one_never(store: Store) -> None:
    sql = "SELECT row_id, prompt_id FROM data.pairs"
    owner = dict(store.con.cursor().execute(sql).fetchall())
    for row in set(range(store.total)) - lacking(store, "chosen"):
        prompts = [owner[pair.row_id] for pair in found_in(store, row, "chosen").pairs]
        assert len(prompts) == len(set(prompts))
        assert owner[row] not in prompts


def test_blocks_change_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = found_in(store, 0, "chosen")
    monkeypatch.setattr(vectors, "BLOCK_ROWS", 7)
    blocks = found_in(store, 0, "chosen")
    assert blocks.pairs == whole.pairs
    assert blocks.compared == whole.compared
    assert blocks.searched == whole.searched == 1


def test_vectors_without_a_cosine_are_counted_and_never_found(root: Path) -> None:
    store = open_store(root)
    zeros = {i for i, v in held(store, "emb", "embedding").items() if not v.any()}
    assert len(zeros) == 1
    found = found_in(store, 0, "chosen")
    assert found.odd == 1
    assert all(np.isfinite(pair.similarity) for pair in found.pairs)


def test_what_cannot_be_compared_says_why(store: Store) -> None:
    why = {found_in(store, row, text).missing for text in ("chosen", "rejected")
           for row in lacking(store, text)}  # fmt: skip
    assert why == {
        "has no vector: it is empty, or came after the run",
        "has a vector of zeros, which points nowhere",
    }


def test_rows_are_those_of_the_filter(store: Store) -> None:
    early = PairFilter(conditions=(Condition("row_id", "<", 12.0),))
    found = found_in(store, 0, "chosen", filter=early)
    assert found.within == "row_id < 12"
    assert 0 < len(found.pairs) <= SIZE
    assert all(pair.row_id < 12 for pair in found.pairs)
    nothing = PairFilter(conditions=(Condition("row_id", "<", 0.0),))
    assert found_in(store, 0, "chosen", filter=nothing).pairs == ()


def test_a_tie_is_found_as_a_tie(store: Store) -> None:
    only = PairFilter(conditions=(Condition("tie", "=", True),))
    (pair,) = found_in(store, 0, "chosen", filter=only).pairs
    assert pair.tie


def test_out_of_time_says_how_far_it_came(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(vectors.time, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(vectors, "BLOCK_ROWS", 10)
    store = open_store(root, scan_seconds=5.0)
    part = found_in(store, 0, "chosen")
    assert 0 < part.searched < 1
    assert part.needed == pytest.approx(part.seconds / part.searched)
    whole = found_in(store, 0, "chosen", whole=True)
    assert whole.searched == 1
    assert part.compared < whole.compared
    best = [pair.similarity for pair in whole.pairs]
    assert all(a.similarity <= b for a, b in zip(part.pairs, best, strict=False))


def test_an_interrupted_block_is_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The timer ends the first block: nothing is found, and that is said."""
    store = open_store(root, scan_seconds=0.0)
    found = found_in(store, 0, "chosen")
    assert found.searched == 0
    assert (found.pairs, found.compared, found.needed) == ((), 0, float("inf"))


def test_runs_of_other_widths_and_other_parts_stand_apart(tmp_path: Path) -> None:
    make_store(tmp_path, [make_pair(i) for i in range(4)]).close()
    answers = {"embedding": pa.array([[1.0, 0.0]] * 8, pa.list_(pa.float32(), 2))}
    add_run(tmp_path, "wide", drawn())
    add_run(tmp_path, "answers", lambda ids: answers)
    add_run(tmp_path, "rewards", lambda ids: {"reward": np.arange(len(ids), dtype=float)})
    store = open_store(tmp_path)
    runs = vector_runs(store)
    assert runs == {"answers": ("chosen", "rejected"), "wide": ("prompt", "chosen", "rejected")}
    alike = similar_pairs(store, 0, "chosen", "answers", EVERY)
    assert [pair.similarity for pair in alike.pairs] == [1.0] * 3
    assert [pair.row_id for pair in alike.pairs] == [1, 2, 3]
    for run, text in (("answers", "prompt"), ("rewards", "chosen"), ("none", "chosen")):
        with pytest.raises(UnknownName):
            similar_pairs(store, 0, text, run, EVERY)
    assert similar_pairs(store, 99, "chosen", "wide", EVERY) is None


def test_a_store_without_embeddings_has_no_runs(tmp_path: Path) -> None:
    assert vector_runs(make_store(tmp_path, [make_pair()])) == {}


def test_ids_lie_in_the_blocks(store: Store) -> None:
    ids = held(store, "emb", "embedding")
    assert 0 < min(ids) <= max(ids) < IDS
