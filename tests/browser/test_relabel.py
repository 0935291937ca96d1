"""Relabel in a browser: what was on screen at the press is what the log holds, once."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from core.relabel.desk import Desk
from core.schema.relabel import CastVote
from core.store.instance import Store
from tests.browser.conftest import Server, serving, settled
from tests.browser.test_accessible import faults
from tests.factories import make_pair, make_store
from tests.queues import items_of, make_queue, open_desk

pytestmark = pytest.mark.browser

PAIRS = 700
TIES = {"t": "tie", "x": "both_bad", "j": "cannot_judge"}
KEYS = ("a", "b", *TIES)
WATCH = """() => {
  window.pressed = [];
  addEventListener("keydown", (event) => {
    const text = (side) => document.querySelector(`.as-${side} .as-text`)?.textContent ?? "";
    window.pressed.push({ key: event.key, a: text("first"), b: text("second") });
  }, true);
}"""


@dataclass
class Office:
    """A served store, its log, and the texts of its answers."""

    server: Server
    desk: Desk
    store: Store
    texts: dict[int, str]
    used: int = 0

    def queue(self, pairs: int, **over: object) -> str:
        """Return a new queue of pairs that no other test has."""
        items = items_of(self.store, pairs, self.used)
        self.used += pairs
        return make_queue(self.desk, items, name=f"queue {self.used}", **over)

    def votes(self, queue: str) -> list[CastVote]:
        """Return the votes of a queue that stand, in their order."""
        self.desk.refresh(0)
        return self.desk.ask(lambda s: [v for v in s.votes.values() if v.queue == queue])

    def said(self, vote: CastVote) -> str:
        """Return the text that won, or the tie."""
        answer = vote.answer
        return answer.tie or self.texts[answer.winner_id or 0]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("relabel")
    store = make_store(folder / "store", [make_pair(i) for i in range(PAIRS)])
    rows = store.con.cursor().execute("SELECT response_id, text FROM data.responses").fetchall()
    desk = open_desk(folder / "store")
    with serving(folder) as server:
        yield Office(server, desk, store, dict(rows))
    store.close()


@pytest.fixture
def tab(browser: Browser, office: Office) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
    assert "Traceback" not in office.server.log.read_text("utf-8")


def enter(tab: Page, office: Office, queue: str) -> None:
    """Open a queue and start."""
    tab.goto(f"{office.server.url}/relabel?queue={queue}")
    start = tab.get_by_role("button", name="Start")
    vote = tab.get_by_role("button", name="A is better")
    expect(start.or_(vote).first).to_be_visible(timeout=30_000)
    settled(tab)
    if start.count():
        tab.keyboard.press("Enter")
    expect(vote).to_be_visible()
    settled(tab)
    tab.evaluate(WATCH)


def shown(tab: Page) -> tuple[str, str]:
    """Return what stands as A and as B."""
    first, second = tab.locator(".as-first .as-text"), tab.locator(".as-second .as-text")
    return first.inner_text(), second.inner_text()


def press(tab: Page, key: str) -> None:
    """Press a key and wait until another pair is on screen."""
    before = shown(tab)
    tab.keyboard.press(key)
    tab.wait_for_function(
        "([a, b]) => { const t = (s) => document.querySelector(`.as-${s} .as-text`)?.textContent;"
        " return t('first') !== a || t('second') !== b; }",
        arg=list(before),
    )
    settled(tab)


def test_the_winner_on_screen_is_the_winner_in_the_log(tab: Page, office: Office) -> None:
    """Every key, with the labelled answer on either side."""
    queue = office.queue(100)
    enter(tab, office, queue)
    expected, met = [], set()
    for key in KEYS:
        for _ in range(20):
            a, b = shown(tab)
            press(tab, key)
            expected.append({"a": a, "b": b}.get(key) or TIES[key])
            met.add((key, a.startswith("a good")))
            if {(key, True), (key, False)} <= met:
                break
    assert len(met) == 2 * len(KEYS)
    assert [office.said(vote) for vote in office.votes(queue)] == expected


def test_twenty_pairs_by_keyboard_with_a_comment(tab: Page, office: Office) -> None:
    """Letters that are typed into the comment are no votes; strength and text come along."""
    queue = office.queue(25)
    enter(tab, office, queue)
    tab.keyboard.press("n")
    box = tab.get_by_role("textbox", name="In your words")
    expect(box).to_be_visible()
    settled(tab)
    for number in range(20):
        for _ in range(60):
            tab.keyboard.press("Tab")
            if box.evaluate("node => node === document.activeElement"):
                break
        expect(box).to_be_focused()
        tab.keyboard.type(f"abtxjsu 123 {number}")
        assert len(office.votes(queue)) == number
        tab.keyboard.press("Escape")
        tab.keyboard.press("2")
        settled(tab)
        press(tab, "ab"[number % 2])
    votes = office.votes(queue)
    assert [vote.answer.rationale for vote in votes] == [f"abtxjsu 123 {i}" for i in range(20)]
    assert {vote.answer.strength for vote in votes} == {2}


@pytest.mark.parametrize("seed", range(2))
def test_fast_presses_never_vote_on_a_pair_that_was_not_on_screen(
    tab: Page, office: Office, seed: int
) -> None:
    draw = random.Random(seed)
    queue = office.queue(110)
    enter(tab, office, queue)
    for _ in range(100):
        tab.keyboard.press(draw.choice("ab"))
        tab.wait_for_timeout(draw.uniform(30, 160))
    settled(tab)
    votes = office.votes(queue)
    pressed = defaultdict(set)
    for found in tab.evaluate("window.pressed"):
        pressed[found["a"], found["b"]].add(found[found["key"]])
    sides = [(office.texts[v.left_id or 0], office.texts[v.right_id or 0]) for v in votes]
    # Each vote says what a press said while its two texts were on screen.
    assert [
        v for v, side in zip(votes, sides, strict=True) if office.said(v) not in pressed[side]
    ] == []
    assert len(set(sides)) == len(votes) >= 10


@pytest.mark.parametrize("key", ["a", "Enter"])
def test_a_held_key_counts_once(tab: Page, office: Office, key: str) -> None:
    """A letter, or Enter on a button that has the focus."""
    queue = office.queue(30)
    enter(tab, office, queue)
    if key == "Enter":
        tab.get_by_role("button", name="A is better").focus()
    for _ in range(40):
        tab.keyboard.down(key)  # every one after the first is a repetition
        tab.wait_for_timeout(33)
    tab.keyboard.up(key)
    settled(tab)
    assert len(office.votes(queue)) == 1
    press(tab, "b")
    assert len(office.votes(queue)) == 2


def test_a_double_click_counts_once(tab: Page, office: Office) -> None:
    queue = office.queue(10)
    enter(tab, office, queue)
    tab.get_by_role("button", name="A is better").dblclick()
    expect(tab.locator(".st-key-relabel_said")).to_contain_text("Saved ")
    settled(tab)
    assert len(office.votes(queue)) == 1


def test_undo_opens_the_last_pair_and_then_the_one_before(tab: Page, office: Office) -> None:
    queue = office.queue(10)
    enter(tab, office, queue)
    pairs = []
    for key in "abt":
        pairs.append(shown(tab))
        press(tab, key)
    for before in reversed(pairs):
        press(tab, "u")
        assert shown(tab) == before
    assert office.votes(queue) == []
    press(tab, "b")
    assert [office.said(vote) for vote in office.votes(queue)] == [pairs[0][1]]


def test_a_reload_shows_the_same_pair_and_keeps_what_was_saved(tab: Page, office: Office) -> None:
    queue = office.queue(10)
    enter(tab, office, queue)
    press(tab, "a")
    before = shown(tab)
    tab.reload()
    expect(tab.get_by_role("button", name="A is better")).to_be_visible(timeout=30_000)
    settled(tab)
    assert shown(tab) == before
    assert len(office.votes(queue)) == 1


def test_the_way_back_leads_to_the_same_pair(tab: Page, office: Office) -> None:
    queue = office.queue(10)
    enter(tab, office, queue)
    press(tab, "a")
    before = shown(tab)
    tab.get_by_role("link", name="Methods").click()
    expect(tab.get_by_role("heading", name="Methods")).to_be_visible()
    settled(tab)
    tab.go_back()
    expect(tab.get_by_role("button", name="A is better")).to_be_visible(timeout=20_000)
    settled(tab)
    assert shown(tab) == before


def test_two_tabs_give_one_answer_to_a_pair(tab: Page, office: Office, browser: Browser) -> None:
    queue = office.queue(10)
    enter(tab, office, queue)
    other = tab.context.new_page()
    enter(other, office, queue)
    assert shown(tab) == shown(other)
    a, _ = shown(tab)
    press(tab, "a")
    press(other, "b")
    expect(other.locator(".st-key-relabel_said")).to_contain_text("that answer stands")
    assert [office.said(vote) for vote in office.votes(queue)] == [a]
    assert shown(tab) == shown(other)


def test_an_answer_that_finds_no_server_is_not_called_saved(tab: Page, office: Office) -> None:
    """The connection is lost in mid-vote: nothing says saved; on a new one the pair still waits."""
    lost = [False]

    def pass_on(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: None if lost[0] else server.send(message))

    tab.route_web_socket("**/_stcore/stream", pass_on)
    queue = office.queue(10)
    enter(tab, office, queue)
    before = shown(tab)
    lost[0] = True
    tab.keyboard.press("a")
    tab.wait_for_timeout(700)
    assert tab.get_by_text("Saved ").count() == 0
    other = tab.context.new_page()
    enter(other, office, queue)
    assert shown(other) == before
    assert office.votes(queue) == []
    press(other, "a")
    assert len(office.votes(queue)) == 1


def test_a_queue_that_closes_takes_the_open_answer_and_says_so(tab: Page, office: Office) -> None:
    queue = office.queue(10)
    enter(tab, office, queue)
    office.desk.close(queue, "lead")
    tab.keyboard.press("a")
    expect(tab.get_by_text("is closed")).to_be_visible()
    expect(tab.locator(".st-key-relabel_said")).to_contain_text("Saved ")
    assert len(office.votes(queue)) == 1


def test_the_end_leads_to_another_queue(tab: Page, office: Office) -> None:
    queue, other = office.queue(1), office.queue(5)
    enter(tab, office, queue)
    tab.keyboard.press("a")
    expect(tab.get_by_text("Nothing is left for you here")).to_be_visible()
    settled(tab)
    tab.locator(f".st-key-relabel_open_{other} button").click()
    expect(tab.get_by_role("button", name="Start")).to_be_visible()
    settled(tab)
    assert f"queue={other}" in tab.url


def test_another_guideline_comes_with_the_next_press(tab: Page, office: Office) -> None:
    queue = office.queue(5, guideline="old words")
    enter(tab, office, queue)
    tab.keyboard.press("g")
    expect(tab.get_by_text("old words")).to_be_visible()
    settled(tab)
    office.desk.set_guideline(queue, "new words", "lead")
    press(tab, "a")
    expect(tab.get_by_text("new words")).to_be_visible()
    expect(tab.locator(".st-key-relabel_said")).to_contain_text("The guideline was changed")
    assert len(office.votes(queue)) == 1


def test_a_person_who_is_taken_off_the_list_is_told(tab: Page, office: Office) -> None:
    queue = office.queue(5)
    enter(tab, office, queue)
    listed = office.store.root / "assay.toml"
    listed.write_text('[people]\nann = "admin"\n')
    try:
        tab.keyboard.press("a")
        expect(tab.get_by_text("You need a link to come in")).to_be_visible()
        assert office.votes(queue) == []
    finally:
        listed.unlink()


def test_what_is_said_is_read_out_and_the_focus_goes_on(tab: Page, office: Office) -> None:
    queue = office.queue(10)
    enter(tab, office, queue)
    tab.get_by_role("button", name="B is better").focus()
    press(tab, "Enter")
    expect(tab.locator("output[aria-live=polite]")).to_contain_text("Saved")
    focused = "() => document.activeElement.innerText"
    assert tab.evaluate(focused).startswith("B is better")
    press(tab, "Enter")
    assert len(office.votes(queue)) == 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_state_is_accessible(
    browser: Browser, office: Office, theme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=theme)
    tab = context.new_page()
    queue = office.queue(
        2, practice=items_of(office.store, 1, office.used), guideline="# How\n- so"
    )
    office.used += 1
    tab.goto(f"{office.server.url}/relabel?queue={queue}")
    expect(tab.get_by_role("button", name="Start")).to_be_visible(timeout=30_000)
    settled(tab)
    assert faults(tab) == []
    for key, seen in (
        ("Enter", "A is better"),
        ("a", "Next"),
        ("Enter", "A is better"),
        ("n", "In your words"),
        ("g", "Hide guideline"),
        ("2", "Hide guideline"),
        ("a", ""),
        ("b", "Look again"),
    ):
        if not seen:
            press(tab, key)
            continue
        tab.keyboard.press(key)
        expect(
            tab.get_by_label(seen).or_(tab.get_by_role("button", name=seen)).first
        ).to_be_visible()
        settled(tab)
        tab.mouse.move(0, 0)
        assert faults(tab) == []
    tab.get_by_text("My answers").click()
    tab.mouse.move(0, 0)
    expect(tab.get_by_text("You chose:").first).to_be_visible()
    settled(tab)
    assert faults(tab) == []
    context.close()


def test_texts_under_a_warning_are_not_sent(tab: Page, office: Office) -> None:
    queue = office.queue(10, warn=("made",), warning="Insults.")
    tab.goto(f"{office.server.url}/relabel?queue={queue}")
    tab.get_by_role("button", name="Start").click()
    expect(tab.get_by_role("button", name="Show the texts")).to_be_visible()
    settled(tab)
    assert "question" not in tab.content()
    tab.keyboard.press("a")
    settled(tab)
    assert office.votes(queue) == []
    tab.keyboard.press("v")
    expect(tab.get_by_role("button", name="A is better")).to_be_visible()
    settled(tab)
    tab.keyboard.press("a")
    expect(tab.get_by_role("button", name="Show the texts")).to_be_visible()
    assert len(office.votes(queue)) == 1
