"""Manifests read back: what an export wrote reads as it was, what a hand wrote is a sentence."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.curate.counts import Counts
from core.curate.manifests.manifest import (
    NAME,
    FileEntry,
    Manifest,
    ScorerEntry,
    SourceEntry,
    SplitEntry,
    manifest_text,
    scorers,
)
from core.curate.manifests.reading import MAX_BYTES, Bad, manifest_of, read_manifest, value_of
from core.curate.recipe import Cap, EvaluationFile, Labels, Recipe
from core.curate.splits.asked import KEEP, LINKS, SplitPlan
from core.errors import ExportError
from core.schema import Condition, PairFilter, RunInfo, SignalColumn
from core.schema.relabel import Head

Json = dict[str, object]
FULL = Recipe(
    filter=PairFilter(("hh", 'a "b"'), ("train",), "re:x\u2028y", (Condition("tie", "=", False),)),
    labels=Labels("majority", {"min_votes": 2, "contested_below": 2 / 3}, "flip", "soft"),
    evaluation=(EvaluationFile("bench.jsonl", "a" * 64, 7),),
    preset="goldilocks",
    params={"low": 0.1},
    use={"margin": "rm.explicit_margin"},
    caps=(Cap("source", 5), Cap("language", 9, "de")),
    balance="source",
    splits=SplitPlan((0.75, 0.25), ("train", "test"), ("near",)),
    seed=-3,
    format="trl",
    file="parquet",
    columns=("weight", "q_label_ok"),
    names=True,
)
MADE = Manifest(
    fingerprint="f" * 64,
    sentence="all pairs",
    recipe=FULL,
    counts=Counts(9, 1, 2, 0, 1, 2, 3),
    splits=(SplitEntry("train", 2, 2), SplitEntry("test", 1, 1)),
    shared_prompts=0,
    sources=(SourceEntry("hh", "hh_rlhf", None, "MIT", 3),),
    columns=("prompt", "chosen"),
    losses=("scores.",),
    noise=(0.1, 0.25),
    log=Head(12, "b" * 64),
    facts={"mean": 0.5, "rows": 3},
    leakage={"edges": {"near": 3}, "merges": [{"size": 2, "prompts": ["a"]}], "crossing": 0},
    contamination={"bench.jsonl": 1},
    scorers=(ScorerEntry("rm", "reward", "m", "1" * 40, parameters={"beta": 0.1, "x": [None]}),),
    files=(
        FileEntry("data/train.jsonl", 2, 10, "c" * 64), FileEntry("README.md", None, 5, "d" * 64),
    ),
    versions={"assay": "0.1.0"},
    hidden_rows=2,
)  # fmt: skip


def write(folder: Path, text: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / NAME).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


@pytest.mark.parametrize(
    "made",
    [
        MADE,
        replace(MADE, log=None, noise=None, hidden_rows=0, files=(), recipe=Recipe(splits=KEEP)),
        replace(MADE, sentence="half \ud800 of a character"),
    ],
)
def test_what_was_written_reads_as_it_was(made: Manifest, tmp_path: Path) -> None:
    read = read_manifest(write(tmp_path / "out", manifest_text(made)))
    assert read == made
    assert manifest_text(read) == manifest_text(made)


def test_rows_open_to_relabel_are_counted_and_not_named(tmp_path: Path) -> None:
    hidden = replace(MADE, hidden_rows=0, recipe=Recipe(filter=PairFilter(hidden=(123456789, 5))))
    text = manifest_text(hidden)
    assert "123456789" not in text
    assert read_manifest(write(tmp_path / "out", text)).hidden_rows == 2
    assert "left_out_open" not in manifest_text(replace(MADE, hidden_rows=0))


def at(data: Json, place: str) -> Json:
    for step in place.split(".")[:-1]:
        data = data[int(step)] if isinstance(data, list) else data[step]  # type: ignore[assignment,index]
    return data


def edited(place: str, value: object) -> Callable[[], str]:
    def edit() -> str:
        data = json.loads(manifest_text(MADE))
        held, name = at(data, place), place.split(".")[-1]
        held[int(name) if isinstance(held, list) else name] = value  # type: ignore[index]
        return json.dumps(data)

    return edit


def without(place: str) -> Callable[[], str]:
    def edit() -> str:
        data = json.loads(manifest_text(MADE))
        del at(data, place)[place.split(".")[-1]]
        return json.dumps(data)

    return edit


WRONG: tuple[tuple[Callable[[], str | bytes], str], ...] = (
    (edited("counts.selected", "3"), 'counts.selected is "3", not a whole number'),
    (edited("counts.selected", 3.0), "counts.selected is 3.0, not a whole number"),
    (edited("counts.selected", True), "counts.selected is true, not a whole number"),
    (edited("counts.selected", -1), "counts.selected is -1, which counts nothing"),
    (edited("counts.selected", 10**30), "counts.selected is a number that is too large"),
    (edited("counts.more", 1), "counts.more is nothing that a manifest says"),
    (edited("extra", 1), "extra is nothing that a manifest says"),
    (edited("recipe.filter.hidden", [1]), "recipe.filter.hidden is nothing"),
    (without("recipe.seed"), "recipe.seed is missing"),
    (without("counts"), "counts is missing"),
    (edited("recipe", []), "recipe is [], not an object"),
    (edited("recipe.seed", None), "recipe.seed is null"),
    (edited("recipe.names", 1), "recipe.names is 1, not true or false"),
    (edited("recipe.file", 5), "recipe.file is 5, not a text"),
    (edited("recipe.labels.on_reversed", "drop"), 'labels.on_reversed is "drop", none of remove'),
    (edited("recipe.labels.on_reversed", ["flip"]), "none of remove, flip"),
    (edited("recipe.splits.ratios", [0.5, 0.6]), "recipe.splits cannot be: The ratios"),
    (edited("recipe.splits.names", ["../x", "test"]), "recipe.splits cannot be: A split cannot"),
    (edited("recipe.filter.conditions.0.value", {}), "conditions[0].value is {}"),
    (edited("noise", [0.1]), "noise has 1 values, not 2"),
    (edited("splits", "train"), 'splits is "train", not a list'),
    (edited("fingerprint", "x"), "fingerprint has no SHA-256"),
    (edited("files.0.sha256", "C" * 64), "data/train.jsonl has no SHA-256"),
    (edited("files.0.path", "../secret"), 'names "../secret", which is no file inside'),
    (edited("files.0.path", "data/../../x"), "which is no file inside"),
    (edited("files.0.path", "/etc/passwd"), "which is no file inside"),
    (edited("files.0.path", "C:\\x"), "which is no file inside"),
    (edited("files.0.path", "a\u0000b"), "which is no file inside"),
    (edited("files.0.path", ""), "which is no file inside"),
    (edited("files.0.path", NAME), "which is no file inside"),
    (edited("files.0.path", "readme.MD"), "files names a path twice"),
    (edited("files.0.bytes", -1), "fewer than no bytes"),
    (edited("application", "other"), "its application is another one"),
    (edited("schema_version", "1"), 'schema_version is "1"'),
    (edited("schema_version", 99), "written by a later Assay"),
    (lambda: manifest_text(MADE).replace("0.25", "NaN"), "NaN, which is no number"),
    (lambda: manifest_text(MADE).replace("0.25", "-Infinity"), "-Infinity, which is no number"),
    (lambda: manifest_text(MADE).replace("0.25", "1e999"), "is a number that is too large"),
    (lambda: manifest_text(MADE).replace("0.25", "1" * 5000), "a number that is too large"),
    (lambda: manifest_text(MADE).replace('"seed"', '"file"'), 'it holds "file" twice'),
    (lambda: manifest_text(MADE)[:-20], "it is not valid JSON"),
    (lambda: "[" * 100_000, "nests deeper than 32 levels"),
    (lambda: '{"leakage": ' * 400 + "1" + "}" * 400, "its application is another one"),
    (edited("leakage.edges", json.loads("[" * 60 + "]" * 60)), "leakage nests deeper than 32"),
    (lambda: "[]", "it is [], not an object"),
    (lambda: "", "it is not valid JSON"),
    (lambda: b"\xff\xfe{}", "it is not UTF-8"),
)  # fmt: skip


@pytest.mark.parametrize(("edit", "says"), WRONG, ids=[says for _, says in WRONG])
def test_an_edited_manifest_is_a_sentence(
    edit: Callable[[], str | bytes], says: str, tmp_path: Path
) -> None:
    folder = write(tmp_path / "out", edit())
    with pytest.raises(ExportError) as caught:
        read_manifest(folder)
    assert says in caught.value.message
    assert caught.value.message.count("\n") == 0


def test_a_manifest_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "out", "{}")
    os.truncate(folder / NAME, MAX_BYTES + 1)
    with pytest.raises(ExportError, match="has more than 32 MB"):
        read_manifest(folder)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="does not exist"):
        read_manifest(tmp_path)
    os.mkfifo(tmp_path / NAME)
    with pytest.raises(ExportError, match="is not a regular file"):
        read_manifest(tmp_path)
    with pytest.raises(ExportError, match="cannot be read"):
        read_manifest(Path("a\0b"))


NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
TEXTS = st.text(max_size=12)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
FILTERS = st.builds(
    PairFilter,
    sources=st.lists(TEXTS, max_size=3).map(tuple),
    splits=st.lists(TEXTS, max_size=3).map(tuple),
    search=TEXTS,
    conditions=st.lists(st.builds(Condition, TEXTS, TEXTS, SCALARS), max_size=3).map(tuple),
    hidden=st.just(()),
)
PLANS = st.sampled_from(
    (
        SplitPlan(),
        KEEP,
        SplitPlan((1 / 3, 2 / 3), ("a", "b")),
        SplitPlan((0.9, 0.1), ("x", "y"), ()),
    )
) | st.builds(
    lambda share, links: SplitPlan((share, 1 - share), ("train", "test"), links),
    st.floats(0.01, 0.99),
    st.lists(st.sampled_from(LINKS), unique=True).map(tuple),
)
RECIPES = st.builds(
    Recipe,
    filter=FILTERS,
    labels=st.builds(
        Labels,
        TEXTS,
        st.dictionaries(TEXTS, NUMBERS, max_size=3),
        st.sampled_from(("remove", "flip")),
        st.sampled_from(("unresolved", "soft")),
    ),
    evaluation=st.lists(
        st.builds(EvaluationFile, TEXTS, TEXTS, st.integers(0, 2**40)), max_size=2
    ).map(tuple),
    preset=TEXTS,
    params=st.dictionaries(TEXTS, NUMBERS, max_size=3),
    use=st.dictionaries(TEXTS, TEXTS, max_size=3),
    caps=st.lists(st.builds(Cap, TEXTS, st.integers(0, 2**40), TEXTS), max_size=3).map(tuple),
    balance=TEXTS,
    splits=PLANS,
    seed=st.integers(-(2**62), 2**62),
    format=TEXTS,
    file=TEXTS,
    columns=st.lists(TEXTS, max_size=3).map(tuple),
    names=st.booleans(),
)  # fmt: skip


@given(RECIPES)
def test_a_recipe_comes_back_from_json_exactly(recipe: Recipe) -> None:
    data = json.loads(manifest_text(replace(MADE, recipe=recipe)))["recipe"]
    read = value_of(Recipe, data)
    assert read == recipe
    # Equal is not enough: 1 and 1.0 are equal and are written differently.
    again = json.loads(manifest_text(replace(MADE, recipe=read)))["recipe"]
    assert json.dumps(again) == json.dumps(data)


ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)


@given(st.data())
def test_nothing_put_into_a_manifest_is_a_traceback(data: st.DataObject) -> None:
    said = json.loads(manifest_text(MADE))
    held: Json = said
    while True:
        name = data.draw(st.sampled_from(sorted(held)))
        inner = held[name]
        if not isinstance(inner, dict) or not inner or data.draw(st.booleans()):
            break
        held = inner
    held[name] = data.draw(ANYTHING)
    try:
        read = manifest_of(said)
    except (Bad, ExportError) as error:
        said_why = str(error)
    else:
        said_why = manifest_text(read)
    assert said_why


def test_runs_are_named_by_the_columns_that_were_used() -> None:
    columns = tuple(
        SignalColumn(name, "explicit_margin", run, {}, 1, 0.0, 1.0)
        for name, run in (("a.margin", "a"), ("b.margin", "b"), ("suspicion", None))
    )
    runs = (RunInfo(run_id="b", scorer="reward"), RunInfo(run_id="a", scorer="x", model="m"))
    assert [s.run_id for s in scorers(columns, runs, ("b.margin",))] == ["b"]
    assert [s.run_id for s in scorers(columns, runs, ("suspicion",))] == ["a", "b"]
    assert scorers(columns, runs, ()) == ()
    assert scorers(columns, runs, ("a.margin",))[0].model == "m"
