"""Exports: what a trainer loads is what the manifest counts, and the same bytes every time."""

import hashlib
import io
import json
import os
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from core.curate import export
from core.curate.export import archive, write
from core.curate.preview import preview
from core.curate.recipe import Recipe
from core.curate.splits.asked import KEEP, plan_splits
from core.curate.written.shapes import ALWAYS, LOSSES
from core.curate.written.writers import FILES, FORMATS, Shape
from core.errors import ExportError, UnknownName
from core.schema import PairFilter
from core.store.instance import Store
from tests.factories import Row, make_pair, make_store

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "export"
DATES = {"prompt_text": "2024-01-01", "chosen_text": "2024-01-02", "rejected_text": "2024-01-03"}


def talk(number: int) -> Row:
    turns = [{"content": "be brief", "role": "system"}, {"content": f"hi {number}", "role": "user"}]
    return make_pair(number, prompt_text=None, prompt_messages=json.dumps(turns))


def texts() -> list[Row]:
    odd = 'tab\t quote" \\ \x00 \u2028 \u202e é 🙂 </script>'
    scores = {"scores": {"alpha": (1.5, 0.25)}}
    return [
        make_pair(0, chosen_text=odd, prompt_text=" two\nlines\r\n", **scores),
        make_pair(1, chosen_model="m-1", strength=2.0, rejected_text="=1+1"),
    ]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    rows = [make_pair(i, scores={"alpha": (i - 10.0, 0.0)}) for i in range(40)]
    return make_store(tmp_path_factory.mktemp("export"), rows)


def dataset(folder: Path, cache: Path) -> Mapping[str, Sequence[Row]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import datasets

        return datasets.load_dataset(str(folder), cache_dir=str(cache))


def loaded(folder: Path, cache: Path) -> Mapping[str, int]:
    return {name: len(rows) for name, rows in dataset(folder, cache).items()}


def fitting(file: str) -> str:
    """A format that is written to such a file."""
    return next(shape.name for shape in FORMATS if file in shape.files)


@pytest.mark.parametrize("file", FILES.names())
@pytest.mark.parametrize(
    ("ratios", "names"),
    [
        ("1", "train"),
        ("1", "held_out"),
        ("0.8,0.1,0.1", ""),
        ("0.5,0.25,0.25", "null,test_prefs,_1"),
    ],
)
def test_datasets_loads_what_the_manifest_counts(
    store: Store, tmp_path: Path, file: str, ratios: str, names: str
) -> None:
    plan = plan_splits(ratios, names)
    made = write(store, Recipe(splits=plan, format=fitting(file), file=file), tmp_path / "out")
    counted = {entry.name: entry.rows for entry in made.splits}
    assert loaded(tmp_path / "out", tmp_path / "cache") == counted
    assert sum(counted.values()) == 40


@pytest.mark.parametrize("file", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet", "csv", "arrow"])
def test_texts_that_look_like_dates_stay_texts(tmp_path: Path, file: str) -> None:
    """From JSON `datasets` makes times of them, which the card's types turn back into text."""
    store = make_store(tmp_path / "store", [make_pair(0, **DATES)])
    write(store, Recipe(file=file), tmp_path / "out")
    row = dataset(tmp_path / "out", tmp_path / "cache")["train"][0]
    texts = [row["prompt"], row["chosen"], row["rejected"]]
    assert [text[:10] for text in texts] == list(DATES.values())
    is_json = file.startswith("jsonl")
    assert is_json or texts == list(DATES.values())
    card = (tmp_path / "out" / "README.md").read_text()
    assert ("as times" in card) == is_json


def rows_of(data: bytes) -> list[Row]:
    """The rows of JSON Lines, or of a document of annotated pairs."""
    try:
        return json.loads(data)["comparisons"]
    except (json.JSONDecodeError, KeyError):
        return [json.loads(line) for line in data.split(b"\n") if line]


@pytest.mark.parametrize("shape", list(FORMATS), ids=lambda shape: shape.name)
def test_bytes_of_a_format_and_what_datasets_reads_by_the_card(
    tmp_path: Path, shape: Shape
) -> None:
    store, file = make_store(tmp_path / "store", texts()), shape.files[0]
    columns = ("flipped", "provenance", "margin")
    write(store, Recipe(format=shape.name, file=file, columns=columns), tmp_path / "out")
    written = (tmp_path / "out" / "data" / f"train-00000-of-00001.{file}").read_bytes()
    golden = GOLDEN / f"{shape.name}.{file}"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(written)
    assert written == golden.read_bytes()
    rows = dataset(tmp_path / "out", tmp_path / "cache")["train"]
    assert list(rows) == rows_of(written)


LOST = {
    "ties": {"label_kind": "tie", "tie_kind": "both_bad", "prompt_text": "sentinel-1"},
    "votes": {"votes": {"sentinel-2": "chosen"}},
    "columns": {"extra": '{"x": "sentinel-3"}', "ratings": {"sentinel-4": (4.0, 1.0)}},
    "tools": {
        "chosen_messages": json.dumps(
            [{"role": "assistant", "content": "sentinel-5", "tool_calls": [{"id": "sentinel-6"}]}]
        ),
        "chosen_text": None,
    },
}


@pytest.mark.parametrize("shape", list(FORMATS), ids=lambda shape: shape.name)
def test_what_every_format_loses_is_in_no_file(tmp_path: Path, shape: Shape) -> None:
    assert {*LOST, "keys"} == set(ALWAYS)
    rows = [make_pair(i, **over) for i, over in enumerate(LOST.values(), 1)]
    rows.append(make_pair(0, scores={"alpha": (1.0, 0.0)}))
    store = make_store(tmp_path / "store", rows)
    recipe = Recipe(format=shape.name, file=shape.files[0], columns=("flipped", "provenance"))
    made = write(store, recipe, tmp_path / "out")
    assert made.counts.selected == 3
    for path in (tmp_path / "out" / "data").iterdir():
        assert b"question 2" in path.read_bytes()
        assert b"sentinel" not in path.read_bytes()
    assert set(made.losses) >= {LOSSES[key] for key in ALWAYS}


def test_bytes_of_a_csv(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", texts()[1:])
    write(store, Recipe(file="csv"), tmp_path / "out")
    written = (tmp_path / "out" / "data" / "train-00000-of-00001.csv").read_bytes()
    golden = GOLDEN / "trl.csv"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(written)
    assert written == golden.read_bytes()


def test_the_manifest_describes_every_file_and_names_no_place(store: Store, tmp_path: Path) -> None:
    made = write(store, Recipe(), tmp_path / "out")
    text = (tmp_path / "out" / "manifest.json").read_text()
    data = json.loads(text)
    on_disk = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")}
    assert {entry["path"] for entry in data["files"]} == on_disk - {"manifest.json"}
    for entry in data["files"]:
        content = (tmp_path / "out" / entry["path"]).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["bytes"] == len(content)
    assert str(tmp_path) not in text
    assert data["fingerprint"] == store.generation.fingerprint
    assert data["recipe"]["format"] == "trl"
    assert data["sources"] == [
        {"name": "made", "format": "made", "licence": "CC0-1.0", "revision": None, "rows": 40}
    ]
    assert set(data["versions"]) == {"assay", "duckdb", "pyarrow", "python"}
    assert made.files[0].rows == 40


EXPORT = """
import sys
from pathlib import Path
from core.curate.export import write
from core.curate.recipe import Recipe
from core.curate.splits.asked import plan_splits
from core.store.instance import open_store
store = open_store(Path(sys.argv[1]), threads=int(sys.argv[3]))
for file in ("jsonl", "jsonl.gz", "jsonl.zst", "parquet", "arrow"):
    recipe = Recipe(splits=plan_splits("0.6,0.4"), file=file)
    write(store, recipe, Path(sys.argv[2]) / file.replace(".", "-"))
"""


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    make_store(tmp_path / "store", [talk(i) for i in range(50)]).close()
    for threads in ("1", "4"):
        where = [str(tmp_path / "store"), str(tmp_path / threads), threads]
        subprocess.run([sys.executable, "-c", EXPORT, *where], cwd=ROOT, check=True)
    first, second = (
        {p.relative_to(tmp_path / t): p.read_bytes() for p in (tmp_path / t).rglob("*.*")}
        for t in ("1", "4")
    )
    assert first == second
    assert len(first) == 20


def test_the_same_content_imported_in_another_order_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = [make_pair(i) for i in range(30)]
    for name, order in (("a", rows), ("b", rows[::-1])):
        store = make_store(tmp_path / name / "store", order)
        write(store, Recipe(splits=plan_splits("0.5,0.5")), tmp_path / name / "out")
    first, second = (
        [p.read_bytes() for p in sorted((tmp_path / name / "out").rglob("*.*"))] for name in "ab"
    )
    assert first == second


def test_conversations_choose_the_format(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", [make_pair(0), talk(1)])
    assert preview(store, Recipe()).format == "trl-conversational"
    with pytest.raises(ExportError, match=r"1 of 2 pairs are conversations.*trl-conversational"):
        write(store, Recipe(format="trl"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_unknown_names_are_answered_with_the_known_ones(store: Store) -> None:
    with pytest.raises(UnknownName, match=r"format named 'csv'.*trl-conversational"):
        preview(store, Recipe(format="csv"))
    with pytest.raises(UnknownName, match=r"kind of file named 'xlsx'.*parquet"):
        preview(store, Recipe(file="xlsx"))


def test_nothing_left_and_empty_splits_are_errors(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="Nothing is left to write: 0 rows matched"):
        write(store, Recipe(filter=PairFilter(sources=("nobody",))), tmp_path / "out")
    with pytest.raises(ExportError, match=r"The split test would be empty.* 40\."):
        write(store, Recipe(splits=plan_splits("0.999,0.001")), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_the_preview_counts_what_is_written(store: Store, tmp_path: Path) -> None:
    recipe = Recipe(splits=plan_splits("0.5,0.5"))
    seen, made = preview(store, recipe), write(store, recipe, tmp_path / "out")
    assert (seen.counts, seen.splits, seen.losses) == (made.counts, made.splits, made.losses)
    assert [(s.split, s.source, s.rows) for s in seen.slices] == [
        (entry.name, "made", entry.rows) for entry in made.splits
    ]
    assert [(m.column, m.before, m.after) for m in seen.margins] == [
        ("explicit_margin_alpha", 9.5, 9.5)
    ]


def test_kept_splits_keep_their_names(tmp_path: Path) -> None:
    rows = [make_pair(0), make_pair(1, split="test_prefs"), make_pair(2, split="test_prefs")]
    store = make_store(tmp_path / "store", rows)
    write(store, Recipe(splits=KEEP), tmp_path / "out")
    assert loaded(tmp_path / "out", tmp_path / "cache") == {"test_prefs": 2, "train": 1}


def test_the_archive_holds_the_same_folder(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, Recipe(), tmp_path / "out")
    packed = archive(store, Recipe())
    assert packed == archive(store, Recipe())
    with zipfile.ZipFile(io.BytesIO(packed)) as zipped:
        inside = {name: zipped.read(name) for name in zipped.namelist()}
    files = [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
    assert inside == {p.relative_to(tmp_path / "out").as_posix(): p.read_bytes() for p in files}
    monkeypatch.setattr(export, "ARCHIVE_PAIRS", 39)
    with pytest.raises(ExportError, match=r"40 pairs are too many.*python -m core export"):
        archive(store, Recipe())


def test_many_batches_are_one_file(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, Recipe(), tmp_path / "whole")
    monkeypatch.setattr("core.curate.written.textbatches.PLACE_ROWS", 7)
    sizes: list[int] = []

    def watch(tables, rows):
        for table in tables:
            sizes.append(table.num_rows)
            yield table

    write(store, Recipe(), tmp_path / "parts", watch=watch)
    name = "data/train-00000-of-00001.jsonl"
    assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert sizes == [7, 7, 7, 7, 7, 5]


def test_a_disk_that_fills_up_leaves_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, schema: pa.Schema, tables: object) -> None:
        path.write_bytes(b"half a li")
        raise OSError(28, "No space left on device")

    broken = replace(FILES.get("jsonl"), write=full)
    monkeypatch.setattr(FILES, "_entries", {**FILES._entries, "jsonl": broken})
    with pytest.raises(ExportError, match="No space left on device"):
        write(store, Recipe(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
