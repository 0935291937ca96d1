"""Reading on Relabel: each pair begins at its top, keys scroll, what was taken back is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serving
from tests.browser.relabel.conftest import Office, enter, press
from tests.factories import make_pair, make_store
from tests.queues import open_desk

pytestmark = pytest.mark.browser

LONG = "A line of a long answer that goes on and on.\n" * 120
AT_THE_END = """() => {
  const main = document.querySelector("[data-testid=stMain]");
  return main.scrollTop > 500 && main.scrollTop + main.clientHeight > main.scrollHeight - 4;
}"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("reading")
    rows = [
        make_pair(i, chosen_text=f"{i} good {LONG}", rejected_text=f"{i} bad {LONG}")
        for i in range(40)
    ]
    store = make_store(folder / "store", rows)
    desk = open_desk(folder / "store")
    with serving(folder) as server:
        yield Office(server, desk, store, {})
    store.close()


def scroll_down(tab: Page) -> None:
    """Scroll by keys alone."""
    tab.keyboard.press("End")
    tab.wait_for_function(AT_THE_END)


def wait_for_top(tab: Page) -> None:
    tab.wait_for_function(
        "() => { const at = document.querySelector('.as-box').getBoundingClientRect().top;"
        " return at > 0 && at < 300; }"
    )


def test_each_pair_begins_at_its_top_and_keys_scroll_without_a_click(
    tab: Page, office: Office
) -> None:
    enter(tab, office, office.queue(6))
    for key in "ab":
        scroll_down(tab)
        press(tab, key)
        wait_for_top(tab)
    scroll_down(tab)
    tab.keyboard.press("u")
    expect(tab.locator(".st-key-relabel_said")).to_contain_text("taken back")
    wait_for_top(tab)


def test_what_became_of_a_press_is_in_sight_wherever_one_reads(tab: Page, office: Office) -> None:
    enter(tab, office, office.queue(4))
    press(tab, "a")
    scroll_down(tab)
    said = tab.locator(".st-key-relabel_said")
    expect(said).to_contain_text("Saved ")
    expect(said).to_be_in_viewport()


def test_what_was_taken_back_is_still_in_the_fields(tab: Page, office: Office) -> None:
    queue = office.queue(4)
    enter(tab, office, queue)
    tab.keyboard.press("n")
    box = tab.get_by_role("textbox", name="In your words")
    box.fill("since it is shorter")
    box.press("Escape")
    tab.keyboard.press("3")
    expect(tab.get_by_role("button", name="by far")).to_have_attribute("kind", "primary")
    press(tab, "a")
    tab.keyboard.press("u")
    expect(box).to_have_value("since it is shorter")
    press(tab, "b")
    (vote,) = office.votes(queue)
    assert (vote.answer.rationale, vote.answer.strength) == ("since it is shorter", 3)
