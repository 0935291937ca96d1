"""Relabel served to a browser: queues of its own for each test, and presses on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from core.relabel.desk import Desk
from core.schema.relabel import CastVote
from core.store.instance import Store
from tests.browser.conftest import Server, serving, settled
from tests.factories import make_pair, make_store
from tests.queues import items_of, make_queue, open_desk

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
    before = office.server.written
    yield context.new_page()
    context.close()
    assert "Traceback" not in office.server.said(since=before)


def enter(tab: Page, office: Office, queue: str) -> None:
    """Open a queue and start."""
    tab.goto(f"{office.server.url}/relabel?queue={queue}")
    start = tab.get_by_role("button", name="Start")
    vote = tab.get_by_role("button", name="A is better")
    expect(start.or_(vote).first).to_be_visible()
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
