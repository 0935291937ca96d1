"""Relabel: votes, undo, practice, what is refused, what fails, and that nothing tells the label."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Button

from core.errors import LogError
from core.relabel.desk import Desk
from core.relabel.queues import Progress
from core.schema import id_text
from core.schema.relabel import Answer, CastVote, QueueItem
from core.store.instance import Store
from pages.components import ballot, pace
from pages.components.seat import EARLY, Seat
from tests.factories import make_pair, make_store
from tests.pages.conftest import OpenApp, said
from tests.pages.hostile import CORPUS
from tests.queues import items_of, make_queue, open_desk


class Room:
    """A store with a desk, and the page opened on it."""

    def __init__(self, root: Path, store: Store, open_app: OpenApp) -> None:
        self.root, self.store = root, store
        self.desk: Desk = open_desk(root)
        self._open = open_app

    def items(self, n: int, start: int = 0) -> tuple[QueueItem, ...]:
        return items_of(self.store, n, start)

    def open(self, **link: str) -> AppTest:
        """Open the page; leave its start behind."""
        app = self._open(self.root, "relabel", **link)
        return click(app, "Start") if has(app, "Start") else app

    def votes(self) -> list[CastVote]:
        self.desk.refresh(0)
        return self.desk.ask(lambda state: list(state.votes.values()))


@pytest.fixture
def room(tmp_path: Path, open_app: OpenApp) -> Iterator[Room]:
    rows = [
        make_pair(
            i,
            prompt_text=f"ask {i}",
            chosen_text=f"one {i}, as GPT-4 would",
            rejected_text=f"two {i}",
            chosen_model="hidden-model-9b",
            rejected_model="hidden-model-1b",
        )
        for i in range(30)
    ]
    store = make_store(tmp_path / "store", rows, source="hiddensource")
    yield Room(tmp_path / "store", store, open_app)
    store.close()


def button(app: AppTest, label: str) -> Button:
    return next(b for b in app.button if b.label == label)


def has(app: AppTest, label: str) -> bool:
    return any(b.label == label for b in app.button)


def click(app: AppTest, label: str) -> AppTest:
    return button(app, label).click().run()


def texts(app: AppTest) -> list[str]:
    """Return the prompt, A and B."""
    html = "".join(str(element.value) for element in app.get("html"))
    return re.findall(r'class="as-text" dir="auto">(.*?)</div>', html, re.DOTALL)


def strings(found: Block | Any) -> Iterator[str]:
    """Yield every string of every element of a page, keys included."""
    for child in found.children.values():
        if isinstance(child, Block):
            yield from strings(child)
        yield from _strings(child.proto) if child.proto is not None else ()
        yield str(getattr(child, "key", "") or "")


def _strings(message: Message) -> Iterator[str]:
    for _, value in message.ListFields():
        for one in value if isinstance(value, list | tuple) or hasattr(value, "add") else [value]:
            if isinstance(one, Message):
                yield from _strings(one)
            elif isinstance(one, str):
                yield one


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


def test_own_answers_are_listed_and_opened_again(room: Room) -> None:
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


def test_texts_wait_behind_a_warning(room: Room) -> None:
    make_queue(room.desk, room.items(3), warn=("hiddensource",), warning="Slurs <b>.")
    app = room.open()
    assert texts(app) == []
    assert "ask 0" not in "".join(strings(app._tree))
    assert not has(app, "A is better")
    app = click(app, "Show the texts")
    assert texts(app)[0] == "ask 0"
    app = click(app, "A is better")
    assert texts(app) == []


def test_another_guideline_is_drawn_with_the_next_press(room: Room) -> None:
    queue = make_queue(room.desk, room.items(4), guideline="old words")
    app = click(room.open(), "Guideline")
    assert "old words" in said(app)
    room.desk.set_guideline(queue, "new words ![x](http://127.0.0.1/x.png)", "lead")
    app = click(app, "A is better")
    assert "new words" in said(app)
    assert "![" not in said(app)


def test_how_far_one_is_does_not_tell_what_an_answer_was_for(room: Room) -> None:
    """What the queue wants falls with an answer for a label alone; a check must look the same."""
    gold = room.items(15, 15)
    queue = make_queue(room.desk, room.items(15), gold=gold, gold_share=0.5, repeat_share=0.1)
    app, lines = room.open(), []
    for _ in range(18):
        lines += [how_far(app), how_far(room.open(queue=queue))]  # loaded anew it says the same
        app = click(app, "Tie")
    assert {vote.purpose for vote in room.votes()} >= {"real", "gold"}
    assert [line.count(f"{n // 2} answered") for n, line in enumerate(lines)] == [1] * 36
    assert len({re.sub(r"\d+ answered| · [\d.]+ s each.*", "", line) for line in lines}) == 1


def how_far(app: AppTest) -> str:
    return next(str(line.value) for line in app.caption if "answered" in line.value).strip()


@pytest.mark.parametrize(("wanted", "said"), [(400, 400), (399, 400), (381, 400), (380, 380)])
def test_what_a_queue_wants_is_said_in_steps(wanted: int, said: int) -> None:
    found = Progress(0, 0, 0, wanted, 400, None)
    assert pace.coarse(found, f"ann {wanted}", "q") == said
    for answered in range(20):  # what was said first stays for twenty answers
        assert (
            pace.coarse(replace(found, wanted=7, answered=answered), f"ann {wanted}", "q") == said
        )
    assert pace.coarse(replace(found, wanted=7, answered=20), f"ann {wanted}", "q") == 20
    assert pace.coarse(replace(found, wanted=0, answered=40), f"ann {wanted}", "q") == 20


def test_nothing_on_the_page_tells(room: Room) -> None:
    """Neither label, model, source, purpose nor any id stands in any element or key."""
    items = room.items(8)
    make_queue(room.desk, items, gold=room.items(4, 20), gold_share=0.5, guideline="Judge.")
    app = room.open()
    ids = [str(i.pair_id) for i in (*items, *room.items(4, 20))]
    ids += [id_text(i.pair_id) for i in items]
    ids += [str(i) for item in items for i in (item.first_id, item.second_id)]
    telling = re.compile(
        r"gold|chosen|rejected|\blabel\b|margin|suspect|hidden-?model|hiddensource|real\b|repeat\b|"
        + "|".join(ids),
        re.IGNORECASE,
    )
    for view in ("Guideline", "Add reasons", "A is better", "Hide guideline", "B is better"):
        app = click(app, view)
        # A stylesheet and the script in the browser speak of neither pair nor person.
        found = "\n".join(s for s in strings(app.main) if "export default" not in s)
        found = re.sub(r"<style>.*?</style>", "", found, flags=re.DOTALL)
        assert telling.findall(found) == []
    app = app.segmented_control(key="relabel_view").set_value("My answers").run()
    found = "\n".join(s for s in strings(app.main) if "export default" not in s)
    assert "ask" in found
    assert telling.findall(re.sub(r"<style>.*?</style>", "", found, flags=re.DOTALL)) == []


def test_hostile_texts_and_names_stay_letters(room: Room, tmp_path: Path) -> None:
    rows = [
        make_pair(i, prompt_text=text, chosen_text=text + " 1", rejected_text=text + " 2")
        for i, text in enumerate(t.encode("utf-8", "ignore").decode() for t in CORPUS[:25])
    ]
    store = make_store(tmp_path / "odd", rows)
    other = Room(tmp_path / "odd", store, room._open)
    name = "<script>alert(1)</script> ![x](http://127.0.0.1/x) :red[x] $x$"
    make_queue(other.desk, other.items(20), name=name, warning=name, guideline=name)
    app = other.open()
    for _ in range(20):
        assert not app.exception
        assert not re.search(r"<(script|img|iframe)", "".join(map(str, texts(app))))
        for shown in ("markdown", "caption", "warning"):
            for element in app.get(shown):
                assert "![x](" not in str(element.value)
                assert not re.search(r"(?<!\\):red\[", str(element.value))
        app = click(app, "A is better")
    app = app.segmented_control(key="relabel_view").set_value("My answers").run()
    assert not app.exception
    store.close()


@pytest.mark.parametrize(
    ("presses", "due"),
    [([0, 100, 2999], False), ([0, *range(0, 3001, 200)], True), ([0, 2000, 3100], False)],
)
def test_a_break_is_proposed_after_work_without_a_pause(presses: list[int], due: bool) -> None:
    seat = Seat()
    for at in presses:
        pace.touch(seat, 1000.0 + at)
    assert pace.due(seat) is due
    seat.reminded = True
    assert not pace.due(seat)
