"""`queue` on the command line: make, list, assign, overlap, guideline, close, reopen."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.relabel.desk import Desk
from core.relabel.log import open_log
from core.schema.relabel import Answer
from core.settings import Settings
from tests.conftest import Said
from tests.desks import answer_next
from tests.factories import demo_pairs, make_store

Assay = Callable[..., Said]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("queue") / "store"
    make_store(root, demo_pairs(120)).close()
    return root


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "store"))


def address(store: Path) -> str:
    return f"sqlite:///{store / 'votes.sqlite3'}"


def test_make_puts_the_queue_into_the_log_and_says_what_it_holds(assay: Assay, store: Path) -> None:
    said = assay("queue", "make", "First", "--size", 20, "--overlap", 2, "--json", store=store)
    assert said.code == 0, said.err
    assert (said.data["ranked"], said.data["pairs"], said.data["ties"]) == (20, 120, 1)
    assert said.data["overlap"] == 2
    log = open_log(address(store), Settings(store=store).log_head)
    desk = Desk(log)
    desk.refresh(0)
    queue = desk.state.queues[said.data["queue"]]
    assert (queue.name, len(queue.items), queue.made_by) == (
        "First", said.data["items"], "command line",
    )  # fmt: skip
    assert log.check() == []
    log.close()


def test_a_dry_run_makes_nothing_not_even_a_log(assay: Assay, store: Path) -> None:
    said = assay("queue", "make", "Try", "--dry-run", "--where", "split = 'train'", store=store)
    assert said.code == 0
    assert "120 pairs (split is train)" in said.out
    assert "Nothing was made." in said.out
    assert not (store / "votes.sqlite3").exists()


def test_a_queue_is_listed_with_how_far_it_is(assay: Assay, store: Path) -> None:
    assert "There is no queue" in assay("queue", "list", store=store).out
    made = assay("queue", "make", "Hard ones", "--size", 10, "--practice", 0, "--json", store=store)
    desk = Desk(open_log(address(store)))
    desk.refresh(0)
    (shown, *_) = (
        item for item in desk.showing("local", made.data["queue"], 3) if item.purpose == "real"
    )
    desk.vote("local", shown.token, Answer(winner_id=shown.left_id))
    desk.log.close()
    (row,) = assay("queue", "list", "--json", store=store).data["queues"]
    assert (row["name"], row["answers"], row["wanted"]) == ("Hard ones", 1, row["asked"])
    assert (row["closed"], row["people"]) == (False, None)


def test_people_overlap_guideline_and_end(assay: Assay, store: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.md").write_text("# Rules\n", "utf-8")
    assay("people", "add", "ann", "--role", "admin", store=store)
    assay("people", "add", "bo", store=store)
    assay("queue", "make", "Q", "--assign", "ann", "bo", "--guideline", tmp_path / "rules.md",
          "--size", 5, store=store)  # fmt: skip
    (row,) = assay("queue", "list", "--json", store=store).data["queues"]
    assert row["people"] == ["ann", "bo"]
    assert assay("queue", "assign", "Q", "bo", "--json", store=store).data["people"] == ["bo"]
    assert assay("queue", "assign", "Q", "everyone", "--json", store=store).data["people"] is None
    assert assay("queue", "overlap", "Q", 3, "--json", store=store).data["overlap"] == 3
    (tmp_path / "rules.md").write_text("# Other rules\n", "utf-8")
    changed = assay("queue", "guideline", "Q", tmp_path / "rules.md", "--json", store=store)
    assert changed.data["guideline"] not in (None, row["guideline"])
    assert assay("queue", "close", row["queue"], "--json", store=store).data["closed"] is True
    assert "; closed" in assay("queue", "list", store=store).out


def test_an_open_queue_is_found_before_closed_ones_of_its_name(assay: Assay, store: Path) -> None:
    for closing in (True, True, False):
        assay("queue", "make", "Same", "--kind", "random", "--size", 3, store=store)
        if closing:
            assay("queue", "close", "Same", store=store)
    rows = assay("queue", "list", "--json", store=store).data["queues"]
    assert [row["closed"] for row in rows] == [True, True, False]
    again = assay("queue", "overlap", "Same", 2, "--json", store=store)
    assert again.data["queue"] == rows[2]["queue"]
    assay("queue", "close", "Same", store=store)
    said = assay("queue", "close", "Same", store=store)
    assert said.code == 1
    assert f"Take an id: {rows[0]['queue']}" in said.err


def test_a_closed_queue_is_opened_again_and_changes_no_sooner(assay: Assay, store: Path) -> None:
    assay("queue", "make", "Q", "--kind", "random", "--size", 3, store=store)
    assay("queue", "close", "Q", store=store)
    for verb, given in (("overlap", "2"), ("assign", "everyone"), ("guideline", __file__)):
        said = assay("queue", verb, "Q", given, store=store)
        assert (said.code, "is closed: nothing about it changes" in said.err) == (1, True), said.err
    said = assay("queue", "reopen", "Q", store=store)
    assert (said.code, "asked: everyone" in said.out) == (0, True)
    assay("queue", "close", "Q", store=store)
    assay("queue", "make", " q", "--kind", "random", "--size", 3, store=store)
    said = assay("queue", "reopen", "Q", store=store)
    assert (said.code, "open queue named 'q', which reads like 'Q'" in said.err) == (1, True)


def test_more_answers_than_people_is_said(assay: Assay, store: Path) -> None:
    for name, role in (("ann", "admin"), ("bo", "annotator"), ("cy", "annotator")):
        assay("people", "add", name, "--role", role, store=store)
    made = ("queue", "make", "Q", "--kind", "random", "--size", 3, "--overlap", 99)
    said = "Only 3 people are asked, so no pair can get 99 answers."
    assert said in assay(*made, "--dry-run", store=store).out
    assert said in str(assay(*made, "--json", store=store).data["note"])
    assert assay("queue", "overlap", "Q", 3, "--json", store=store).data["note"] is None
    assert "Only 1 person is asked" in assay("queue", "assign", "Q", "bo", store=store).out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("make",), 2, "required: NAME"),
        ((), 2, "required: action"),
        (("make", "q", "--kind", "best"), 2, "no kind of queue named 'best'"),
        (("make", "q", "--audit", "0.5"), 2, "audit share cannot be 0.5"),
        (("make", "q", "--source", "mad"), 2, "Did you mean 'made'?"),
        (("make", "q", "--warn", "mad"), 2, "no source named 'mad'"),
        (("make", "q", "--assign", "bob"), 2, "no person named 'bob'"),
        (("make", "q", "--guideline", "gone.md"), 2, "gone.md cannot be read"),
        (("make", "q", "--preset", "best"), 2, "no preset named 'best'"),
        (("make", "q", "--where", "suspicion > 2"), 1, "nothing to ask about"),
        (("make", "q", "--kind", "style-won", "--log", "mysql://x"), 2, "neither SQLite's nor"),
        (("close", "q"), 2, "no queue named 'q'"),
        (("make", "q", "--kind", "random", "--where", "verdict = 'no'"), 2, "no verdict named"),
        (("reopen", "q"), 2, "no queue named 'q'"),
        (("overlap", "q", "many"), 2, "invalid int"),
        (("overlap", "q", "0"), 2, "It is 1 or more"),
        (("make", "q", "--assign", "everyone", "bob"), 2, "everyone stands alone"),
        (("list", "--size", "3"), 2, "Unrecognized arguments"),
    ],
)
def test_mistakes_are_sentences(
    assay: Assay,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(store.parent)
    said = assay("queue", *arguments, store=store)
    assert (said.code, says in said.err) == (code, True), said.err


def test_a_second_open_queue_of_one_name_is_refused(assay: Assay, store: Path) -> None:
    assay("queue", "make", "Twice", "--size", 3, store=store)
    for more in ((), ("--dry-run",)):
        said = assay("queue", "make", "Twice", "--size", 4, *more, store=store)
        assert (said.code, "open queue named 'Twice'" in said.err) == (1, True)


def test_answers_that_are_there_already_are_said(assay: Assay, store: Path) -> None:
    made = ("--kind", "random", "--size", 5, "--gold", 0, "--practice", 0, "--seed", 1)
    first = assay("queue", "make", "One", *made, "--json", store=store)
    assert (first.data["answered"], "there already" in first.out) == (0, False)
    desk = Desk(open_log(address(store)))
    desk.refresh(0)
    answer_next(desk, "ann", str(first.data["queue"]))
    pairs = ("--where", "votes_cast > 0")
    again = assay("queue", "make", "Two", *made, *pairs, "--dry-run", store=store)
    assert "1 of 1 answers are there already, from other queues." in again.out


def test_a_filter_may_ask_about_votes(assay: Assay, store: Path) -> None:
    made = assay("queue", "make", "One", "--kind", "random", "--size", 5, "--gold", 0,
                 "--practice", 0, "--json", store=store)  # fmt: skip
    desk = Desk(open_log(address(store)))
    desk.refresh(0)
    for _ in range(2):
        shown = desk.showing("local", made.data["queue"])[0]
        desk.vote("local", shown.token, Answer(winner_id=shown.left_id))
    desk.log.close()
    asked = ("--kind", "random", "--where", "votes_cast > 0", "--dry-run", "--json")
    assert assay("queue", "make", "Two", *asked, store=store).data["pairs"] == 2
    said = assay("export", "--dry-run", "--where", "votes_cast > 0", "--json", store=store)
    assert 2 <= said.data["pairs_in"] <= 4


def test_without_a_store_there_is_a_hint(assay: Assay, tmp_path: Path) -> None:
    said = assay("queue", "list", store=tmp_path / "nowhere")
    assert (said.code, "Import something first" in said.err) == (1, True)
