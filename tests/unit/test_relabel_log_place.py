"""A log that comes, goes, moves or is taken for another, and the file outside that says so."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from core.errors import LogDamaged, LogError
from core.relabel import database, mending, witness
from core.relabel.log import Log
from core.relabel.witness import Witness
from core.schema.relabel import Head
from tests.desks import Office, answer_next, draft, office, ten, write


def test_a_file_that_another_switches_to_wal_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two opened a new log at once, and one of them was told "database is locked"."""
    other = sqlite3.connect(tmp_path / "votes.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(database.time, "sleep", lambda seconds: other.rollback())
    mine = sqlite3.connect(tmp_path / "votes.sqlite3", timeout=0)
    database._prepare(mine, None)
    assert mine.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    for con in (mine, other):
        con.close()


def test_a_file_that_stays_locked_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_MS", -1)
    other = sqlite3.connect(tmp_path / "votes.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    mine = sqlite3.connect(tmp_path / "votes.sqlite3", timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        database._prepare(mine, None)
    for con in (mine, other):
        con.close()


@pytest.mark.parametrize("step", [Log.check, lambda log: log.lost(Head(0, ""))])
def test_a_log_that_another_makes_meanwhile_is_not_gone(
    at: Office, monkeypatch: pytest.MonkeyPatch, step: Any
) -> None:
    """Its first head stood outside before this process had seen the log."""
    ready, mine = Log._ready, at.log()

    def then_made(self: Log, make: bool = False, log_id: str = "") -> bool:
        found = ready(self, make, log_id)
        if self is mine and not found and at.witness and not at.witness.exists():
            write(at.log(), {})
        return found

    mine.head()
    monkeypatch.setattr(Log, "_ready", then_made)
    if step is not Log.check:
        write(at.log(), {})
    assert not step(mine)
    assert mine.log_id


# --- a WAL without its file ------------------------------------------------------------------


def test_votes_in_a_wal_without_its_file_are_kept(tmp_path: Path) -> None:
    """Only votes.sqlite3 was moved away; the next write made SQLite delete the votes beside it."""
    crash, there = tmp_path / "crash", tmp_path / "there"
    for folder in (crash, there):
        folder.mkdir()
    with office(f"sqlite:///{crash}/votes.sqlite3") as at:
        ten(at)
        for path in crash.glob("votes.sqlite3*"):  # as a process that was killed leaves them
            shutil.copy(path, there / path.name)
    (there / "votes.sqlite3").rename(tmp_path / "away")
    wal = (there / "votes.sqlite3-wal").read_bytes()
    with office(f"sqlite:///{there}/votes.sqlite3") as at:
        for step in (lambda log: write(log, {}), Log.head, Log.check, _restore):
            with pytest.raises(LogError, match="its -wal file is there and holds votes") as said:
                step(at.log())
            assert "move all of votes.sqlite3* away" in said.value.hint
        assert not at.file.exists()
        assert (there / "votes.sqlite3-wal").read_bytes() == wal
        (tmp_path / "away").rename(at.file)
        assert (at.log().head().seq, at.log().check()) == (11, [])


def _restore(log: Log) -> None:
    log.begin_from("feed")


# --- a file that another one took the place of -----------------------------------------------


def test_a_process_works_on_with_another_log_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was accepted by removing the file outside, and a running app stayed damaged."""
    monkeypatch.setattr(mending, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(mending, "_REST", 0.0)
    with office(f"sqlite:///{tmp_path}/votes.sqlite3", tmp_path / "votes.head") as at:
        running = at.desk()
        answer_next(running, "ann", running.make_queue(draft(), "lead"))
        old = running.log.log_id
        for path in tmp_path.iterdir():
            path.unlink()
        queue = at.desk().make_queue(draft(), "lead")
        for _ in range(3):
            running.refresh(0)
        assert running.damage == ""
        assert running.log.log_id == at.logs[-1].log_id != old
        assert answer_next(running, "bob", queue)
        assert at.log().check() == []


def test_an_empty_log_that_is_restored_into_is_known_by_its_new_id(at: Office) -> None:
    """A process that had seen it empty called every event of it changed."""
    running, log = at.desk(), at.log()
    for seen in (running.log, log):
        with seen.writing():
            pass
    running.refresh(0)
    restoring = at.log()
    restoring.begin_from("feed")
    write(restoring, {})
    restoring.restored(restoring.head())
    running.refresh(0)
    assert (running.damage, running.log.log_id) == ("", "feed")
    write(log, {})
    assert (log.log_id, log.check()) == ("feed", [])


def test_another_file_in_its_place_is_looked_at_before_it_is_written(tmp_path: Path) -> None:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3", tmp_path / "votes.head") as at:
        running = at.log()
        write(running, {}, {})
        for path in tmp_path.glob("votes.sqlite3*"):
            path.unlink()
        with office(at.url) as elsewhere:
            write(elsewhere.log(), {})
        with pytest.raises(LogDamaged, match="with 2 events, is gone"):
            write(running, {})
        assert at.log().head().seq == 1


# --- restoring -------------------------------------------------------------------------------


def test_a_restore_that_does_not_end_hides_no_loss(at: Office) -> None:
    """It was killed in the middle, and the log that was gone was not missed any more."""
    log = ten(at)
    events, log_id = log.after(0), log.log_id
    for table in ("events", "head", "meta", "items"):
        at.sql(f"DROP TABLE {table}")
    restoring = at.log()
    restoring.begin_from(log_id)
    with pytest.raises(KeyboardInterrupt), restoring.writing() as tx:  # noqa: PT012
        tx.put_back(events[0])
        raise KeyboardInterrupt
    lost = "The log ends at event 0; it had 11: 11 are gone."
    assert at.log().check() == [lost]
    with pytest.raises(LogDamaged, match="11 are gone"):
        at.desk().make_queue(draft(), "lead")
    again = at.log()
    again.begin_from(log_id)
    with again.writing() as tx:
        tx.put_back(events[0])
    again.restored(again.head())
    assert at.log().check() == []


def test_a_log_that_another_writes_meanwhile_is_not_restored_over(
    at: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was empty when it was looked at; then its head was written over."""
    restoring, ready = at.log(), Log._ready

    def then_written(self: Log, make: bool = False, log_id: str = "") -> bool:
        found = ready(self, make, log_id)
        if self is restoring and make:
            write(at.log(), {"first": 1})
        return found

    monkeypatch.setattr(Log, "_ready", then_written)
    with pytest.raises(LogError, match="with events already"):
        restoring.begin_from("feed")
    assert at.log().check() == []
    assert at.log().head().seq == 1


# --- the file outside ------------------------------------------------------------------------


def free(path: Path, how: int) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_nobody_reads_half_of_a_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that was whole was called damaged: a reader met the old number with the new hash."""
    kept, loads, dumps = Witness(tmp_path / "head"), json.loads, json.dumps
    found: list[tuple[str, bool, bool]] = []

    def see(what: str) -> None:
        path = kept.path
        found.append((what, free(path, fcntl.LOCK_SH), free(path, fcntl.LOCK_EX)))

    monkeypatch.setattr(witness.json, "loads", lambda said: (see("read"), loads(said))[1])
    monkeypatch.setattr(witness.json, "dumps", lambda said: (see("write"), dumps(said))[1])
    for change in (
        lambda: kept.write("id", Head(1, "a"), "here"),
        lambda: kept.set_back("id", Head(1, "a"), ("here",)),
    ):
        change()
        assert found == [("read", False, False), ("write", False, False)]
        found.clear()
    assert kept.read("id") == Head(1, "a")
    assert found == [("read", True, False)]
    assert free(kept.path, fcntl.LOCK_EX)


def test_a_file_system_without_locks_keeps_heads_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*rest: object) -> None:
        raise OSError(38, "no locks available")

    monkeypatch.setattr(witness.fcntl, "flock", none)
    kept = Witness(tmp_path / "head")
    kept.write("id", Head(1, "a"), "here")
    assert kept.read("id") == Head(1, "a")


def test_a_folder_that_was_moved_without_its_log_misses_it(tmp_path: Path) -> None:
    """A copy of a store without votes.sqlite3 said that all was well."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    with office(f"sqlite:///{old}/votes.sqlite3", old / "votes-head.json") as at:
        ten(at)
    new.mkdir()
    os.rename(old / "votes-head.json", new / "votes-head.json")
    url = f"sqlite:///{new}/votes.sqlite3"
    with office(url, new / "votes-head.json") as at:
        assert at.log().check() == [f"The log that stood at {url}, with 11 events, is gone."]
    for other in (f"{new}/other.sqlite3", f"{tmp_path}/votes.sqlite3"):
        with office(f"sqlite:///{other}", new / "votes-head.json") as at:
            assert at.log().check() == []


@pytest.mark.parametrize("restored", [False, True])
def test_a_head_kept_under_the_whole_address_is_found_too(tmp_path: Path, restored: bool) -> None:
    url = f"sqlite:///{tmp_path}/votes.sqlite3"
    said = {"before": {"seq": 3, "hash": "a", "at": url}}
    (tmp_path / "head").write_text(json.dumps(said))
    with office(url, tmp_path / "head") as at:
        log = at.log()
        assert log.check() == [f"The log that stood at {url}, with 3 events, is gone."]
        if restored:
            log.begin_from("feed")
            log.restored(log.head())
            assert log.check() == []
