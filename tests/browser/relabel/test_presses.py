"""Relabel in a browser: what was on screen at the press is what the log holds, once."""

from __future__ import annotations

import random
import time
from collections import defaultdict

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settled
from tests.browser.relabel.conftest import KEYS, TIES, Office, enter, press, shown

pytestmark = pytest.mark.browser


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
    ends, presses = time.monotonic() + 120, 0
    # Where the machine is busy fewer of the presses meet a page that takes them.
    while presses < 100 or (len(office.votes(queue)) < 10 and time.monotonic() < ends):
        tab.keyboard.press(draw.choice("ab"))
        tab.wait_for_timeout(draw.uniform(30, 160))
        presses += 1
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
    expect(tab.locator(".st-key-relabel_said")).to_contain_text("Saved ")
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
