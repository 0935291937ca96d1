"""Team's settling in a browser: the next pair is read from its beginning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.schema.relabel import Answer
from tests.browser.conftest import serving, settled
from tests.factories import make_pair, make_store
from tests.queues import items_of, make_queue, open_desk

pytestmark = pytest.mark.browser
AT = "document.querySelector('[data-testid=stMain]').scrollTop"
BEGINS = """() => {
  const box = document.querySelector('.as-box')?.getBoundingClientRect();
  return box && 0 < box.top && box.top < innerHeight;
}"""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Serve three long pairs over which two people differ."""
    rows = [make_pair(i, chosen_text=f"word {i} " * 900) for i in range(3)]
    store = make_store(tmp_path / "store", rows)
    desk = open_desk(tmp_path / "store")
    queue = make_queue(desk, items_of(store, 3), overlap=2)
    for person, first in (("ann", True), ("bo", False)):
        while shown := desk.showing(person, queue, 1):
            low, high = sorted((shown[0].left_id, shown[0].right_id))
            desk.vote(person, shown[0].token, Answer(low if first else high), 1)
    desk.log.close()
    store.close()
    with serving(tmp_path) as server:
        yield server.url


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 600})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("way", ["key", "click"])
def test_the_next_pair_starts_at_its_top(tab: Page, url: str, way: str) -> None:
    tab.goto(f"{url}/team?team=Settle")
    tie = tab.get_by_role("button", name="Tie")
    expect(tie).to_be_visible()
    settled(tab)
    tab.wait_for_function(f"() => {AT} === 0")
    for left in (2, 1):
        tab.evaluate(f"() => {{ {AT} = 600; }}")  # the bar with the answers is always in view
        tab.wait_for_function(f"() => {AT} > 200")
        if way == "key":
            tab.keyboard.press("t")
        else:
            tie.click()
        expect(tab.get_by_text(f"of {left} pair")).to_be_visible()
        settled(tab)
        tab.wait_for_function(BEGINS)
