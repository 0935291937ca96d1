"""`check`: a store and a log that are whole say so, and damage is named."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Said
from tests.factories import demo_pairs, make_store

Assay = Callable[..., Said]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("check") / "store"
    make_store(root, demo_pairs(120), search=True).close()
    return root


@pytest.fixture
def store(made: Path, tmp_path: Path, assay: Assay) -> Path:
    root = Path(shutil.copytree(made, tmp_path / "store"))
    assay("queue", "make", "Q", "--size", 5, store=root)
    assay("queue", "overlap", "Q", 2, store=root)
    return root


def change(store: Path, sql: str) -> None:
    con = sqlite3.connect(store / "votes.sqlite3")
    con.execute(sql)
    con.commit()
    con.close()


def test_all_is_well(assay: Assay, store: Path) -> None:
    said = assay("check", "--json", store=store)
    assert (said.code, said.data["ok"], said.data["findings"]) == (0, True, [])
    assert (said.data["events"], said.data["files"]) == (2, 7)
    assert "all is well" in assay("check", store=store).out


def test_a_store_without_votes_is_well(assay: Assay, tmp_path: Path) -> None:
    make_store(tmp_path / "s", demo_pairs(20)).close()
    said = assay("check", "--json", store=tmp_path / "s")
    assert (said.code, said.data["events"]) == (0, 0)
    assert not (tmp_path / "s" / "votes.sqlite3").exists()


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE events SET person = 'eve' WHERE seq = 1", "Event 1 was changed"),
        ("DELETE FROM events WHERE seq = 1", "Events 1 to 1 are missing"),
        ("DELETE FROM events WHERE seq = 2", "The head names event 2"),
        ("DELETE FROM items WHERE place = 0", "The items of the queue 'Q' were changed"),
        ("UPDATE meta SET value = '99' WHERE name = 'schema_version'", "later Assay"),
        ("UPDATE events SET body = 'x' WHERE seq = 1", "cannot be read"),
    ],
)
def test_what_was_done_to_the_log_is_named(assay: Assay, store: Path, sql: str, says: str) -> None:
    change(store, sql)
    said = assay("check", "--json", store=store)
    assert (said.code, said.data["ok"]) == (1, False)
    assert any(says in finding for finding in said.data["findings"]), said.data


def test_a_log_that_became_shorter_shows(assay: Assay, store: Path) -> None:
    change(store, "DELETE FROM events WHERE seq = 2")
    change(store, "UPDATE head SET seq = 1, hash = (SELECT hash FROM events WHERE seq = 1)")
    said = assay("check", "--json", store=store)
    assert any("it had 2: 1 are gone" in finding for finding in said.data["findings"])
    refused = assay("queue", "list", store=store)
    assert (refused.code, "python -m core check" in refused.err) == (1, True)


def test_a_log_that_is_gone_shows(assay: Assay, store: Path) -> None:
    for path in store.glob("votes.sqlite3*"):
        path.unlink()
    said = assay("check", "--json", store=store)
    (finding,) = said.data["findings"]
    assert (said.code, "events, is gone." in finding) == (1, True)


def _part(store: Path) -> Path:
    return next(store.glob("runs/*/part-*.parquet"))


def _pairs(store: Path) -> Path:
    return store / json.loads((store / "current.json").read_text("utf-8"))["pairs"]


def _index(store: Path) -> Path:
    return next(path for path in store.glob("search-*/*.store"))


@pytest.mark.parametrize(("find", "says"), [(_part, "part-"), (_pairs, "pairs-"), (_index, "")])
def test_a_damaged_file_of_the_store_is_named(
    assay: Assay, store: Path, find: Callable[[Path], Path], says: str
) -> None:
    path = find(store)
    path.write_bytes(path.read_bytes()[:100])
    said = assay("check", "--json", store=store)
    assert said.code == 1
    assert any(says in finding for finding in said.data["findings"])
    assert said.data["events"] == 2


def test_a_store_that_is_not_there_is_a_finding(assay: Assay, tmp_path: Path) -> None:
    said = assay("check", "--json", store=tmp_path / "gone")
    assert said.code == 1
    assert any("There is no store in" in finding for finding in said.data["findings"])
