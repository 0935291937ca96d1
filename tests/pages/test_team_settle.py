"""Settling on Team: rulings made and taken back, what is hidden, and what the rule does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.relabel.desk import Desk
from core.schema import id_text
from core.schema.relabel import Answer, QueueItem, Ruling
from core.store.instance import Store, open_store
from tests.pages.conftest import OpenApp
from tests.pages.teamlog import (
    fill,
    labels,
    press,
    small_desk,
    small_store,
    words,
)
from tests.queues import items_of, make_queue

VIEWS = ("Queues", "Settle", "Agreement", "Audit", "People")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return small_store(tmp_path)


@pytest.fixture
def desk(store: Path) -> Iterator[Desk]:
    made = small_desk(store)
    yield made
    made.log.close()


# --- settling ------------------------------------------------------------------------------------


def test_a_ruling_appears_and_can_be_taken_back(open_app: OpenApp, store: Path, desk: Desk) -> None:
    fill(desk, store)
    app = open_app(store, "team", team="Settle")
    assert "1 of 4 pairs without a ruling" in words(app)
    pair = desk.state.queues[next(iter(desk.state.queues))].items
    key = min(id_text(item.pair_id) for i, item in enumerate(pair[:12]) if i % 3 == 0)
    app.text_input(key=f"settle_note_{key}").set_value("both *read* well")
    app = press(app, "Contested")
    shown = words(app)
    assert "Ruled: Contested" in shown
    assert "1 of 3 pairs without a ruling" in shown
    desk.refresh(0)
    (made,) = desk.state.decisions.values()
    assert (made.reviewer, made.ruling.tie, made.ruling.note) == (
        "local",
        "contested",
        "both *read* well",
    )
    app = open_app(store, "team", team="Settle", settle="Settled")
    assert "ruling of local on" in words(app)
    assert "both *read* well" in words(app)
    app = press(app, "Take back")
    assert "No ruling stands" in words(app)
    desk.refresh(0)
    assert not desk.state.decisions


def test_the_last_ruling_is_undone_where_it_was_made(
    open_app: OpenApp, store: Path, desk: Desk
) -> None:
    fill(desk, store)
    app = open_app(store, "team", team="Settle")
    first = next(line for line in words(app).split("\n") if "Pair `" in line)
    app = press(app, "1 wins")
    assert first not in words(app)
    app = press(app, "Undo the last ruling")
    assert first in words(app)
    assert "Undo the last ruling" not in labels(app)


def test_pairs_are_walked_one_by_one(open_app: OpenApp, store: Path, desk: Desk) -> None:
    fill(desk, store)
    app = open_app(store, "team", team="Settle")
    seen = {words(app).split("Pair `")[1][:16]}
    for _ in range(3):
        app = press(app, "Next")
        seen.add(words(app).split("Pair `")[1][:16])
    assert len(seen) == 4
    assert next(button for button in app.button if button.label == "Next").disabled
    assert "3 of 4" in words(press(app, "Previous"))


def test_label_and_models_are_hidden_until_asked_for(
    open_app: OpenApp, store: Path, desk: Desk
) -> None:
    opened = open_store(store)
    (item,) = (i for i in items_of(opened, 99) if i.source and _model_of(opened, i))
    opened.close()
    queue = make_queue(desk, [item], overlap=2)
    for person, winner in (("ann", item.first_id), ("bo", item.second_id)):
        shown = desk.showing(person, queue, 1)[0]
        desk.vote(person, shown.token, Answer(winner), 1)
    app = open_app(store, "team", team="Settle")
    assert "model-secret" not in words(app)
    assert "is chosen" not in words(app)
    key = id_text(item.pair_id)
    app.button(key=f"settle_show_{key}").click().run()
    assert "model-secret" in words(app)
    chosen = 1 if item.label_id == item.first_id else 2
    assert f"**{chosen}** is chosen" in words(app)


def _model_of(store: Store, item: QueueItem) -> bool:
    found = store.query("browse_rows_of_pair", {"pair_id": item.pair_id})["row_id"][0].as_py()
    pair = store.query("browse_pair", {"row_id": found}).to_pylist()[0]
    return bool(pair["chosen_model"] == "model-secret")


def test_a_pair_that_is_open_to_the_reviewer_is_not_there(
    open_app: OpenApp, store: Path, desk: Desk
) -> None:
    queue = fill(desk, store, n=3)
    desk.set_overlap(queue, 4, "lead")
    (shown,) = desk.showing("local", queue, 1)
    pair = next(i for i in desk.state.queues[queue].items if i.pair_id == shown.pair_id)
    assert desk.state.answers(pair.pair_id)
    for view in VIEWS:
        for part in ("To settle", "Settled", "What the rule does"):
            app = open_app(store, "team", team=view, settle=part, settling=id_text(pair.pair_id))
            assert id_text(pair.pair_id) not in words(app)
    assert "Rows of the 2 pairs that have votes" in words(
        open_app(store, "team", team="Settle", settle="What the rule does")
    )
    desk.release("local")


def test_the_rule_counts_and_writes_nothing(open_app: OpenApp, store: Path, desk: Desk) -> None:
    fill(desk, store)
    before = desk.refresh(0)
    app = open_app(store, "team", team="Settle", settle="What the rule does", reversed="flip")
    table = app.table[0].value.set_index("Becomes")["Rows"].to_dict()
    assert (table["Flip"], table["Remove"]) == ("4", "0")
    assert "majority of 3 votes" in words(app)
    app.selectbox(key="rule").select("unanimous").run()
    table = app.table[0].value.set_index("Becomes")["Rows"].to_dict()
    assert (table["Flip"], table["Unresolved"]) == ("0", "5")  # one of the four has two rows
    app.selectbox(key="contested").select("soft").run()
    assert app.table[0].value.set_index("Becomes")["Rows"]["Soft"] == "5"
    assert desk.refresh(0) == before


def test_a_ruling_is_the_source_of_the_final_label(
    open_app: OpenApp, store: Path, desk: Desk
) -> None:
    fill(desk, store)
    pair = next(iter(desk.state.by_pair))
    desk.decide("Rev *A*", pair, Ruling(tie="tie"))
    shown = words(open_app(store, "team", team="Settle", settle="What the rule does"))
    assert "ruling of Rev *A*,1" in shown


def test_the_history_keeps_what_was_taken_back(open_app: OpenApp, store: Path, desk: Desk) -> None:
    fill(desk, store)
    pair = next(iter(desk.state.by_pair))
    desk.decide("rev", pair, Ruling(tie="both_bad", cause="both unusable"))
    desk.withdraw("rev", pair)
    app = open_app(store, "team", team="Settle", settle="Settled")
    app.session_state["settled_history"] = True
    shown = words(app.run())
    assert "taken back" in shown
    assert "both unusable" in shown
