"""sample_data: what the demo needs is there, with its licence, and the README counts it right."""

import gzip
import re
import tomllib

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.commands.demo import SAMPLES, read_samples
from core.store.instance import open_store
from core.store.plan import scoring_plan
from core.store.runs import read_run
from sample_data.toy_data import read_halves

README = (SAMPLES / "README.md").read_text("utf-8")
ROW = re.compile(r"^\| `([\w-]+)` \| `([^`]+)`(?: \((\d+)\))? \| ([\d,]+)", re.MULTILINE)
SCORES = SAMPLES / "scores"
FOLDERS = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir() and path.name[0] != "_")
RUN_ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \|.* \| ([\d,]+) \|$", re.MULTILINE)
RUNS = sorted(path.parent for path in SCORES.glob("*/run.json"))


def test_every_file_is_in_the_demo() -> None:
    listed = {file for sample in read_samples() for file in sample.files}
    assert listed == set(SAMPLES.rglob("*.gz"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_has_its_licence_and_its_place_in_the_readme(folder: str) -> None:
    assert list((SAMPLES / folder).glob("LICENSE*"))
    assert f"\n## {folder}\n" in README
    assert folder in {row[0] for row in ROW.findall(README)} | {SCORES.name}


@pytest.mark.parametrize("row", ROW.findall(README), ids=lambda row: row[0])
def test_rows_are_counted_right(row: tuple[str, str, str, str]) -> None:
    folder, pattern, files, rows = row
    found = sorted((SAMPLES / folder).glob(pattern))
    assert len(found) == int(files or 1)
    for path in found:
        assert gzip.decompress(path.read_bytes()).count(b"\n") == int(rows.replace(",", ""))


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.toml")), ids=lambda path: path.parent.name)
def test_licences_agree(path) -> None:
    data = tomllib.loads(path.read_text("utf-8"))
    for entry in data.get("sources", [data]):
        assert f"| {entry['licence']} |" in README


def test_every_run_is_in_the_readme() -> None:
    listed = {name for name, _, _ in RUN_ROW.findall(README)}
    assert listed == {folder.name for folder in RUNS} != set()


@pytest.mark.parametrize("folder", RUNS, ids=lambda folder: folder.name)
def test_runs_are_whole_and_name_no_folder(folder) -> None:
    info = read_run(folder)
    rows = sum(pq.read_metadata(part).num_rows for part in folder.glob("part-*.parquet"))
    assert (info.run_id, info.state, info.responses) == (folder.name, "done", rows)
    assert (info.run_id, info.scorer, f"{rows:,}") in RUN_ROW.findall(README)
    assert not {"/", "\\"} & set((folder / "run.json").read_text("utf-8"))


def test_runs_hold_the_half_that_no_model_learnt_from(demo_store, tmp_path) -> None:
    """A shipped number that had seen its pair's label would agree with it for no good reason."""
    halves = read_halves(tmp_path / "store")
    openings = [
        {pair.prompt[0]["content"].strip() for pair in half}
        for half in (halves.learnt, halves.held_out)
    ]
    assert not openings[0] & openings[1]
    store = open_store(demo_store)
    plan = scoring_plan(store, 0, labels=False)
    store.close()
    wanted = plan.ids[np.isin(plan.prompt_id, [pair.prompt_id for pair in halves.held_out])]
    for folder in RUNS:
        parts = [pq.read_table(part, columns=["response_id"]) for part in folder.glob("part-*")]
        found = np.concatenate([part["response_id"].to_numpy() for part in parts])
        assert np.array_equal(np.sort(found), np.sort(wanted)), folder.name
