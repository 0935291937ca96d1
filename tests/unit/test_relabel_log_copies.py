"""`backup` and `check` of a log that is damaged, or that is not where it was said to be."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Said
from tests.factories import demo_pairs, make_store

Assay = Callable[..., Said]


@pytest.fixture
def store(tmp_path: Path, assay: Assay) -> Path:
    root = tmp_path / "store"
    make_store(root, demo_pairs(120)).close()
    made = assay("queue", "make", "Q", "--size", 5, store=root)
    assert made.code == 0, made.err
    assay("queue", "overlap", "Q", 2, store=root)
    return root


def cut(store: Path) -> None:
    con = sqlite3.connect(store / "votes.sqlite3")
    con.execute("DELETE FROM events WHERE seq = 2")
    con.execute("UPDATE head SET seq = 1, hash = (SELECT hash FROM events WHERE seq = 1)")
    con.commit()
    con.close()


def test_a_cut_log_does_not_replace_the_last_good_copy(
    assay: Assay, store: Path, tmp_path: Path
) -> None:
    path = tmp_path / "copy.jsonl"
    assert assay("backup", path, store=store).code == 0
    good = path.read_bytes()
    cut(store)
    said = assay("backup", path, "--force", store=store)
    assert (said.code, path.read_bytes()) == (1, good)
    assert f"the copy in {path} is not replaced." in said.err
    assert "python -m core check" in said.err
    other = assay("backup", tmp_path / "damaged.jsonl", store=store)
    assert (other.code, "as it is; restore may refuse it" in other.out) == (1, True)


def test_a_log_asked_for_by_name_that_is_not_there_is_a_finding(
    assay: Assay, store: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/nope/x.sqlite3"
    said = assay("check", "--log", url, "--json", store=store)
    assert (said.code, said.data["findings"]) == (1, [f"There is no votes' log at {url}."])
    assert not (tmp_path / "nope").exists()
    there = assay("check", "--log", f"sqlite:///{store}/votes.sqlite3", "--json", store=store)
    assert (there.code, there.data["events"]) == (0, 2)


def test_an_address_that_is_none_is_a_wrong_command(assay: Assay, store: Path) -> None:
    said = assay("check", "--log", "nonsense", store=store)
    assert (said.code, "neither SQLite's nor PostgreSQL's" in said.err) == (2, True)


def test_a_restore_into_a_log_with_events_names_all_its_files(
    assay: Assay, store: Path, tmp_path: Path
) -> None:
    assay("backup", tmp_path / "copy.jsonl", store=store)
    said = assay("restore", tmp_path / "copy.jsonl", store=store)
    assert (said.code, "move all of votes.sqlite3* away" in said.err) == (1, True)


def test_a_restore_that_ended_tells_the_file_outside(
    assay: Assay, store: Path, tmp_path: Path
) -> None:
    assay("backup", tmp_path / "copy.jsonl", store=store)
    assay("queue", "overlap", "Q", 3, store=store)
    for path in store.glob("votes.sqlite3*"):
        path.unlink()
    assert "is gone" in assay("check", store=store).out
    assert assay("restore", tmp_path / "copy.jsonl", store=store).code == 0
    assert assay("check", store=store).code == 0
