"""Relabel in a browser: reloads, other tabs, a lost server, what others change, and the looks."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.browser.conftest import link, settled
from tests.browser.relabel.conftest import Office, enter, press, shown
from tests.browser.test_accessible import faults
from tests.queues import items_of

pytestmark = pytest.mark.browser


def test_a_reload_shows_the_same_pair_and_keeps_what_was_saved(tab: Page, office: Office) -> None:
    queue = office.queue(10)
    enter(tab, office, queue)
    press(tab, "a")
    before = shown(tab)
    tab.reload()
    expect(tab.get_by_role("button", name="A is better")).to_be_visible()
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
    expect(tab.get_by_role("button", name="A is better")).to_be_visible()
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
    assert link(tab, queue=other)["queue"] == [other]


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
    expect(tab.get_by_role("button", name="B is better")).to_be_focused()
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
    expect(tab.get_by_role("button", name="Start")).to_be_visible()
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
