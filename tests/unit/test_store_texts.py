"""Text values of rows: counts, likeness, near duplicates, contained answers, from a run."""

import json
import random
import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.commands.runs import add_runs
from core.schema import TextValues
from core.settings import Settings
from core.store.inputs import signal_inputs
from core.store.instance import open_store
from core.store.layout import RUNS
from core.store.near import near_rows, similarity
from core.store.runs import read_run
from core.store.texts import text_values
from tests.factories import make_pair, make_store

WORDS = [f"word{i}" for i in range(3_000)]


def passage(seed: int, n: int = 200) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=n))


def changed(text: str, place: int) -> str:
    """Return the text with one word exchanged: of 198 3-grams three are others."""
    said = text.split()
    said[place] = "changed"
    return " ".join(said)


def row(number: int, prompt: str, chosen: str, rejected: str, **over: object):
    return make_pair(number, prompt_text=prompt, chosen_text=chosen, rejected_text=rejected, **over)


def values(root: Path) -> TextValues | None:
    with closing(open_store(root)) as store:
        return signal_inputs(store).texts


@pytest.fixture
def scored(tmp_path, assay):
    """Make a store of rows and its run of text statistics."""

    def make(*rows, more: tuple[object, ...] = ()) -> Path:
        make_store(tmp_path / "store", rows).close()
        assert assay("score", "textstats", *more, store=tmp_path / "store").code == 0
        return tmp_path / "store"

    return make


P, A, B = passage(1), passage(2), passage(3)


def test_counts_of_both_sides(scored) -> None:
    root = scored(row(0, "Why?", "- so\n- and so. [1]", "I'm sorry, I can't help with that."))
    found = values(root)
    assert found.chosen["n_list_items"].tolist() == [2.0]
    assert found.rejected["refusal"].tolist() == [1.0]
    assert found.chosen["n_words"].tolist() == [4.0]
    assert found.rejected["repetition"].tolist() == [0.0]


def test_likeness_is_that_of_the_grams(scored) -> None:
    root = scored(row(0, P, A, changed(A, 30)), row(1, P, A, B), row(2, P, A.upper(), A + "!"))
    assert values(root).similarity == pytest.approx([195 / 201, 0, 1], abs=0.1)


def test_near_duplicates_in_either_order(scored) -> None:
    root = scored(
        row(0, P, A, B),
        row(1, changed(P, 5), changed(A, 20), B),
        row(2, P, changed(B, 40), A),
        row(3, P, A, passage(4)),
        row(4, passage(5), A, B),
        row(5, P, A, A),
    )
    assert values(root).near_duplicates.tolist() == [2, 2, 2, 0, 0, 0]


def test_rows_of_equal_text_count_and_ties_too(scored) -> None:
    tied = {"label_kind": "given", "tie_kind": "tie"}
    root = scored(row(0, P, A, B), row(1, P, B, A), row(2, P, A, B, **tied), row(3, P, A, "else"))
    assert values(root).near_duplicates.tolist() == [2, 2, 2, 0]


@pytest.mark.parametrize(
    ("chosen", "rejected", "grade"),
    [
        ("Yes.", " yes. ", 2),
        ("Yes.\n\nIt  is.", "yes. it is.", 2),
        ("Yes", "yes, it is", 1),
        (A, "First: " + A + " and more", 1),
        (A, B + " " + A + " " + passage(8, 900), 1),
        (A, B, 0),
        ("", "something", 0),
        ("?!", "what?!", 1),
        (A, changed(A, 30), 0),
    ],
)
def test_contained_answers(chosen: str, rejected: str, grade: int, scored) -> None:
    assert values(scored(row(0, P, chosen, rejected))).contained.tolist() == [grade]


def test_turns_are_compared_too(scored) -> None:
    def turns(*said: str) -> str:
        return json.dumps([{"role": "assistant", "content": text} for text in said])

    over = {
        "chosen_text": None,
        "chosen_messages": turns("One.", A),
        "rejected_text": None,
        "rejected_messages": turns("ONE.", A + " more"),
    }
    assert values(scored(make_pair(0, **over))).contained.tolist() == [1]


def test_texts_without_words_are_known(scored) -> None:
    root = scored(row(0, "?", "!!", "..."), row(1, "?", "!!", "a word"))
    found = values(root)
    assert found.similarity.tolist() == [1, pytest.approx(0, abs=0.05)]
    assert found.near_duplicates.tolist() == [0, 0]
    assert np.isnan(found.chosen["repetition"]).all()


def test_what_the_run_lacks_is_unknown(scored) -> None:
    root = scored(row(0, P, A, B), row(1, P, A, passage(6)), more=("--limit", "1"))
    found = values(root)
    for column in (found.similarity, found.near_duplicates, found.contained):
        assert np.isnan(column).tolist() == [False, True]
    assert np.isnan(found.rejected["n_words"]).tolist() == [False, True]


def test_no_run_no_values(tmp_path) -> None:
    make_store(tmp_path / "store", [row(0, P, A, B)]).close()
    assert values(tmp_path / "store") is None


def test_only_what_is_new_is_scored(scored, assay) -> None:
    """After a later import the same command adds a part, and nothing is counted twice."""
    root = scored(row(0, P, A, B), row(1, P, A, passage(6)))
    with closing(open_store(root)) as store:
        (first,) = store.generation.runs["textstats"]
    make_store(root, [row(7, changed(P, 3), B, A), row(8, P, A, passage(9))]).close()
    said = assay("score", "textstats", "--json", store=root)
    assert (said.code, said.data["responses"]) == (0, 6)
    with closing(open_store(root)) as store:
        names = store.generation.runs["textstats"]
    assert names[0] == first
    rows = [pq.read_metadata(root / RUNS / "textstats" / name).num_rows for name in names]
    assert rows == [3, 3]
    assert values(root).near_duplicates.tolist() == [1, 0, 1, 0]
    assert assay("score", "textstats", store=root).code == 0
    with closing(open_store(root)) as store:
        assert store.generation.runs["textstats"] == names


def test_merged_parts_say_the_same(scored, assay) -> None:
    root = scored(row(0, P, A, B))
    for number in range(1, 10):
        make_store(root, [row(number, P, changed(A, number), B)]).close()
        assert assay("score", "textstats", store=root).code == 0
    with closing(open_store(root)) as store:
        assert len(store.generation.runs["textstats"]) < 9
    assert values(root).near_duplicates.tolist() == [9] * 10


def test_a_run_made_elsewhere_is_taken_over(scored, assay, tmp_path) -> None:
    root = scored(row(0, P, A, B), row(1, P, changed(A, 9), B))
    made = values(root)
    shutil.copytree(root / RUNS / "textstats", tmp_path / "elsewhere")
    assert assay("runs", "remove", "textstats", store=root).code == 0
    assert values(root) is None
    assert assay("runs", "add", tmp_path / "elsewhere", store=root).code == 0
    found = values(root)
    assert read_run(root / RUNS / "textstats").scorer == "textstats"
    assert found.near_duplicates.tolist() == made.near_duplicates.tolist() == [1, 1]
    assert found.similarity.tolist() == made.similarity.tolist()


def test_signatures_of_another_width_are_refused(scored, assay, tmp_path) -> None:
    root = scored(row(0, P, A, B))
    folder = tmp_path / "elsewhere"
    shutil.copytree(root / RUNS / "textstats", folder)
    assert assay("runs", "remove", "textstats", store=root).code == 0
    (part,) = folder.glob("part-*")
    table = pq.read_table(part, partitioning=None)
    short = pa.array([b"short"] * len(table), pa.binary())
    at = table.column_names.index("signature")
    pq.write_table(table.set_column(at, "signature", short), part)
    said = assay("runs", "add", folder, store=root)
    assert (said.code, "Traceback" in said.err) == (1, False)
    assert values(root) is None


def test_the_run_with_most_responses_counts(scored, assay) -> None:
    root = scored(row(0, P, A, B), row(1, P, A, "one"), more=("--limit", "1", "--name", "few"))
    assert assay("score", "textstats", store=root).code == 0
    assert np.isfinite(values(root).similarity).all()


def test_the_order_of_rows_changes_nothing(scored, tmp_path) -> None:
    rows = [row(i, passage(i % 2), passage(10 + i % 2), changed(B, i)) for i in range(12)]
    root = scored(*rows)
    with closing(open_store(root)) as store:
        pair_id = signal_inputs(store).pair_id
        there = text_values(store, pair_id)
    assert (there.near_duplicates > 0).any()
    for name in ("similarity", "near_duplicates", "contained"):
        by_pair = dict(zip(pair_id.tolist(), getattr(there, name).tolist(), strict=True))
        make_store(tmp_path / name, rows[::-1]).close()
        shutil.copytree(root / RUNS / "textstats", tmp_path / f"{name}-run")
        add_runs(Settings(store=tmp_path / name), [tmp_path / f"{name}-run"])
        with closing(open_store(tmp_path / name)) as store:
            inputs = signal_inputs(store)
        found = getattr(inputs.texts, name).tolist()
        assert found == [by_pair[pair] for pair in inputs.pair_id.tolist()]


def signatures(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 128)).astype(np.uint8)


def varied(base: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Return signatures of which about a share of the bytes stay."""
    draw = np.random.default_rng(seed)
    return np.where(draw.random(base.shape) < share, base, signatures(len(base), seed + 1))


def counted(prompts, sides, rows, weight) -> list[int]:
    """Count near duplicates by comparing all with all."""
    n = len(rows)
    every = np.arange(n)

    def near(table, one, other):
        first, second = np.repeat(rows[:, one], n), np.tile(rows[:, other], n)
        return similarity(table, first, second).reshape(n, n) >= 0.8

    straight = near(sides, 1, 1) & near(sides, 2, 2)
    crossed = near(sides, 1, 2) & near(sides, 2, 1)
    both = near(prompts, 0, 0) & (straight | crossed)
    both[every, every] = False
    return (both @ weight).tolist()


def test_bands_find_what_a_comparison_of_all_finds() -> None:
    draw = np.random.default_rng(0)
    bases, sides = signatures(6, 1), signatures(12, 3)
    prompts = varied(bases[draw.integers(0, 6, 300)], 0.95, 5)
    texts = varied(sides[draw.integers(0, 12, 600)], 0.95, 7)
    rows = np.column_stack([np.arange(300), np.arange(300), np.arange(300, 600)])
    weight = draw.integers(1, 4, 300)
    found = near_rows(prompts, texts, rows, weight)
    assert found.tolist() == counted(prompts, texts, rows, weight)
    assert found.max() > 0
    turned = np.column_stack([rows[:, 0], rows[:, 2], rows[:, 1]])
    assert near_rows(prompts, texts, turned, weight).tolist() == found.tolist()


def test_a_group_of_very_many_is_not_compared_with_all() -> None:
    n = 5_000
    prompts, sides = signatures(1, 1), varied(np.repeat(signatures(1, 2), n, axis=0), 0.99, 3)
    rows = np.column_stack([np.zeros(n, np.int64), np.arange(n), np.arange(n)])
    found = near_rows(prompts, sides, rows, np.ones(n, np.int64))
    assert found.min() >= 32
    assert 64 <= np.median(found) <= 256


def test_no_rows() -> None:
    none = np.empty((0, 3), np.int64)
    assert near_rows(signatures(1, 1), signatures(1, 1), none, none[:, 0]).tolist() == []
