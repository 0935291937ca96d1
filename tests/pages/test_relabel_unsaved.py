"""Relabel where something goes wrong: what is kept, what is refused, and what is said."""

from __future__ import annotations

import pytest

from core.errors import LogError
from core.relabel.desk import Desk
from core.schema.relabel import Answer, QueueItem
from tests.pages.conftest import said
from tests.pages.rooms import Room, click, has, texts
from tests.queues import make_queue


def fail_once(monkeypatch: pytest.MonkeyPatch, done: bool) -> None:
    """Let the next vote fail, before or after it was written."""
    real = Desk.vote
    left = [1]

    def vote(self: Desk, person: str, token: str, answer: Answer, n: int = 2) -> object:
        if left:
            left.pop()
            if done:
                real(self, person, token, answer, n)
            raise LogError("The disk is full.", "Make room.")
        return real(self, person, token, answer, n)

    monkeypatch.setattr(Desk, "vote", vote)


@pytest.mark.parametrize("done", [False, True])
def test_what_was_not_acknowledged_is_kept_and_sent_again(
    room: Room, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    make_queue(room.desk, room.items(3))
    app = click(room.open(), "clearly")
    before = texts(app)
    fail_once(monkeypatch, done)
    app = click(app, "A is better")
    assert "The disk is full" in said(app)
    assert "Saved" not in said(app)
    assert texts(app) == before
    app = click(app, "Send again")
    assert [vote.answer.strength for vote in room.votes()] == [2]
    assert "disk" not in said(app)
    assert texts(app)[0] == "ask 1"


def test_a_log_that_cannot_be_read_is_said(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    make_queue(room.desk, room.items(3))
    app = room.open()

    def broken(*_: object, **__: object) -> object:
        raise LogError("The log is gone.")

    monkeypatch.setattr(Desk, "showing", broken)
    app = click(app, "Guideline")
    assert "The log is gone" in said(app)
    monkeypatch.undo()


def test_a_queue_that_closes_while_a_person_works(room: Room) -> None:
    queue = make_queue(room.desk, room.items(5), name="first")
    app = room.open(queue=queue)
    room.desk.close(queue, "lead")
    app = click(app, "A is better")
    assert len(room.votes()) == 1
    assert "is closed" in said(app)
    assert not app.exception


def test_a_person_who_is_removed_is_told_and_nothing_is_saved(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_queue(room.desk, room.items(3))
    app = room.open()
    (room.root / "assay.toml").write_text('[people]\nann = "admin"\n')
    app = click(app, "A is better")
    assert room.votes() == []
    assert texts(app) == []
    assert not app.exception


def test_a_lease_that_went_to_somebody_else_is_refused(room: Room) -> None:
    make_queue(room.desk, room.items(5))
    app = room.open()
    room.desk.release("local")
    app = click(app, "A is better")
    assert room.votes() == []
    assert "no longer open to you" in said(app).replace("\\", "")
    assert texts(app)[0] == "ask 0"


def test_a_pair_of_another_store_is_skipped(room: Room) -> None:
    foreign = QueueItem(7, 8, 9, "elsewhere", probability=1.0)
    make_queue(room.desk, [foreign, *room.items(2)])
    app = room.open()
    assert "not in the store" in said(app)
    assert not has(app, "A is better")
    assert texts(click(app, "Skip"))[0] == "ask 0"
