"""A desk whose log was damaged goes on by itself once the log is whole, and no sooner."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import LogDamaged
from core.relabel import mending
from core.relabel.chain import canonical
from core.relabel.desk import Desk
from core.relabel.tables import Tables
from core.schema.relabel import Answer
from tests.conftest import Said
from tests.desks import Office, answer_next, draft, item, office
from tests.factories import make_pair, make_store
from tests.queues import items_of, make_queue, open_desk

Assay = Callable[..., Said]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a desk look again with the next question."""
    monkeypatch.setattr(mending, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(mending, "_REST", 0.0)


def cut(at: Office, seq: int, digest: str) -> None:
    at.sql("DELETE FROM events WHERE seq > :seq", seq=seq)
    at.sql("UPDATE head SET seq = :seq, hash = :h", seq=seq, h=digest)


def damaged(desk: Desk) -> str:
    for _ in range(3):
        desk.refresh(0)
    return desk.damage


def test_an_edit_that_is_undone_is_noticed(at: Office) -> None:
    running = at.desk()
    running.refresh(0)
    queue = at.desk().make_queue(draft(3), "lead")
    right = at.sql("SELECT body FROM items WHERE place = 1")[0][0]
    wrong = canonical(item(2, label_id=22).__dict__)
    at.sql("UPDATE items SET body = :body WHERE place = 1", body=wrong)
    assert damaged(running) == "The items of the queue 'first' were changed."
    with pytest.raises(LogDamaged):
        running.showing("ann", queue)
    at.sql("UPDATE items SET body = :body WHERE place = 1", body=right)
    assert damaged(running) == ""
    assert running.showing("ann", queue)


def test_a_log_that_only_became_shorter_is_not_taken_for_whole(at: Office) -> None:
    at.witness = None
    running = at.desk()
    queue = running.make_queue(draft(), "lead")
    answer_next(running, "ann", queue)
    cut(at, 1, at.log().after(0)[0].hash)
    assert "ends at event 1" in damaged(running)
    with pytest.raises(LogDamaged):
        running.showing("bob", queue)


def test_what_is_gone_is_accepted_by_removing_the_file_outside(at: Office) -> None:
    running = at.desk()
    queue = running.make_queue(draft(), "lead")
    answer_next(running, "ann", queue)
    cut(at, 1, at.log().after(0)[0].hash)
    assert damaged(running)
    assert at.witness
    at.witness.unlink()
    assert damaged(running) == ""
    assert not running.state.votes
    assert running.showing("bob", queue)


def test_what_is_gone_is_accepted_before_the_server_looked_too(at: Office) -> None:
    running = at.desk()
    queue = running.make_queue(draft(), "lead")
    answer_next(running, "ann", queue)
    cut(at, 1, at.log().after(0)[0].hash)
    assert at.witness
    at.witness.unlink()  # as the hint of `check` says
    assert damaged(running) == ""
    assert running.showing("bob", queue)


def test_who_never_saw_the_file_outside_does_not_accept_its_absence(at: Office) -> None:
    answer_next(desk := at.desk(), "ann", desk.make_queue(draft(), "lead"))
    assert at.witness
    at.witness.unlink()
    reading = at.desk()  # as on a machine that has only the log's address
    reading.refresh(0)
    cut(at, 1, at.log().after(0)[0].hash)
    assert "ends at event 1" in damaged(reading)
    assert "ends at event 1" in damaged(reading)


def test_a_damaged_log_is_not_read_at_every_question(
    at: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mending, "LEAST_SECONDS", 1000.0)
    running = at.desk()
    running.make_queue(draft(), "lead")
    running.assign(next(iter(running.state.queues)), ("ann",), "lead")
    cut(at, 1, at.log().after(0)[0].hash)
    running.refresh(0)
    running.refresh(0)
    looks: list[int] = []
    monkeypatch.setattr(Desk, "__init__", lambda *_: looks.append(1))
    assert damaged(running)
    assert looks == []


def test_an_older_backup_that_is_restored_is_worked_on(assay: Assay, tmp_path: Path) -> None:
    """Without a new start; what filters say of votes is that of the restored log too."""
    root = tmp_path / "store"
    store = make_store(root, [make_pair(i) for i in range(4)])
    running, tables = open_desk(root), Tables()
    queue = make_queue(running, items_of(store, 4))
    for n in range(3):
        shown = running.showing("ann", queue)[0]
        running.vote("ann", shown.token, Answer(winner_id=shown.left_id))
        if n == 0:
            assert assay("backup", tmp_path / "copy.jsonl", store=root).code == 0
    tables.fill(store, running.ask, running.refresh(0).seq)
    (tmp_path / "away").mkdir()
    for path in root.glob("votes.sqlite3*"):
        shutil.move(path, tmp_path / "away" / path.name)
    assert assay("restore", tmp_path / "copy.jsonl", store=root).code == 0
    assert damaged(running) == ""
    assert len(running.state.votes) == 1
    tables.fill(store, running.ask, running.refresh(0).seq)
    count = "SELECT count(*) FROM live.votes"
    assert store.con.cursor().execute(count).fetchone() == (1,)
    assert running.showing("bo", queue)
    assert assay("check", store=root).code == 0
    running.log.close()
    store.close()


def test_a_log_that_cannot_be_reached_stays_damaged(tmp_path: Path) -> None:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3", tmp_path / "votes.head") as at:
        running = at.desk()
        queue = running.make_queue(draft(), "lead")
        answer_next(running, "ann", queue)
        cut(at, 1, at.log().after(0)[0].hash)
        assert damaged(running)
        at.file.rename(tmp_path / "away")
        assert damaged(running)
