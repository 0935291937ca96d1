"""What `export` refuses before it begins, and what it tells of votes and of empty numbers."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from core.curate.manifests.reading import read_manifest
from core.curate.recipe import LARGEST, Recipe
from core.errors import UsageError
from core.schema import id_text
from core.store.instance import open_store
from tests.factories import make_pair, make_store

Assay = Callable[..., object]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Five pairs; a reward model scored the first three."""
    scored = [make_pair(i, scores={"alpha": (float(i + 1), 0.0)}) for i in range(3)]
    make_store(tmp_path / "store", [*scored, make_pair(3), make_pair(4)]).close()
    return tmp_path / "store"


@pytest.fixture
def voted(assay: Assay, store: Path) -> Path:
    """The store, with votes: pair 0 confirmed, 1 reversed, over 2 people differ."""
    held = open_store(store)
    query = "SELECT pair_id, chosen_id, rejected_id FROM data.pairs ORDER BY row_id"
    rows = held.con.cursor().sql(query).to_arrow_table().to_pylist()
    held.close()
    said = [(0, "chosen_id"), (1, "rejected_id"), (2, "chosen_id"), (2, "rejected_id")]
    lines = [
        {
            "pair_id": id_text(rows[at]["pair_id"]),
            "winner_id": id_text(rows[at][side]),
            "annotator": f"person {number}",
            "at": "2026-01-31T12:00:00Z",
        }
        for number, (at, side) in enumerate(said)
    ]
    path = store.parent / "votes.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert assay("votes", "import", path, store=store).code == 0
    return store


@pytest.mark.parametrize("seed", [LARGEST + 1, -LARGEST - 1])
def test_a_seed_that_no_manifest_holds_is_refused(assay: Assay, store: Path, seed: int) -> None:
    out = store.parent / "out"
    said = assay("export", "--out", out, f"--seed={seed}", store=store)
    assert (said.code, out.exists()) == (2, False)
    assert f"from {-LARGEST} to {LARGEST}" in said.err
    with pytest.raises(UsageError, match="too large"):
        Recipe(seed=seed)


@pytest.mark.parametrize("seed", [LARGEST, -LARGEST])
def test_the_largest_seed_reads_back(assay: Assay, store: Path, seed: int) -> None:
    out = store.parent / "out"
    assert assay("export", "--out", out, f"--seed={seed}", store=store).code == 0
    assert read_manifest(out).recipe.seed == seed


def test_a_log_that_was_named_and_is_not_there_is_an_error(assay: Assay, store: Path) -> None:
    words = ("--verdicts", "majority", "--log", "sqlite:////nonexist/x.db")
    said = assay("export", "--dry-run", *words, store=store)
    assert said.code == 1
    assert "There is no votes' log at sqlite:////nonexist/x.db." in said.err
    assert "hint: Correct --log" in said.err


def test_what_verdicts_did_is_told(assay: Assay, voted: Path) -> None:
    words = ("--verdicts", "majority", "--on-reversed", "flip", "--on-contested", "soft")
    tried = assay("export", "--dry-run", *words, store=voted)
    made = assay("export", "--out", voted.parent / "out", *words, store=voted)
    for said in (tried, made):
        assert "Verdicts (majority): 1 kept, 1 flipped, 0 removed, 1 soft." in said.out, said.err
    assert "Verdicts" not in assay("export", "--dry-run", store=voted).out


def test_verdicts_that_change_nothing_are_told(assay: Assay, store: Path, voted: Path) -> None:
    words = ("export", "--verdicts", "majority", "--where", "row_id > 2")
    says = "People's verdicts change no label here: the log holds 4 votes."
    for more in (("--dry-run",), ("--out", voted.parent / "out")):
        assert says in assay(*words, *more, store=voted).out
    (store / "votes.sqlite3").unlink()
    (store / "votes-head.json").unlink()
    said = assay("export", "--dry-run", "--verdicts", "majority", store=store)
    assert "People's verdicts change no label here: the log holds 0 votes." in said.out, said.err


def test_shares_that_no_column_holds_are_told(assay: Assay, voted: Path) -> None:
    words = ("--dry-run", "--verdicts", "majority", "--on-contested", "soft")
    says = "Not in the files: The shares of votes of 1 soft labels: add --columns q_label_ok or"
    assert says in assay("export", *words, store=voted).out
    said = assay("export", *words, "--columns", "label_smoothing", "--where", "row_id = 2",
                 store=voted)  # fmt: skip
    assert (said.code, "shares of votes" in said.out) == (0, False), said.err
    assert "shares of votes" not in assay("export", *words[:3], store=voted).out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--where", "row_id = 1", "--splits", "0.5,0.5"), "would be empty: prompts stay whole"),
        (("--where", "row_id < 0"), "Nothing is left to write: 0 rows matched."),
    ],
)
def test_a_dry_run_refuses_what_the_export_refuses(
    assay: Assay, store: Path, words: tuple[str, ...], says: str
) -> None:
    said = assay("export", "--dry-run", *words, store=store)
    assert said.code == assay("export", "--out", store.parent / "x", *words, store=store).code == 1
    assert "rows match" in said.out
    told = [line for line in said.out.splitlines() if line.startswith("It would not be written: ")]
    assert len(told) == 1
    assert says in told[0]


def test_empty_numbers_are_counted(assay: Assay, store: Path) -> None:
    says = "margin is empty in 2 of 5 pairs: they have no explicit margin."
    words = ("export", "--splits", "0.5,0.5", "--columns", " margin ,")
    for number, kind in enumerate(("trl", "kto")):
        out = store.parent / f"out{number}"
        for more in (("--dry-run",), ("--out", out)):
            said = assay(*words, "--format", kind, *more, store=store)
            assert said.out.count(says) == 1, said.err
    # Where the margin is the format's own it is 0, never empty.
    assert "is empty" not in assay(*words, "--format", "reward", "--dry-run", store=store).out


def test_a_format_of_one_kind_of_file_takes_that(assay: Assay, store: Path) -> None:
    out = store.parent / "out"
    said = assay("export", "--out", out, "--format", "annotated-pairs", "--json", store=store)
    assert (said.code, said.data["files"][0]) == (0, "data/train-00000-of-00001.json"), said.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--format", "openai", "--file", "parquet"), "openai is not written as parquet."),
        (("--links", "none,near"), "The link none stands alone."),
        (("--splits", "1,0"), "0 is no share."),
        (("--verdicts", "majority", "--verdict-param", "min_votes=1.5"), "A whole number"),
        (("--param", "a=1", "--param", "a=2"), "--param a is given twice."),
        (("--use", "a=x", "--use", "a=y"), "--use a is given twice."),
    ],
)
def test_what_cannot_be_meant_is_usage(
    assay: Assay, store: Path, words: tuple[str, ...], says: str
) -> None:
    said = assay("export", "--dry-run", *words, store=store)
    assert (said.code, says in said.err) == (2, True), said.err


@pytest.mark.parametrize(
    ("name", "data"), [("e.txt", b""), ("e.jsonl", b""), ("b.txt", b"\xe9\n"), ("b.csv", b"\xe9")]
)
def test_evaluation_files_that_cannot_be_read_say_how(
    assay: Assay, store: Path, name: str, data: bytes
) -> None:
    path = store.parent / name
    path.write_bytes(data)
    said = assay("export", "--dry-run", "--evaluation", path, store=store)
    assert (said.code, "hint: Prompts are UTF-8: one per line" in said.err) == (1, True), said.err


def test_the_store_s_own_folder_is_not_written_to(assay: Assay, store: Path) -> None:
    said = assay("export", "--out", store / "runs" / "x", store=store)
    assert (said.code, "lies inside the store's own folder" in said.err) == (1, True), said.err
    assert assay("export", "--out", store / "exports" / "x", store=store).code == 0


def test_verify_takes_a_manifest_and_hints_at_a_folder(assay: Assay, store: Path) -> None:
    out = store.parent / "out"
    assert assay("export", "--out", out, store=store).code == 0
    assert assay("verify", out / "manifest.json", store=store).code == 0
    said = assay("verify", store.parent / "nothere", store=store)
    assert (said.code, "Name the folder of an export." in said.out) == (1, True)
