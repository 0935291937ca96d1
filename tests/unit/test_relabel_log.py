"""The votes' log on both databases: what it holds, what it refuses, its versions."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core.errors import LogError, NewerSchema, RelabelError
from core.relabel import database
from core.relabel.chain import event_hash, genesis
from core.relabel.log import AlreadyThere, Log, open_log
from core.schema.relabel import Head
from tests.desks import ODD, Office, ten, write


def test_nothing_is_made_before_the_first_write(at: Office) -> None:
    log = at.log()
    assert (log.head(), log.after(0), log.items("q"), log.check()) == (Head(0, ""), [], (), [])
    assert not at.on_sqlite or not at.file.exists()
    if not at.on_sqlite:
        assert at.sql("SELECT to_regclass('events')") == [(None,)]


def test_what_was_appended_is_read_back_in_order_by_others(at: Office) -> None:
    log = at.log()
    with log.writing() as tx:
        first = tx.append("vote", "ann", {"a": (1, 2)}, 7, "key")
        tx.append("note", "bob", {"b": None})
        assert [event.seq for event in tx.after(0)] == [1, 2]
    events = at.log().after(0)
    assert [(e.seq, e.person, e.kind, e.pair_id, e.item_key) for e in events] == [
        (1, "ann", "vote", 7, "key"),
        (2, "bob", "note", None, None),
    ]
    assert events[0] == first
    assert first.body == {"a": [1, 2]}
    assert events[0].prev_hash == genesis(log.log_id).hash
    assert events[1].prev_hash == events[0].hash == event_hash(events[0])
    assert log.head() == Head(2, events[1].hash)
    assert log.after(1) == events[1:]
    assert log.after(0, 1) == events[:1]
    assert log.check() == []


def test_an_error_inside_leaves_nothing(at: Office) -> None:
    log = at.log()
    write(log, {})
    with pytest.raises(ZeroDivisionError), log.writing() as tx:  # noqa: PT012
        tx.append("note", "ann", {})
        raise ZeroDivisionError
    assert log.head().seq == 1
    assert write(log, {})
    assert log.check() == []


def test_a_key_is_taken_once(at: Office) -> None:
    log = at.log()
    with log.writing() as tx:
        tx.append("vote", "ann", {}, 1, "key")
    with log.writing() as tx, pytest.raises(AlreadyThere):
        tx.append("vote", "bob", {}, 1, "key")
    with log.writing() as tx:  # what was refused did not spoil the transaction
        with pytest.raises(AlreadyThere):
            tx.append("vote", "bob", {}, 1, "key")
        tx.append("note", "bob", {})
    assert [event.person for event in at.log().after(0)] == ["ann", "bob"]


def test_two_logs_have_different_beginnings(at: Office, tmp_path: Path) -> None:
    other = open_log(f"sqlite:///{tmp_path}/other.sqlite3")
    assert write(at.log(), {}) != write(other, {})
    other.close()


@pytest.mark.parametrize("text", ODD)
def test_any_text_comes_back_as_it_was(at: Office, text: str) -> None:
    log = at.log()
    write(log, {"rationale": text, text: [text]})
    assert at.log().after(0)[0].body == {"rationale": text, text: [text]}
    assert log.check() == []


@pytest.mark.parametrize("name", ["nul \0 in it", "half \ud83d a pair"])
def test_a_name_that_a_database_cannot_hold_is_refused(at: Office, name: str) -> None:
    log = at.log()
    with pytest.raises(RelabelError, match="no text"), log.writing() as tx:
        tx.append("vote", name, {})
    assert log.head().seq == 0


@pytest.mark.parametrize("name", ["naïve 偏好 🙂", "'; DROP TABLE events; --", "x" * 10_000])
def test_any_other_name_is_held(at: Office, name: str) -> None:
    with at.log().writing() as tx:
        tx.append("note", name, {})
    assert at.log().after(0)[0].person == name
    assert at.log().check() == []


@pytest.mark.parametrize("pair", [-1, 1 << 63, 10**30])
def test_a_pair_that_cannot_be_is_refused(at: Office, pair: int) -> None:
    with pytest.raises(RelabelError, match="no pair"), at.log().writing() as tx:
        tx.append("vote", "ann", {}, pair)


# --- versions --------------------------------------------------------------------------------


def test_a_log_of_a_later_version_is_refused_and_left_as_it_is(at: Office) -> None:
    ten(at)
    at.sql("UPDATE meta SET value = '2' WHERE name = 'schema_version'")
    for step in (lambda log: log.head(), lambda log: write(log, {}), lambda log: log.check()):
        with pytest.raises(NewerSchema, match="later Assay"):
            step(at.log())
    assert at.sql("SELECT count(*) FROM events")[0][0] == 11


def test_an_older_log_is_brought_up_to_date(at: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ten(at)
    monkeypatch.setattr(database, "LOG_VERSION", 3)
    monkeypatch.setattr("core.relabel.log.LOG_VERSION", 3)
    steps = {2: ["CREATE TABLE more (a TEXT)"], 3: ["ALTER TABLE more ADD COLUMN b TEXT"]}
    monkeypatch.setattr(database, "MIGRATIONS", steps)
    log = at.log()
    assert log.head().seq == 11
    assert at.sql("SELECT a, b FROM more") == []
    assert at.sql("SELECT value FROM meta WHERE name = 'schema_version'")[0][0] == "3"
    write(at.log(), {})
    assert at.log().check() == []


def test_a_migration_that_fails_changes_nothing(
    at: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ten(at)
    monkeypatch.setattr(database, "LOG_VERSION", 2)
    monkeypatch.setattr("core.relabel.log.LOG_VERSION", 2)
    steps = {2: ["CREATE TABLE more (a TEXT)", "ALTER TABLE nothing ADD COLUMN b TEXT"]}
    monkeypatch.setattr(database, "MIGRATIONS", steps)
    with pytest.raises(LogError):
        at.log().head()
    monkeypatch.undo()
    assert at.log().check() == []
    assert at.log().head().seq == 11


def test_many_make_one_log(at: Office) -> None:
    logs = [at.log() for _ in range(6)]
    failed: list[Exception] = []

    def first(log: Log) -> None:
        try:
            write(log, {})
        except LogError as error:
            failed.append(error)

    threads = [threading.Thread(target=first, args=(log,)) for log in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert at.log().head().seq == 6
    assert at.log().check() == []
    assert len({log.log_id for log in logs}) == 1
