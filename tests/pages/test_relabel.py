"""Relabel: votes, undo, own answers, practice, and the end."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path

import pytest
from streamlit.elements.lib import policies

from core.schema.relabel import Answer
from pages.components import ballot
from pages.components.seat import EARLY
from tests.pages.conftest import OpenApp, said
from tests.pages.rooms import Room, button, click, has, texts
from tests.queues import make_queue


def test_without_a_queue_it_says_what_makes_one(room: Room) -> None:
    app = room.open()
    assert "No queue asks you now" in said(app)
    assert "python -m core queue make" in said(app)


def test_without_a_store_it_says_what_makes_one(tmp_path: Path, open_app: OpenApp) -> None:
    app = open_app(tmp_path / "none", "relabel")
    assert "python -m core demo" in said(app)


def test_the_start_says_what_is_asked(room: Room) -> None:
    make_queue(room.desk, room.items(6), practice=room.items(2, 10), guideline="# True *first*")
    app = room._open(room.root, "relabel")
    assert "6 answers wanted" in said(app)
    assert "2 to practise first" in said(app)
    assert "# True *first*" in said(app)
    assert texts(app) == []


def test_several_queues_are_chosen_from_and_one_is_not(room: Room) -> None:
    make_queue(room.desk, room.items(3), name="one")
    second = make_queue(room.desk, room.items(3, 5), name="two")
    make_queue(room.desk, room.items(3, 9), name="not for you", people=("ann",))
    app = room.open()
    assert "Queues that ask you" in said(app)
    assert "not for you" not in said(app)
    app = app.button(key=f"relabel_open_{second}").click().run()
    assert has(app, "Start")
    assert texts(click(app, "Start"))[0] == "ask 5"


@pytest.mark.parametrize(
    ("label", "tie"), [("Tie", "tie"), ("Both bad", "both_bad"), ("Cannot judge", "cannot_judge")]
)
def test_a_vote_without_a_winner(room: Room, label: str, tie: str) -> None:
    make_queue(room.desk, room.items(3))
    app = click(room.open(), label)
    assert [v.answer.tie for v in room.votes()] == [tie]
    assert "Saved " in said(app)
    assert texts(app)[0] == "ask 1"


@pytest.mark.parametrize(("label", "place"), [("A is better", 1), ("B is better", 2)])
def test_a_vote_names_the_answer_that_was_read_there(room: Room, label: str, place: int) -> None:
    make_queue(room.desk, room.items(3))
    app = room.open()
    read = texts(app)[place]
    click(app, label)
    vote = room.votes()[0]
    assert (vote.answer.winner_id == room.items(1)[0].label_id) == read.startswith("one")
    assert vote.answer.seconds is not None
    assert vote.answer.leaked
    assert not vote.answer.masked


def test_strength_and_reasons_come_along_once(room: Room) -> None:
    make_queue(room.desk, room.items(4))
    app = click(click(room.open(), "Add reasons"), "clearly")
    token = button(app, "A is better").key.rpartition("_")[2]
    app.pills(key=f"tags_{token}").set_value(["format", "taste"])
    app.text_area(key=f"note_{token}").set_value("  because  ")
    app.segmented_control(key=f"score_correct_{token}").set_value(4)
    click(click(app, "A is better"), "B is better")
    first, second = (vote.answer for vote in room.votes())
    assert (first.strength, first.tags, first.rationale) == (2, ("format", "taste"), "because")
    assert first.attributes == {"correct": 4}
    assert (second.strength, second.tags, second.rationale) == (None, (), "")


def test_a_strength_pressed_with_the_vote_counts(room: Room) -> None:
    make_queue(room.desk, room.items(3))
    app = room.open()
    button(app, "by far").click()
    click(app, "A is better")
    assert [vote.answer.strength for vote in room.votes()] == [3]


def test_two_votes_in_one_moment_are_not_guessed(room: Room) -> None:
    make_queue(room.desk, room.items(3))
    app = room.open()
    button(app, "A is better").click()
    app = click(app, "B is better")
    assert room.votes() == []
    assert ballot.TWICE in said(app).replace("\\", "")


def test_a_press_on_a_pair_that_is_gone_is_dropped_visibly(room: Room) -> None:
    make_queue(room.desk, room.items(4))
    app = room.open()
    app.session_state["relabel"].item = None
    app = click(app, "A is better")
    assert room.votes() == []
    assert EARLY in said(app).replace("\\", "")
    app = click(app, "A is better")
    assert len(room.votes()) == 1
    assert EARLY in said(app).replace("\\", "")  # for who presses fast
    app.session_state["relabel"].kept_until = 0.0
    assert EARLY not in said(click(app, "A is better")).replace("\\", "")


def test_names_are_hidden_on_request(room: Room) -> None:
    make_queue(room.desk, room.items(3))
    app = click(room.open(), "Hide names")
    assert "GPT" not in "".join(texts(app))
    assert any("▇▇▇ would" in text for text in texts(app))
    app = click(app, "A is better")
    assert "GPT" not in "".join(texts(app))
    assert [(v.answer.masked, v.answer.leaked) for v in room.votes()] == [(True, True)]


def test_undo_goes_back_pair_by_pair(room: Room) -> None:
    make_queue(room.desk, room.items(5))
    app = room.open()
    seen = []
    for _ in range(3):
        seen.append(texts(app))
        app = click(app, "A is better")
    for before in reversed(seen):
        app = click(app, "Undo")
        assert texts(app) == before
    assert room.votes() == []
    assert button(app, "Undo").disabled


def test_a_skipped_pair_is_left_to_others(room: Room) -> None:
    make_queue(room.desk, room.items(3))
    app = click(room.open(), "Skip")
    assert texts(app)[0] == "ask 1"
    assert room.votes() == []


def test_own_answers_are_listed_and_opened_again(
    room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    logger = logging.getLogger("streamlit")
    monkeypatch.setattr(logger, "propagate", True)
    make_queue(room.desk, room.items(5))
    app = room.open()
    won = [text for text in texts(app) if text.startswith("one")]
    first = texts(app)
    app = click(click(app, "A is better"), "Tie")
    app = app.segmented_control(key="relabel_view").set_value("My answers").run()
    words = said(app).replace("\\", "")
    assert words.index("ask 1") < words.index("ask 0")
    assert "You said: **a tie**" in words
    assert f"You chose: {first[1]}" in words
    assert won
    reopen = [b for b in app.button if b.label == "Open again"]
    app = reopen[1].click().run()
    assert texts(app) == first
    assert len(room.votes()) == 1
    assert "default value" not in caplog.text
    assert not app.exception


def test_an_open_pair_is_not_among_the_own_answers(room: Room) -> None:
    """Else a pair that is asked again is marked as such, with what was said of it before."""
    queue = make_queue(room.desk, room.items(30), repeat_share=0.9)
    while (item := room.desk.showing("local", queue)[0]).purpose != "repeat":
        room.desk.vote("local", item.token, Answer(tie="both_bad"))
    number = {found.pair_id: n for n, found in enumerate(room.items(30))}[item.pair_id]
    again = re.compile(rf"ask {number}$", re.MULTILINE)
    app = room._open(room.root, "relabel", relabel_view="My answers")
    assert "You said: **both bad**" in said(app)
    assert not again.findall(said(app))
    # Nor is the first answer there once the second stands: that one can be taken back.
    room.desk.vote("local", item.token, Answer(tie="cannot_judge"))
    room.desk.release("local")
    time.sleep(1.1)  # the app looks at the log once a second
    app = room._open(room.root, "relabel", relabel_view="My answers")
    assert len(again.findall(said(app))) == 1
    assert said(app).count("You said: **cannot judge**") == 1


def test_own_answers_come_in_pages(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.components.mine.SIZE", 2)
    queue = make_queue(room.desk, room.items(5))
    for _ in range(3):
        item = room.desk.showing("local", queue)[0]
        room.desk.vote("local", item.token, Answer(tie="tie"))
    app = room._open(room.root, "relabel", relabel_view="My answers")
    assert [b.label for b in app.button].count("Open again") == 2
    app = click(app, "Older")
    assert [b.label for b in app.button].count("Open again") == 1
    assert "Page 2 of 2" in said(app)


def test_practice_is_answered_with_its_solution(room: Room) -> None:
    make_queue(room.desk, room.items(3), practice=room.items(2, 10))
    app = room.open()
    assert "Practice: 2 to go" in said(app)
    right = 1 + [text.startswith("one") for text in texts(app)[1:]].index(True)
    app = click(app, ("A is better", "B is better")[right - 1])
    assert f"Yes: {'AB'[right - 1]}." in "".join(str(e.value) for e in app.success)
    assert "It answers what was asked" in "".join(str(e.value) for e in app.success)
    app = click(app, "Next")
    wrong = ("B is better", "A is better")[
        [text.startswith("one") for text in texts(app)[1:]].index(True)
    ]
    app = click(app, wrong)
    assert "you said" in said(app)
    app = click(app, "Next")
    assert texts(app)[0] == "ask 0"
    assert "0 answered" in said(app)


def test_practice_is_not_opened_again(room: Room) -> None:
    make_queue(room.desk, room.items(3), practice=room.items(1, 10))
    app = click(click(room.open(), "A is better"), "Next")
    app = app.segmented_control(key="relabel_view").set_value("My answers").run()
    app = click(app, "Open again")
    assert "stays as it is" in said(app)
    assert len(room.votes()) == 1


def test_at_the_end_it_says_what_was_done_and_what_else_there_is(room: Room) -> None:
    make_queue(room.desk, room.items(2), name="one")
    app = room.open()
    other = make_queue(room.desk, room.items(2, 5), name="two")
    app = click(click(app, "A is better"), "B is better")
    assert "Nothing is left for you here" in said(app)
    assert "2 answers" in said(app)
    assert button(app, "Undo")
    app = app.button(key=f"relabel_open_{other}").click().run()
    assert texts(click(app, "Start"))[0] == "ask 5"
