"""Team's queues: what a new one can be asked for, and what cannot be is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.relabel.desk import Desk
from tests.pages.conftest import OpenApp
from tests.pages.teamlog import items, labels, press, small_desk, small_store, words
from tests.queues import make_queue


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return small_store(tmp_path)


@pytest.fixture
def desk(store: Path) -> Iterator[Desk]:
    made = small_desk(store)
    yield made
    made.log.close()


def test_a_new_queue_has_a_warning_hidden_sources_and_a_seed(
    open_app: OpenApp, store: Path, desk: Desk
) -> None:
    app = open_app(store, "team", kind="random")
    app.text_input(key="new_name").set_value("Q")
    app.text_input(key="new_warning").set_value(" Slurs & <b>. ")
    app.multiselect(key="new_warn").set_value(["made"])
    app.number_input(key="new_seed").set_value(7)
    app = press(app, "Preview")
    shown = words(app)
    for told in ("'--warning=Slurs & <b>.'", "--seed=7", "--warn=made"):
        assert told in shown
    press(app, "Make it")
    desk.refresh(0)
    (queue,) = desk.state.queues.values()
    assert (queue.warning, queue.warn, queue.params["seed"]) == ("Slurs & <b>.", ("made",), 7)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("new_overlap", 0, "The overlap cannot be 0"),
        ("new_size", -1, "The size of a queue cannot be -1"),
        ("new_practice", 2, "The number of practice pairs cannot be 2"),
    ],
)
def test_a_number_that_cannot_be_is_a_sentence(
    open_app: OpenApp, store: Path, key: str, value: int, says: str
) -> None:
    app = open_app(store, "team", kind="random")
    app.text_input(key="new_name").set_value("Q")
    app.number_input(key=key).set_value(value)
    app = press(app, "Preview")
    assert says in app.error[0].value.replace("\\", "")
    assert "Make it" not in labels(app)


@pytest.mark.parametrize("wanted", [0, -3])
def test_an_overlap_that_cannot_be_is_said_and_changes_nothing(
    open_app: OpenApp, store: Path, desk: Desk, wanted: int
) -> None:
    queue = make_queue(desk, items(store), overlap=2)
    app = open_app(store, "team", team="Queues")
    app.number_input(key=f"overlap_{queue}").set_value(wanted)
    app = press(app, "Set")
    assert "at least one answer per item" in app.error[0].value
    assert not app.get("toast")
    desk.refresh(0)
    assert desk.state.queues[queue].overlap == 2


def test_a_closed_queue_is_opened_by_a_button_and_changed_no_sooner(
    open_app: OpenApp, store: Path, desk: Desk
) -> None:
    queue = make_queue(desk, items(store))
    desk.close(queue, "lead")
    app = press(open_app(store, "team", team="Queues"), "Set")
    assert "nothing about it changes" in app.error[0].value
    press(app, "Open again")
    desk.refresh(0)
    assert not desk.state.queues[queue].closed


def test_more_answers_than_people_is_said(open_app: OpenApp, store: Path, desk: Desk) -> None:
    queue = make_queue(desk, items(store), overlap=1)
    app = open_app(store, "team", team="Queues")
    said = "so no pair can get 3 answers"
    assert said not in words(app)
    app.number_input(key=f"overlap_{queue}").set_value(3)
    assert f"Only 1 person is asked, {said}" in words(press(app, "Set"))
