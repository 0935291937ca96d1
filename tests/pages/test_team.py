"""Team: queues, settling, agreement, the audit and people, on logs of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.relabel.desk import Desk
from core.relabel.serving import Chance
from core.schema import id_text
from core.schema.relabel import Answer, Person, Population, QueueItem, Ruling
from core.store.instance import open_store
from pages.components import menu, who
from tests.factories import demo_pairs, make_pair, make_store
from tests.pages.conftest import OpenApp, said
from tests.pages.test_reading import ACTIVE
from tests.pages.test_texts import PAYLOADS
from tests.queues import items_of, make_queue, open_desk

VIEWS = ("Queues", "Settle", "Agreement", "Audit", "People")
PEOPLE = ("ann", "bo", "cy")
Vote = Callable[[str, QueueItem], Answer]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    rows = [*demo_pairs(30), make_pair(800, chosen_model="model-secret")]
    make_store(tmp_path, rows).close()
    return tmp_path


@pytest.fixture
def desk(store: Path) -> Iterator[Desk]:
    made = open_desk(store, Chance(lambda: next(TOKENS), lambda: next(SIDES)))
    yield made
    made.log.close()


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
    done = [str(box.value) for kind in ("success", "info") for box in app.get(kind)]
    return "\n".join([said(app), *tables, *bars, *done]).replace("\\", "")


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def be(monkeypatch: pytest.MonkeyPatch, person: Person) -> None:
    """Let the page believe that this person is at it."""
    monkeypatch.setattr(who, "known", lambda: person)


# --- every view, on every kind of log ------------------------------------------------------------

EMPTY = {
    "Queues": ("There is no queue yet", "python -m core queue make NAME"),
    "Settle": ("Nobody has voted yet", "two or more"),
    "Agreement": ("Nobody has voted yet", "two people judged"),
    "Audit": ("There is no queue to audit by", "--kind random"),
    "People": ("Nobody has voted yet", "python -m core people add NAME"),
}


@pytest.mark.parametrize("view", VIEWS)
def test_without_a_log_the_view_says_what_is_missing(
    open_app: OpenApp, store: Path, view: str
) -> None:
    shown = words(open_app(store, "team", team=view))
    for told in EMPTY[view]:
        assert told in shown
    assert not (store / "votes.sqlite3").exists()


@pytest.mark.parametrize("view", VIEWS)
def test_a_queue_without_votes(open_app: OpenApp, store: Path, desk: Desk, view: str) -> None:
    make_queue(desk, items(store))
    shown = words(open_app(store, "team", team=view))
    missing = {
        "Queues": "Nobody has answered here yet",
        "Audit": "The noise rate is not known yet",
    }
    assert missing.get(view, "Nobody has voted yet") in shown


@pytest.mark.parametrize("view", VIEWS)
def test_one_person_alone(open_app: OpenApp, store: Path, desk: Desk, view: str) -> None:
    fill(desk, store, ("ann",))
    shown = words(open_app(store, "team", team=view))
    told = {
        "Queues": "12 of 12 answers",
        "Settle": "Nothing waits for a ruling",
        "Agreement": "Not defined because no two people judged the same pair",
        "Audit": "of labels are reversed",
        "People": "nobody else judged a pair of theirs",
    }
    assert told[view] in shown


@pytest.mark.parametrize("view", VIEWS)
def test_three_people(open_app: OpenApp, store: Path, desk: Desk, view: str) -> None:
    fill(desk, store)
    shown = words(open_app(store, "team", team=view))
    told = {
        "Queues": ("36 of 36", "answered", "cy"),
        "Settle": ("without a ruling; over 4 of them people differ", "ann", "taste", "clearly"),
        "Agreement": ("Fleiss' κ", "People split", "People contradict the label"),
        "Audit": ("95 % interval", "halve the interval", "Naive rate", "Go on: "),
        "People": ("Who needs help", "Per hour", "36 answers on ", "silent gold"),
    }
    for word in told[view]:
        assert word in shown, word


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("number", range(len(PAYLOADS)))
def test_hostile_names_and_rationales_stay_text(
    open_app: OpenApp, tmp_path: Path, view: str, number: int
) -> None:
    payload = PAYLOADS[number].replace("\0", "")  # the log takes no such name
    make_store(tmp_path, demo_pairs(10), source=payload).close()
    made = open_desk(tmp_path)
    queue = make_queue(
        made, items(tmp_path, 6), name=payload, sentence=payload, kind=payload, overlap=2
    )
    answer(made, queue, payload, payload)
    answer(made, queue, "ann")
    made.decide(payload, items(tmp_path, 6)[0].pair_id, Ruling(tie="tie", note=payload))
    made.log.close()
    for part in ("To settle", "Settled", "What the rule does")[: 3 if view == "Settle" else 1]:
        app = open_app(tmp_path, "team", team=view, settle=part)
        assert not app.exception
        shown = [str(e.value) for kind in ("markdown", "caption", "html") for e in app.get(kind)]
        shown += [table.value.to_csv() for table in app.table]
        assert not ACTIVE.search("\n".join(shown))


def test_a_link_to_a_view_that_is_not_there_says_so(open_app: OpenApp, store: Path) -> None:
    assert "asks for the view “Nonsense”" in words(open_app(store, "team", team="Nonsense"))


# --- who may -------------------------------------------------------------------------------------


def test_an_annotator_is_refused(
    open_app: OpenApp, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    be(monkeypatch, Person("bo", "annotator"))
    monkeypatch.setattr(menu, "pages_of", lambda person: menu._PAGES)
    app = open_app(store, "team")
    assert "This page is for reviewers and admins" in words(app)
    assert not app.button_group


def test_a_reviewer_settles_and_changes_no_queue(
    open_app: OpenApp, store: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(desk, store)
    be(monkeypatch, Person("rev", "reviewer"))
    app = open_app(store, "team", team="Queues")
    assert "Only admins change queues" in words(app)
    assert not {"Close the queue", "Preview", "Ask them"} & set(labels(app))
    assert "1 wins" in labels(open_app(store, "team", team="Settle"))


def test_a_role_that_was_taken_away_meanwhile_changes_nothing(
    open_app: OpenApp, store: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = fill(desk, store)
    app = open_app(store, "team", team="Queues")
    be(monkeypatch, Person("local", "reviewer"))
    app = press(app, "Close the queue")
    assert "This needs the role admin" in app.error[0].value
    desk.refresh(0)
    assert not desk.state.queues[queue].closed


# --- queues --------------------------------------------------------------------------------------


def test_a_queue_is_closed_and_opened_again(open_app: OpenApp, store: Path, desk: Desk) -> None:
    fill(desk, store)
    app = press(open_app(store, "team"), "Close the queue")
    assert "closed" in words(app)
    app = press(app, "Open again")
    assert "answered" in words(app)
    assert "Close the queue" in labels(app)


def test_overlap_people_and_guideline_are_changed(
    open_app: OpenApp, store: Path, desk: Desk
) -> None:
    queue = fill(desk, store)
    app = open_app(store, "team")
    app.number_input(key=f"overlap_{queue}").set_value(4)
    shown = words(press(app, "Set"))
    assert "36 of 48" in shown
    app.multiselect(key=f"assign_{queue}").set_value(["local"])
    assert "Asked now: local" in words(press(app, "Ask them"))
    app.text_area(key=f"guideline_{queue}_").set_value("# What is better\n![x](http://192.0.2.1)")
    app = press(app, "Replace the guideline")
    desk.refresh(0)
    kept = desk.state.queues[queue]
    assert (kept.overlap, kept.people) == (4, ("local",))
    assert kept.guideline.startswith("# What is better")
    assert kept.guideline_hash[:8] in words(app)
    assert "![x]" not in said(app)


def test_a_new_queue_is_previewed_then_made(open_app: OpenApp, store: Path, desk: Desk) -> None:
    app = open_app(store, "team", where="row_id < 20", kind="random")
    app.text_input(key="new_name").set_value("Audit *one*")
    app.number_input(key="new_size").set_value(7)
    app.number_input(key="new_overlap").set_value(2)
    app = press(app, "Preview")
    shown = words(app)
    assert "the usual speed until 20 votes are timed" in shown
    assert "python -m core queue make '--where=row_id < 20'" in shown
    desk.refresh(0)
    assert not desk.state.queues
    app = press(app, "Make it")
    assert "The queue **Audit *one*** is open" in words(app)
    desk.refresh(0)
    (queue,) = desk.state.queues.values()
    assert (queue.name, queue.kind, queue.overlap, len(queue.real)) == (
        "Audit *one*",
        "random",
        2,
        7,
    )
    assert queue.made_by == "local"


def test_a_changed_filter_asks_for_another_preview(open_app: OpenApp, store: Path) -> None:
    app = open_app(store, "team", kind="random")
    app.text_input(key="new_name").set_value("Q")
    app = press(app, "Preview")
    app.text_input(key="where").set_value("row_id < 5").run()
    assert "The filter has changed since this preview" in words(app)
    assert next(b for b in app.button if b.label == "Make it").disabled


def test_a_name_that_is_taken_is_said(open_app: OpenApp, store: Path, desk: Desk) -> None:
    make_queue(desk, items(store), name="taken")
    app = open_app(store, "team", kind="random")
    app.text_input(key="new_name").set_value("taken")
    app = press(press(app, "Preview"), "Make it")
    assert "There is an open queue named" in app.error[0].value.replace("\\", "")


def test_answers_that_are_there_already_are_counted(
    open_app: OpenApp, store: Path, desk: Desk
) -> None:
    fill(desk, store)
    app = open_app(store, "team", kind="random")
    app.text_input(key="new_name").set_value("again")
    assert "of these answers are there already, from other queues" in words(press(app, "Preview"))


def test_flips_lead_to_a_queue(open_app: OpenApp, stored: Path) -> None:
    assert "Send to a queue" in labels(open_app(stored, "flips"))


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
    app.toggle(key=f"settle_label_{key}").set_value(True).run()
    assert "model-secret" in words(app)
    chosen = 1 if item.label_id == item.first_id else 2
    assert f"**{chosen}** is chosen" in words(app)


def _model_of(store: object, item: QueueItem) -> bool:
    found = store.query("browse_rows_of_pair", {"pair_id": item.pair_id})["row_id"][0].as_py()  # type: ignore[attr-defined]
    pair = store.query("browse_pair", {"row_id": found}).to_pylist()[0]  # type: ignore[attr-defined]
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


# --- people --------------------------------------------------------------------------------------


def test_gold_that_was_answered_otherwise_is_shown_to_the_lead(
    open_app: OpenApp, store: Path, desk: Desk
) -> None:
    asked, gold = items(store), items(store, 8, 12)
    queue = make_queue(desk, asked, gold, overlap=3, gold_share=0.9)
    for _ in range(12):
        shown = desk.showing("ann", queue, 1)[0]
        item = desk.state.queues[queue].items[shown.place]
        other = ({item.first_id, item.second_id} - {item.label_id}).pop()
        desk.vote("ann", shown.token, Answer(other, rationale="I *like* it", seconds=0.5), 1)
    assert any(vote.purpose == "gold" for vote in desk.state.votes.values())
    shown = words(open_app(store, "team", team="People"))
    assert "Said **rejected**; gold says **chosen**" in shown
    assert "I *like* it" in shown
    assert "Too fast to have read what was shown" in shown
    assert "Nobody is blocked by these" in shown
