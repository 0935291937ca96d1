"""`export` on the command line, and the command line that a page shows."""

import json
import shlex
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

import pytest

from core.commands.cli import load, parser_of
from core.commands.exportargs import recipe_of
from core.curate.commandline import command_line, file_name, filter_recipe
from core.curate.recipe import Recipe
from core.curate.splits.asked import KEEP, plan_splits
from core.schema import Condition, PairFilter
from core.settings import Settings
from core.store.filters import parse_where
from tests.factories import make_pair, make_store

Assay = Callable[..., object]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    rows = [make_pair(i) for i in range(20)]
    rows.append(make_pair(20, tie_kind="tie", label_kind="tie"))
    make_store(tmp_path / "store", rows).close()
    return tmp_path / "store"


def test_it_writes_and_says_what(assay: Assay, store: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = assay("export", "--out", out, "--splits", "0.5,0.5", "--json", store=store)
    assert said.code == 0
    assert (said.data["pairs_in"], said.data["pairs_out"]) == (21, 20)
    assert said.data["splits"] == {"train": 10, "test": 10}
    assert set(said.data["sha256"]) == set(said.data["files"])
    assert Path(said.data["manifest"]) == out / "manifest.json"
    assert (out / "manifest.json").is_file()


def test_a_dry_run_writes_nothing(assay: Assay, store: Path, tmp_path: Path) -> None:
    said = assay("export", "--dry-run", "--where", "tie = false", store=store)
    assert said.code == 0
    assert "20 rows match (tie is false); 20 pairs are selected." in said.out
    assert "Left out: nothing." in said.out
    assert "Nothing was written; the format would be trl." in said.out
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((), 2, "needs a folder"),
        (("--dry-run", "--splits", "0.5,0.6"), 2, "add up to 1.1"),
        (("--dry-run", "--preset", "best"), 2, "no preset named 'best'"),
        (("--dry-run", "--format", "csv"), 2, "invalid choice"),
        (("--dry-run", "--cap", "source:mad=5"), 2, "Did you mean 'made'?"),
        (("--dry-run", "--columns", "weight"), 1, "which the store does not have"),
        (("--dry-run", "--source", "mad"), 2, "Did you mean 'made'?"),
        (("--dry-run", "--source-split", "tset"), 2, "no split named 'tset'"),
        (("--dry-run", "--where", "what is this"), 2, "cannot be read"),
        (("--out", "store"), 1, "is not empty; it is not replaced"),
    ],
)
def test_mistakes_are_sentences(
    assay: Assay,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(store.parent)
    said = assay("export", *arguments, store=store)
    assert (said.code, says in said.err) == (code, True), said.err


RECIPES = (
    Recipe(),
    Recipe(
        filter=PairFilter(
            sources=("a b", "--it's"),
            splits=("train",),
            search="-x \"y\" $HOME",
            conditions=(Condition("suspicion", ">=", 0.7), Condition("split", "=", "it's")),
        ),
        splits=plan_splits("0.7,0.2,0.1"),
        seed=7,
        format="trl",
        file="parquet",
    ),
    Recipe(splits=plan_splits(f"{1 / 3!r},{2 / 3!r}", "a,b")),
    Recipe(splits=KEEP),
)  # fmt: skip


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_command_a_page_shows_is_the_recipe(recipe: Recipe) -> None:
    words = shlex.split(command_line(recipe, "out folder", "my store"))
    assert words[:4] == ["python", "-m", "core", "export"]
    parser: ArgumentParser = parser_of(load("export"))
    args = parser.parse_args(words[4:])
    seed = 42 if args.seed is None else args.seed
    assert recipe_of(args, Settings(seed=seed)) == recipe
    assert (args.out, args.store) == ("out folder", "my store")


def test_a_filter_s_recipe_holds_its_command_and_reads_back() -> None:
    hostile = 'it\'s; rm -rf $(HOME) `x` "y" ünï'
    conditions = (Condition("source", "=", hostile), Condition("suspicion", ">=", 0.5))
    filter = PairFilter(sources=(hostile,), search=hostile, conditions=conditions)
    made = json.loads(filter_recipe(hostile, filter, "f" * 64))
    assert (made["name"], made["fingerprint"], made["version"]) == (hostile, "f" * 64, 1)
    assert set(made["parameters"]) == {"source", "q", "where"}
    assert parse_where(made["parameters"]["where"]) == conditions
    words = shlex.split(made["command"])
    assert words[:4] == ["python", "-m", "core", "export"]
    parser: ArgumentParser = parser_of(load("export"))
    assert recipe_of(parser.parse_args(words[4:]), Settings()).filter == filter


@pytest.mark.parametrize(
    ("name", "file"),
    [("My pairs", "filter-my-pairs.json"), ("../../x", "filter-x.json"), ("", "filter.json"),
     ("ü\u202e", "filter.json"), ("a" * 80, f"filter-{'a' * 40}.json")],
)  # fmt: skip
def test_a_recipe_s_file_name_is_letters_and_digits(name: str, file: str) -> None:
    assert file_name(name) == file
