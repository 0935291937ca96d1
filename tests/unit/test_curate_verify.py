"""`verify`: a fresh export is what it says, and whatever was changed in it is named."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.commands.asof import evaluation_as, state_at
from core.curate.counts import Counts
from core.curate.judged import EvaluationPrompts
from core.curate.manifests.manifest import (
    FileEntry,
    Manifest,
    SourceEntry,
    SplitEntry,
    file_entry,
    manifest_text,
    versions,
)
from core.curate.manifests.verify import MOST, folder_differences, report, verify
from core.curate.recipe import EvaluationFile, Recipe
from core.errors import ExportError, LogDamaged
from core.schema import id_text
from core.schema.relabel import Head
from core.store.instance import Store, open_store
from tests.desks import Office, answer_all, draft, office
from tests.factories import make_pair, make_store

ROOT = Path(__file__).resolve().parents[2]
Assay = Callable[..., object]


# --- one comparison at a time ------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = make_store(tmp_path / "store", [make_pair(i) for i in range(4)])
    yield made
    made.close()


def export(folder: Path, store: Store) -> Manifest:
    """Write files and the manifest that fits them, as an export does."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "train.jsonl").write_text('{"prompt": "q"}\n')
    (folder / "README.md").write_text("card\n")
    made = Manifest(
        fingerprint=store.generation.fingerprint,
        sentence="all pairs",
        recipe=Recipe(),
        counts=Counts(4, 0, 0, 0, 0, 0, 4),
        splits=(SplitEntry("train", 4, 4),),
        shared_prompts=0,
        sources=(SourceEntry("made", "made", None, "CC0-1.0", 4),),
        columns=("prompt", "chosen"),
        losses=(),
        noise=None,
        facts={"mean": 0.5},
        files=tuple(
            file_entry(folder, folder / name, rows)
            for name, rows in (("data/train.jsonl", 4), ("README.md", None))
        ),
        versions=versions(),
    )
    (folder / "manifest.json").write_text(manifest_text(made))
    return made


def test_a_fresh_folder_is_what_it_says(store: Store, tmp_path: Path) -> None:
    made = export(tmp_path / "out", store)
    assert folder_differences(tmp_path / "out", made) == []
    assert verify(made, store, lambda out: export(out, store)) == []
    assert report(made, []).ok
    assert report(made, []).causes == ()


def test_what_a_hub_s_client_adds_is_no_file_of_the_export(store: Store, tmp_path: Path) -> None:
    made = export(tmp_path / "out", store)
    for name in (".git", ".cache/huggingface"):
        (tmp_path / "out" / name).mkdir(parents=True)
        (tmp_path / "out" / name / "x").write_text("y")
    (tmp_path / "out" / ".gitattributes").write_text("y")
    assert folder_differences(tmp_path / "out", made) == []
    (tmp_path / "out" / "data" / ".git").write_text("y")
    assert folder_differences(tmp_path / "out", made) == ["data/.git is not in the manifest."]


def link(path: Path) -> None:
    held = path.with_name("held")
    path.rename(held)
    path.symlink_to(held.name)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda out: (out / "data" / "train.jsonl").write_text('{"prompt": "p"}\n'),
         "data/train.jsonl has another SHA-256 than the manifest says."),
        (lambda out: (out / "README.md").write_text("cards\n"),
         "README.md has 6 bytes, the manifest says 5."),
        (lambda out: (out / "README.md").unlink(), "README.md is missing."),
        (lambda out: (out / "data" / "more.jsonl").write_text("x"),
         "data/more.jsonl is not in the manifest."),
        (lambda out: link(out / "README.md"), "README.md is not a regular file."),
        (lambda out: (out / "away").symlink_to("/etc"), "away is not in the manifest."),
        (lambda out: os.mkfifo(out / "pipe"), "pipe is not in the manifest."),
    ],
)  # fmt: skip
def test_a_changed_folder_is_named(
    store: Store, tmp_path: Path, change: Callable[[Path], object], says: str
) -> None:
    made = export(tmp_path / "out", store)
    change(tmp_path / "out")
    assert says in folder_differences(tmp_path / "out", made)


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"counts": Counts(4, 0, 0, 0, 0, 1, 3)},
         "counts.selected is 3 in the manifest; the recipe gives 4."),
        ({"facts": {"mean": 0.25}}, "facts.mean is 0.25 in the manifest; the recipe gives 0.5."),
        ({"facts": {}}, "facts.mean is not there in the manifest; the recipe gives 0.5."),
        ({"recipe": Recipe(seed=1)}, "recipe.seed is 1 in the manifest; the recipe gives 42."),
        ({"columns": ("prompt",)}, 'columns is ["prompt"] in the manifest; the recipe gives'),
        ({"splits": (SplitEntry("train", 5, 4),)}, "splits[train].rows is 5 in the manifest"),
        ({"splits": (SplitEntry("test", 4, 4),)}, "splits[test] is {"),
        ({"sources": ()}, "sources[made] is not there in the manifest"),
        ({"log": Head(1, "a" * 64)}, "The log's event is another one than the manifest says."),
        ({"leakage": {"crossing": 1}}, "leakage.crossing is 1 in the manifest"),
        ({"files": ()}, "The recipe makes a file README.md, which the manifest does not have."),
        ({"files": (FileEntry("data/x.jsonl", 1, 1, "a" * 64),)},
         "The recipe makes no file data/x.jsonl."),
        ({"files": (FileEntry("README.md", None, 5, "a" * 64),)},
         "README.md: the recipe makes other bytes"),
        ({"noise": (0.1, 0.2)}, "noise is [0.1, 0.2] in the manifest; the recipe gives not there."),
    ],
)  # fmt: skip
def test_what_comes_out_otherwise_is_named(
    store: Store, tmp_path: Path, over: dict[str, object], says: str
) -> None:
    stated = replace(export(tmp_path / "out", store), **over)  # type: ignore[arg-type]
    found = verify(stated, store, lambda out: export(out, store))
    assert any(sentence.startswith(says) for sentence in found), found


def test_another_store_is_said_first(store: Store, tmp_path: Path) -> None:
    made = export(tmp_path / "out", store)
    other = SourceEntry("other", "made", None, None, 3)
    moved = SourceEntry("made", "made", "abc", "CC0-1.0", 4)
    stated = replace(made, fingerprint="f" * 64, sources=(other, moved))
    found = verify(stated, store, lambda out: export(out, store))
    assert found[0].startswith("The store holds other content, with the fingerprint ")
    assert found[1:3] == [
        "The store has no source 'other'.",
        "The source 'made' has the revision None, the export's had abc.",
    ]


def test_a_recipe_that_cannot_be_executed_is_a_difference(store: Store, tmp_path: Path) -> None:
    made = export(tmp_path / "out", store)

    def again(out: Path) -> Manifest:
        raise ExportError("The preset needs a signal.")

    assert verify(made, store, again) == [
        "The recipe cannot be executed on this store: The preset needs a signal."
    ]


def test_causes_are_told_and_are_no_differences(store: Store, tmp_path: Path) -> None:
    made = export(tmp_path / "out", store)
    old = replace(made, versions={**made.versions, "duckdb": "0.1"}, hidden_rows=2)
    found = report(old, [])
    assert found.ok
    assert found.causes[0].startswith("It was made with duckdb 0.1; here is ")
    assert "2 rows were left out because they were open" in found.causes[1]
    many = report(made, [f"d{i}" for i in range(MOST + 7)])
    assert (len(many.differences), many.differences[-1]) == (
        MOST + 1, "There are 7 more differences.",
    )  # fmt: skip


# --- the votes' log as it was ------------------------------------------------------------------


@pytest.fixture
def voted(tmp_path: Path) -> Iterator[Office]:
    with office(f"sqlite:///{tmp_path / 'votes.sqlite3'}") as made:
        desk = made.desk()
        answer_all(desk, "ann", desk.make_queue(draft(3), "admin"))
        yield made


def test_the_log_is_replayed_to_the_event(voted: Office) -> None:
    head = voted.log().head()
    desk = voted.desk(seed=1)
    queue = desk.make_queue(replace(draft(3), name="second", overlap=2), "admin")
    answer_all(desk, "bo", queue)
    assert voted.log().head().seq > head.seq
    state = state_at(voted.log(), head)
    assert (state.seq, {who for cast in state.by_pair.values() for who in cast}) == (
        head.seq, {"ann"},
    )  # fmt: skip
    assert state_at(voted.log(), Head(0, "")).votes == {}


def test_a_shorter_other_or_edited_log_is_named(voted: Office) -> None:
    head = voted.log().head()
    with pytest.raises(LogDamaged, match=rf"ends at event {head.seq}; the export was made at"):
        state_at(voted.log(), Head(head.seq + 5, "a" * 64))
    with pytest.raises(LogDamaged, match=f"Event {head.seq} of the votes' log is another one"):
        state_at(voted.log(), Head(head.seq, "a" * 64))
    voted.sql("UPDATE events SET person = 'eve' WHERE seq = 2")
    with pytest.raises(LogDamaged, match="was changed at event 2"):
        state_at(voted.log(), head)


def test_evaluation_files_are_known_by_content() -> None:
    one, two = (EvaluationFile(name, name * 64, 1) for name in "ab")
    given = EvaluationPrompts(replace(two, name="copy.jsonl"), ("q",))
    assert evaluation_as((two,), (given,)) == (EvaluationPrompts(two, ("q",)),)
    with pytest.raises(ExportError, match="left out the prompts of 'a', SHA-256 aaaa"):
        evaluation_as((one, two), (given,))
    with pytest.raises(ExportError, match=r"'copy.jsonl' is no evaluation file"):
        evaluation_as((), (given,))


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def made(tmp_path: Path, assay: Assay) -> Path:
    """A store with votes on three pairs, and an export of it that obeys them."""
    root = tmp_path / "store"
    store = make_store(root, [make_pair(i, scores={"rm": (i - 9.0, 0.0)}) for i in range(30)])
    vote(assay, root, store, tmp_path, range(3), "ann")
    store.close()
    said = assay(
        "export", "--out", tmp_path / "out", "--verdicts", "majority", "--on-reversed", "flip",
        "--where", "row_id < 28", "--splits", "0.5,0.5", store=root,
    )  # fmt: skip
    assert said.code == 0, said.err
    return tmp_path


def vote(assay: Assay, root: Path, store: Store, folder: Path, rows: range, who: str) -> None:
    table = store.con.cursor().sql("SELECT * FROM data.pairs ORDER BY row_id").to_arrow_table()
    lines = [
        {
            "pair_id": id_text(row["pair_id"]),
            "winner_id": id_text(row["rejected_id"]),
            "annotator": who,
            "at": "2026-01-31T12:00:00Z",
        }
        for row in table.slice(rows.start, len(rows)).to_pylist()
    ]
    path = folder / f"{who}.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert assay("votes", "import", path, store=root).code == 0


def checked(assay: Assay, made: Path, *more: object) -> tuple[int, bool, list[str]]:
    said = assay("verify", made / "out", *more, "--json", store=made / "store")
    return said.code, said.data["ok"], said.data["differences"]


def test_a_fresh_export_verifies(assay: Assay, made: Path) -> None:
    assert checked(assay, made) == (0, True, [])
    said = assay("verify", made / "out", store=made / "store")
    assert "is what its manifest says" in said.out
    manifest = json.loads((made / "out" / "manifest.json").read_text())
    assert manifest["log"]["seq"] > 0


def test_votes_that_came_later_change_nothing(assay: Assay, made: Path) -> None:
    store = open_store(made / "store")
    vote(assay, made / "store", store, made, range(5, 9), "bo")
    store.close()
    assert checked(assay, made) == (0, True, [])


def edit(made: Path, change: Callable[[dict[str, object]], object]) -> None:
    path = made / "out" / "manifest.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def flip_byte(made: Path) -> None:
    path = next((made / "out" / "data").glob("train*"))
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.write_bytes(data)


def forged(made: Path) -> None:
    """Change a file and its hash in the manifest: only the recipe can tell."""
    flip_byte(made)
    path = next((made / "out" / "data").glob("train*"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    name = path.relative_to(made / "out").as_posix()
    edit(made, lambda data: [
        entry.update(sha256=digest) for entry in data["files"] if entry["path"] == name
    ])  # fmt: skip


def cut_log(made: Path) -> None:
    with sqlite3.connect(made / "store" / "votes.sqlite3") as con:
        con.execute("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)")
    con.close()


def said(change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    return lambda made: edit(made, change)


def gone(name: str) -> Callable[[Path], None]:
    return lambda made: (made / name).unlink()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (flip_byte, "has another SHA-256 than the manifest says"),
        (forged, "the recipe makes other bytes"),
        (said(lambda d: d["counts"].update(selected=27)), "counts.selected is 27"),
        (said(lambda d: d["recipe"].update(seed=7)), "the recipe makes other bytes"),
        (said(lambda d: d["recipe"].update(preset="x")), "no preset named 'x'"),
        (said(lambda d: d.update(log=None)), "the manifest names no event"),
        (said(lambda d: d.update(more=1)), "more is nothing that a manifest says"),
        (said(lambda d: d["log"].update(hash="a" * 64)), "of the votes' log is another one"),
        (gone("out/manifest.json"), "manifest.json does not exist"),
        (gone("out/README.md"), "README.md is missing"),
        (lambda made: (made / "out" / "x").write_text("y"), "x is not in the manifest"),
        (cut_log, "The votes' log ends at event"),
        (gone("store/votes.sqlite3"), "The votes' log ends at event 0"),
    ],
)
def test_whatever_was_changed_is_named(
    assay: Assay, made: Path, change: Callable[[Path], object], says: str
) -> None:
    change(made)
    code, ok, differences = checked(assay, made)
    assert (code, ok) == (1, False)
    assert says in " ".join(differences), differences


def test_another_store_is_named(assay: Assay, made: Path) -> None:
    shutil.copy(made / "store" / "votes.sqlite3", made / "kept.sqlite3")
    shutil.rmtree(made / "store")
    make_store(made / "store", [make_pair(i) for i in range(29)], source="other").close()
    shutil.copy(made / "kept.sqlite3", made / "store" / "votes.sqlite3")
    code, ok, differences = checked(assay, made)
    assert (code, ok) == (1, False)
    assert differences[0].startswith("The store holds other content")
    assert differences[1] == "The store has no source 'made'."


@pytest.mark.parametrize("where", ["votes_cast >= 1", "verdict = 'reversed'"])
def test_a_filter_that_asks_for_votes_is_replayed_too(assay: Assay, made: Path, where: str) -> None:
    shutil.rmtree(made / "out")
    said = assay("export", "--out", made / "out", "--where", where, store=made / "store")
    assert said.code == 0, said.err
    store = open_store(made / "store")
    vote(assay, made / "store", store, made, range(5, 9), "bo")
    store.close()
    assert checked(assay, made) == (0, True, [])


def test_one_and_four_threads_make_the_same_bytes(made: Path) -> None:
    script = "import sys; from core.commands.cli import main; sys.exit(main(sys.argv[1:]))"
    outs = []
    for threads in ("1", "4"):
        out = made / f"threads{threads}"
        environ = {**os.environ, "ASSAY_THREADS": threads, "PYTHONPATH": str(ROOT)}
        command = [
            sys.executable, "-c", script, "export", "--out", str(out), "--verdicts", "majority",
            "--splits", "0.8,0.2", "--store", str(made / "store"), "--file", "parquet",
        ]  # fmt: skip
        subprocess.run(command, check=True, env=environ, capture_output=True)
        files = sorted(path for path in out.rglob("*") if path.is_file())
        outs.append({str(path.relative_to(out)): path.read_bytes() for path in files})
    assert outs[0] == outs[1]
    assert len(outs[0]) == 4
