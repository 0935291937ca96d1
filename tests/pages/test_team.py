"""Team: queues, agreement, the audit and people, on logs of every kind; who may do what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.relabel.desk import Desk
from core.schema.relabel import Answer, Person, Population, Ruling
from pages.components import menu
from tests.factories import demo_pairs, make_store
from tests.pages.conftest import OpenApp, said
from tests.pages.teamlog import (
    answer,
    be,
    fill,
    items,
    labels,
    press,
    small_desk,
    small_store,
    words,
)
from tests.pages.test_reading import ACTIVE
from tests.pages.test_texts import PAYLOADS
from tests.queues import make_queue, open_desk

VIEWS = ("Queues", "Settle", "Agreement", "Audit", "People")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return small_store(tmp_path)


@pytest.fixture
def desk(store: Path) -> Iterator[Desk]:
    made = small_desk(store)
    yield made
    made.log.close()


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
        "Settle": (
            "without a ruling; in 4 of them not all votes say the same",
            "ann",
            "taste",
            "clearly",
        ),
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


def test_a_link_chooses_a_queue_and_names_one_that_is_not_there(
    open_app: OpenApp, store: Path, desk: Desk
) -> None:
    first = make_queue(desk, items(store), name="same name", sentence="of the first")
    make_queue(desk, items(store), name="other name", sentence="of the second")
    assert "Of the first" in words(open_app(store, "team", queue=first))
    app = open_app(store, "team", queue="feed")
    assert "asks for the queue “feed”" in words(app)
    assert "Of the second" in words(app)
    assert "Of the first" in words(app.selectbox(key="queue_pick").select(first).run())


@pytest.mark.parametrize(
    ("gold", "told"),
    [
        (24, "On silent gold 100\xa0% of 24 answers are right, 86 to 100\xa0%."),
        (4, "Not corrected for mistakes of the people who judged: there are too few gold answers."),
    ],
)
def test_the_audit_says_how_often_people_are_right(
    open_app: OpenApp, store: Path, desk: Desk, gold: int, told: str
) -> None:
    asked = [replace(i, stratum="audit", probability=0.5) for i in items(store, 6)]
    queue = make_queue(
        desk,
        asked,
        gold=items(store, gold, 6),
        gold_share=1.0,
        population={asked[0].source: Population(12, 0)},
    )
    answer(desk, queue, "ann")
    shown = words(open_app(store, "team", team="Audit"))
    assert told in shown
    assert ("Corrected for mistakes of the people who judged: 0.0\xa0%" in shown) == (gold == 24)


def test_a_set_that_was_judged_whole_has_no_interval(
    open_app: OpenApp, store: Path, desk: Desk
) -> None:
    asked = items(store, 6)
    ranked = [replace(item, stratum="suspects", probability=1.0) for item in asked]
    queue = make_queue(desk, ranked, population={asked[0].source: Population(6, 6)})
    answer(desk, queue, "ann")
    shown = words(open_app(store, "team", team="Audit"))
    assert "0.0\xa0% of labels are reversed\n" in shown
    assert "All 6 pairs of the filter were judged" in shown
    assert "Stop: " in shown


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
