"""Logs for tests of Team: `fill(desk, store)` makes a queue and answers it."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.relabel.desk import Desk
from core.relabel.serving import Chance
from core.schema.relabel import Answer, Person, Population, QueueItem
from core.store.instance import open_store
from pages.components import who
from tests.factories import demo_pairs, make_pair, make_store
from tests.pages.conftest import said
from tests.queues import items_of, make_queue, open_desk

PEOPLE = ("ann", "bo", "cy")
TOKENS = (f"{i:016x}" for i in range(10**9))
SIDES = cycle((True, False, False))


def items(store: Path, n: int = 12, start: int = 0) -> tuple[QueueItem, ...]:
    """Return pairs of the store, every third of them drawn at random."""
    opened = open_store(store)
    try:
        found = items_of(opened, n, start)
    finally:
        opened.close()
    return tuple(
        replace(item, stratum="audit", probability=0.5, n_chars=900)
        if i % 3 == 0
        else replace(item, n_chars=900)
        for i, item in enumerate(found)
    )


def fill(
    desk: Desk, store: Path, people: tuple[str, ...] = PEOPLE, n: int = 12, **over: object
) -> str:
    """Make a queue and answer it: who is not ann says otherwise about every third pair."""
    asked = items(store, n)
    population = {asked[0].source: Population(30, n - (n + 2) // 3)}
    queue = make_queue(desk, asked, overlap=len(people), population=population, **over)
    for person in people:
        answer(desk, queue, person)
    return queue


def answer(desk: Desk, queue: str, person: str, why: str = "") -> None:
    places = {item.pair_id: i for i, item in enumerate(desk.state.queues[queue].items)}
    while shown := desk.showing(person, queue, 1):
        item = desk.state.queues[queue].items[shown[0].place]
        wrong = person != "ann" and places[item.pair_id] % 3 == 0
        other = ({item.first_id, item.second_id} - {item.label_id}).pop()
        winner = other if wrong else item.label_id
        said = Answer(winner, strength=2, tags=("taste",), rationale=why, seconds=20.0)
        desk.vote(person, shown[0].token, said, 1)


def words(app: AppTest) -> str:
    """Return all that the page says, tables too, without Markdown's escapes."""
    assert not app.exception
    assert not [error.value for error in app.error]
    tables = [table.value.to_csv() for table in (*app.table, *app.dataframe)]
    bars = [str(bar.text) for bar in app.get("progress")]
    done = [str(box.value) for kind in ("success", "info", "toast") for box in app.get(kind)]
    return "\n".join([said(app), *tables, *bars, *done]).replace("\\", "")


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def be(monkeypatch: pytest.MonkeyPatch, person: Person) -> None:
    """Let the page believe that this person is at it."""
    monkeypatch.setattr(who, "known", lambda: person)


def small_store(root: Path) -> Path:
    """Make a store in which one pair names its model."""
    rows = [*demo_pairs(30), make_pair(800, chosen_model="model-secret")]
    make_store(root, rows).close()
    return root


def small_desk(store: Path) -> Desk:
    """Return a desk whose sides and tokens are the same in every run."""
    return open_desk(store, Chance(lambda: next(TOKENS), lambda: next(SIDES)))
