"""The votes' log on both databases: what it holds, what it refuses, what it notices."""

from __future__ import annotations

import json
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import LogDamaged, LogError, LogUnsure, NewerSchema, RelabelError, UsageError
from core.relabel import database
from core.relabel.chain import canonical, event_hash, genesis
from core.relabel.log import AlreadyThere, Log, open_log
from core.schema.relabel import Head
from tests.desks import Office, draft, item, office, terminate
from tests.postgres import Cluster

ODD = ("naïve 偏好 🙂", "nul \0 in it", "half \ud83d a pair", "' OR 1=1 --", "\u202egnp.exe", "")


@pytest.fixture
def at(log_url: str, tmp_path: Path) -> Iterator[Office]:
    with office(log_url, tmp_path / "votes.head") as made:
        yield made


def write(log: Log, *bodies: dict[str, object]) -> list[str]:
    """Append notes in one transaction; return their hashes."""
    with log.writing() as tx:
        return [tx.append("note", "ann", body).hash for body in bodies]


def ten(at: Office) -> Log:
    """Return a log with ten events and a queue of three items after them."""
    log = at.log()
    for n in range(10):
        write(log, {"n": n})
    at.desk().make_queue(draft(3), "lead")
    return log


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


# --- what check finds -------------------------------------------------------------------------


def test_a_whole_log_has_no_findings(at: Office) -> None:
    assert ten(at).check() == [] == at.log().check()


def test_an_edited_body_shows(at: Office) -> None:
    log = ten(at)
    at.sql("UPDATE events SET body = :body WHERE seq = 4", body="[99]")
    assert log.check() == ["Event 4 was changed after it was written."]


@pytest.mark.parametrize(
    ("column", "value"), [("person", "eve"), ("kind", "vote"), ("at", 5), ("pair_id", 5)]
)
def test_every_column_is_in_the_hash(at: Office, column: str, value: object) -> None:
    log = ten(at)
    at.sql(f"UPDATE events SET {column} = :value WHERE seq = 4", value=value)
    assert log.check() == ["Event 4 was changed after it was written."]


def test_an_edit_with_its_hash_recomputed_shows_at_the_next(at: Office) -> None:
    log = ten(at)
    event = log.after(3)[0]
    forged = event_hash(event.__class__(**{**event.__dict__, "body": [99]}))
    at.sql("UPDATE events SET body = '[99]', hash = :h WHERE seq = 4", h=forged)
    assert log.check() == ["Event 5 does not follow the one before: one was changed or put in."]


def test_an_edited_last_event_with_its_hash_shows_in_the_head(at: Office) -> None:
    log = at.log()
    write(log, {"n": 1})
    event = log.after(0)[0]
    forged = event_hash(event.__class__(**{**event.__dict__, "body": [99]}))
    at.sql("UPDATE events SET body = '[99]', hash = :h", h=forged)
    assert log.check() == ["The head names event 1, the last one is another."]
    at.sql("UPDATE head SET hash = :h", h=forged)
    assert log.check() == ["Event 1 is another one than it was: the log was replaced or edited."]


def test_an_edited_hash_shows(at: Office) -> None:
    log = ten(at)
    at.sql("UPDATE events SET hash = :h WHERE seq = 4", h="0" * 64)
    assert "Event 4 was changed after it was written." in log.check()


@pytest.mark.parametrize("seqs", ["5", "5, 6, 7", "1"])
def test_removed_events_show(at: Office, seqs: str) -> None:
    log = ten(at)
    at.sql(f"DELETE FROM events WHERE seq IN ({seqs})")
    found = log.check()
    first = seqs.split(",")[0]
    assert found[0].startswith(f"Events {first} to")
    assert len(found) == 2


def test_the_end_removed_shows_in_head_and_witness(at: Office) -> None:
    log = ten(at)
    at.sql("DELETE FROM events WHERE seq > 8")
    assert log.check() == ["The head names event 11, the last one is another."]
    at.sql("UPDATE head SET seq = 8, hash = :h", h=log.after(7)[0].hash)
    assert log.check() == ["The log ends at event 8; it had 11: 3 are gone."]


def test_an_older_middle_replaced_whole_shows_in_the_witness(at: Office) -> None:
    log = ten(at)
    assert at.witness
    heads = json.loads(at.witness.read_text())
    heads[log.log_id] |= {"seq": 6, "hash": "0" * 64}
    at.witness.write_text(json.dumps(heads))
    assert log.check() == ["Event 6 is another one than it was when it was written."]


def test_replaced_items_show(at: Office) -> None:
    log = ten(at)
    queue = log.after(10)[0].body["queue"]
    other = canonical(item(2, label_id=22).__dict__)
    at.sql("UPDATE items SET body = :body WHERE queue = :q AND place = 1", body=other, q=queue)
    changed = ["The items of the queue 'first' were changed."]
    assert log.check() == changed
    desk = at.desk()
    desk.refresh(0)
    assert [desk.damage] == changed
    with pytest.raises(LogDamaged):
        desk.showing("ann", queue)


@pytest.mark.parametrize("spoil", ["no json", "[1]", '{"pair_id": 1}'])
def test_unreadable_items_show(at: Office, spoil: str) -> None:
    log = ten(at)
    at.sql("UPDATE items SET body = :body WHERE place = 1", body=spoil)
    assert log.check() == ["The items of the queue 'first' were changed."]
    at.sql("DELETE FROM items")
    assert log.check() == ["The items of the queue 'first' were changed."]


@pytest.mark.parametrize("spoil", ["no json", "5", '{"queue": "?"}'])
def test_an_unreadable_event_is_a_finding(at: Office, spoil: str) -> None:
    log = ten(at)
    at.sql("UPDATE events SET body = :body WHERE seq = 11", body=spoil)
    assert log.check() in (
        ["An event of the votes' log cannot be read."],
        ["Event 11 was changed after it was written."],
    )


def test_checking_while_others_write_finds_nothing(at: Office) -> None:
    log, done = ten(at), threading.Event()

    def go_on() -> None:
        while not done.is_set():
            write(at.log(), {})

    writer = threading.Thread(target=go_on)
    writer.start()
    found = [log.check() for _ in range(20)]
    done.set()
    writer.join()
    assert found == [[]] * 20


# --- a log that went back, or away -----------------------------------------------------------


def test_a_copy_put_in_its_place_shows_in_a_new_process_and_in_one_that_runs(
    tmp_path: Path,
) -> None:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3", tmp_path / "votes.head") as at:
        running = at.desk()
        queue = running.make_queue(draft(), "lead")
        at.sql("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(at.file, tmp_path / "copy")
        running.showing("ann", queue)
        for name in ("-wal", "-shm"):
            Path(f"{at.file}{name}").unlink(missing_ok=True)
        os.replace(tmp_path / "copy", at.file)
        with pytest.raises(LogDamaged, match="ends at event 1; it had 3"):
            running.showing("bob", queue)
        fresh = at.desk()
        fresh.refresh(0)
        assert fresh.damage == "The log ends at event 1; it had 3: 2 are gone."
        with pytest.raises(LogDamaged):
            fresh.showing("ann", queue)
        assert at.log().check() == [fresh.damage]


def test_a_log_that_goes_back_shows_without_the_file_outside(at: Office) -> None:
    at.witness = None
    running = at.desk()
    queue = running.make_queue(draft(), "lead")
    running.showing("ann", queue)
    first = at.log().after(0)[0].hash
    at.sql("DELETE FROM events WHERE seq > 1")
    at.sql("UPDATE head SET seq = 1, hash = :h", h=first)
    with pytest.raises(LogDamaged, match="ends at event 1; it had 3"):
        running.showing("bob", queue)
    assert at.log().head().seq == 1


def test_another_end_of_the_same_length_shows(at: Office) -> None:
    at.witness = None
    running, log = at.desk(), at.log()
    running.make_queue(draft(), "lead")
    write(log, {"n": 1})
    running.refresh(0)
    at.sql("DELETE FROM events WHERE seq = 2")
    at.sql("UPDATE head SET seq = 1, hash = :h", h=log.after(0)[0].hash)
    write(log, {"n": 2})
    running.refresh(0)
    assert running.damage == "Event 2 is another one than it was: the log was replaced."


def test_half_a_wal_shows(tmp_path: Path) -> None:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3", tmp_path / "votes.head") as at:
        log = at.log()
        for n in range(50):
            write(log, {"n": n})
        copy = tmp_path / "crash"
        copy.mkdir()
        for name in ("votes.sqlite3", "votes.sqlite3-wal"):
            shutil.copy(tmp_path / name, copy / name)
    wal = copy / "votes.sqlite3-wal"
    os.truncate(wal, wal.stat().st_size // 2)
    with office(f"sqlite:///{copy}/votes.sqlite3", tmp_path / "votes.head") as at:
        found = at.log().check()
        assert len(found) == 1
        assert "it had 50" in found[0]
        desk = at.desk()
        desk.refresh(0)
        assert desk.damage == found[0]


def test_a_file_that_is_gone_is_not_made_anew_under_a_running_process(tmp_path: Path) -> None:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3") as at:
        log = at.log()
        write(log, {})
        at.file.unlink()
        with pytest.raises(LogError, match="is gone"):
            write(log, {})
        with pytest.raises(LogError, match="is gone"):
            log.head()
        assert not at.file.exists()


def test_a_log_that_was_removed_is_missed(tmp_path: Path) -> None:
    url, witness = f"sqlite:///{tmp_path}/votes.sqlite3", tmp_path / "votes.head"
    with office(url, witness) as at:
        ten(at)
    for path in tmp_path.glob("votes.sqlite3*"):
        path.unlink()
    with office(url, witness) as at:
        gone = f"The log that stood at {url}, with 11 events, is gone."
        assert at.log().check() == [gone]
        with pytest.raises(LogDamaged, match="is gone"):
            at.desk().make_queue(draft(), "lead")
        assert not at.log().after(0)
    with office(f"{url}-other", witness) as at:  # another log has nothing to do with it
        assert at.desk().make_queue(draft(), "lead")


def test_a_restored_log_may_be_shorter_than_it_was(at: Office) -> None:
    log = ten(at)
    kept, log_id = log.after(0)[:6], log.log_id
    for table in ("events", "head", "meta", "items"):
        at.sql(f"DROP TABLE {table}")
    fresh = at.log()
    assert fresh.check() == [f"The log that stood at {shown(at)}, with 11 events, is gone."]
    fresh.begin_from(log_id)
    with fresh.writing() as tx:
        for event in kept:
            tx.put_back(event)
    assert fresh.after(0) == kept
    assert fresh.check() == [] == at.log().check()
    desk = at.desk()
    desk.make_queue(draft(), "lead")
    assert desk.damage == ""


def shown(at: Office) -> str:
    return at.url.split("?")[0]


@pytest.mark.parametrize("spoil", ["", "no json", "[]", '{"x": 1}', "null"])
def test_an_unreadable_witness_saw_nothing(at: Office, spoil: str) -> None:
    log = ten(at)
    assert at.witness
    at.witness.write_text(spoil)
    assert log.check() == []
    write(log, {})
    assert json.loads(at.witness.read_text())[log.log_id]["seq"] == 12


def test_a_witness_with_odd_values_saw_nothing(at: Office) -> None:
    log = ten(at)
    assert at.witness
    for odd in (5, "x", {}, {"seq": "many", "hash": 1}, {"seq": None, "hash": ""}):
        at.witness.write_text(json.dumps({log.log_id: odd}))
        assert log.check() == []


def test_a_witness_that_cannot_be_written_stops_nothing(log_url: str, tmp_path: Path) -> None:
    with office(log_url, tmp_path / "no" / "such" / "folder") as at:
        assert write(at.log(), {})
        assert at.log().check() == []


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


# --- what cannot be used ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hunter2@h/d", "nothing", "", "postgresql+psycopg://u:hunter2@h:port/d",
        "postgresql+psycopg://u:hun@ter2@h:p@rt/d", "postgresql+nodriver://u:hunter2@h/d",
    ],
)  # fmt: skip
def test_an_address_of_neither_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UsageError, match="neither") as refused:
        open_log(url)
    assert "ter2" not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("address", ["u:hunter2@127.0.0.1:1/d", "u@127.0.0.1:1/d?password=hunter2"])
def test_no_password_in_an_error(address: str) -> None:
    log = open_log(f"postgresql+psycopg://{address}")
    for step in (log.head, lambda: write(log, {})):
        with pytest.raises(LogError) as refused:
            step()
        assert "hunter2" not in str(refused.value)
        assert "127.0.0.1:1/d" in refused.value.message
    log.close()


def test_a_file_that_is_no_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "votes.sqlite3").write_text("this is no database " * 100)
    with office(f"sqlite:///{tmp_path}/votes.sqlite3") as at, pytest.raises(LogError):
        write(at.log(), {})
    assert (tmp_path / "votes.sqlite3").read_text().startswith("this is no database")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with (
        office(f"sqlite:///{tmp_path}/none/votes.sqlite3") as at,
        pytest.raises(LogError, match="Nothing was saved"),
    ):
        write(at.log(), {})


def test_a_file_that_may_only_be_read(tmp_path: Path) -> None:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3") as at:
        write(at.log(), {})
        running = at.log()
        assert running.head().seq == 1
        # As root a file's mode says nothing, so the database is told.
        for log in (running, at.log()):
            sa.event.listen(log._engine, "checkout", _read_only)
            assert log.head().seq == 1
            assert log.check() == []
            with pytest.raises(LogError, match="Nothing was saved"):
                write(log, {})
        assert at.log().head().seq == 1


def _read_only(connection: object, *rest: object) -> None:
    connection.execute("PRAGMA query_only = ON").close()  # type: ignore[attr-defined]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    import tempfile

    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        with office(f"sqlite:///{folder}/votes.sqlite3", folder / "votes.head") as at:
            write(at.log(), {})
            at.file.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
            os.seteuid(65534)
            try:
                with pytest.raises(LogError):
                    write(at.log(), {})
            finally:
                os.seteuid(0)
            assert at.log().head().seq == 1
            assert at.log().check() == []
    finally:
        shutil.rmtree(folder)


def test_a_full_disk_saves_nothing_and_says_so(tmp_path: Path) -> None:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3", tmp_path / "votes.head") as at:
        log = at.log()
        write(log, {})
        most: list[int] = [20]
        sa.event.listen(log._engine, "checkout", lambda con, *rest: _limit(con, most[0]))
        said: list[str] = []
        with pytest.raises(LogError, match="full"):
            said.extend(write(log, {"text": "x" * 1000})[0] for _ in range(1000))
        assert said == [event.hash for event in at.log().after(1)]
        assert said
        with pytest.raises(LogError, match="full"):
            write(log, {"text": "x" * 5000})
        most[0] = 1 << 30
        write(log, {"text": "x" * 5000})
        assert log.head().seq == len(said) + 2
        assert log.check() == []


def _limit(connection: object, pages: int) -> None:
    connection.execute(f"PRAGMA max_page_count = {pages}").close()  # type: ignore[attr-defined]


# --- the commit itself -----------------------------------------------------------------------


@pytest.mark.parametrize("arrives", [True, False])
def test_a_commit_that_breaks_is_unsure_and_its_key_tells(at: Office, arrives: bool) -> None:
    log = at.log()
    write(log, {})
    break_commit(log, arrives)
    with pytest.raises(LogUnsure, match="while it was saving"), log.writing() as tx:
        tx.append("vote", "ann", {}, 1, "key")
    assert at.log().head().seq == (2 if arrives else 1)
    with log.writing() as tx:
        if arrives:
            with pytest.raises(AlreadyThere):
                tx.append("vote", "ann", {}, 1, "key")
        else:
            tx.append("vote", "ann", {}, 1, "key")
    assert log.head().seq == 2
    assert log.check() == []


def break_commit(log: Log, arrives: bool) -> None:
    """Break the connection in the next commit, after or before it reached the database."""
    dialect, broken = log._engine.dialect, []

    def commit(connection: object) -> None:
        if broken:
            return type(dialect).do_commit(dialect, connection)  # type: ignore[arg-type]
        broken.append(True)
        if arrives:
            type(dialect).do_commit(dialect, connection)  # type: ignore[arg-type]
        else:
            type(dialect).do_rollback(dialect, connection)  # type: ignore[arg-type]
        raise dialect.loaded_dbapi.OperationalError("server closed the connection unexpectedly")

    dialect.do_commit = commit  # type: ignore[method-assign]


def test_an_ended_connection_is_replaced(postgres: Cluster) -> None:
    with office(postgres.url()) as at:
        log = at.log()
        write(log, {})
        terminate(at.url)
        assert write(log, {})
        assert log.check() == []
        with pytest.raises(LogError, match="cannot be used"), log.writing() as tx:  # noqa: PT012
            tx.append("note", "ann", {})
            terminate(at.url)
            tx.append("note", "ann", {})
        assert log.head().seq == 2
        with pytest.raises(LogUnsure), log.writing() as tx:  # noqa: PT012
            tx.append("note", "ann", {})
            made, tx.finish = tx.finish, lambda: (made(), terminate(at.url))  # type: ignore
        assert write(log, {})
        assert log.head().seq == 3
        assert log.check() == []


def test_a_server_that_went_and_came_back(postgres: Cluster) -> None:
    with office(postgres.url()) as at:
        log = at.log()
        write(log, {})
        try:
            postgres.stop()
            for step in (log.head, lambda: write(log, {})):
                with pytest.raises(LogError, match="cannot be used"):
                    step()
        finally:
            postgres.start()
        assert write(log, {})
        assert log.head().seq == 2
        assert log.check() == []


def test_commits_wait_for_the_disk_whatever_the_default(postgres: Cluster) -> None:
    with postgres.connected() as con:
        con.execute("CREATE DATABASE lax")
        con.execute("ALTER DATABASE lax SET synchronous_commit = off")
        con.execute("ALTER DATABASE lax SET default_transaction_isolation = 'serializable'")
    with office(postgres.url("lax")) as at, at.log().writing() as tx:
        shown = [tx._con.exec_driver_sql(f"SHOW {name}").scalar() for name in SETTINGS]
        assert shown == ["on", "read committed", "1min", "30s"]


SETTINGS = (
    "synchronous_commit",
    "transaction_isolation",
    "idle_in_transaction_session_timeout",
    "lock_timeout",
)


def test_sqlite_syncs_every_commit(tmp_path: Path) -> None:
    with (
        office(f"sqlite:///{tmp_path}/votes.sqlite3") as at,
        at.log().writing() as tx,
    ):
        shown = [tx._con.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS]
        assert shown == ["wal", 2]


PRAGMAS = ("journal_mode", "synchronous")
