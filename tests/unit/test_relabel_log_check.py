"""What the votes' log notices: edits, what is gone, and a log that went back, on both databases."""

from __future__ import annotations

import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from core.errors import LogDamaged, LogError
from core.relabel.chain import canonical, event_hash
from core.relabel.witness import Witness
from tests.desks import Office, draft, item, office, ten, write


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
    log, other, done = ten(at), at.log(), threading.Event()

    def go_on() -> None:
        while not done.is_set():
            write(other, {})

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        found = [log.check() for _ in range(20)]
    finally:
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


def test_a_head_that_another_writes_meanwhile_is_no_other_log(
    at: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(at.log(), {})
    assert at.witness
    kept, read = at.witness.read_bytes(), Witness._all
    at.witness.unlink()

    def then_written(self: Witness) -> dict[str, object]:
        found = read(self)
        self.path.write_bytes(kept)
        return found

    monkeypatch.setattr(Witness, "_all", then_written)
    write(at.log(), {})
    assert at.log().check() == []


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
    assert fresh.check() == ["The log ends at event 6; it had 11: 5 are gone."]
    fresh.restored(fresh.head())
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
