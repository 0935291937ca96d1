"""Relabel tells nothing: no label, no purpose, no text under a warning, no markup from the data."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.relabel.queues import Progress
from core.schema import id_text
from pages.components import pace
from pages.components.seat import Seat
from tests.factories import make_pair, make_store
from tests.pages.conftest import said
from tests.pages.hostile import CORPUS
from tests.pages.rooms import Room, click, has, strings, texts
from tests.queues import make_queue


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
