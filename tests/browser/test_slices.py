"""Slices in a browser: a click makes a slice the filter and the link, another takes it back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, link, visit

pytestmark = pytest.mark.browser


def test_a_slice_becomes_the_link_and_is_taken_back(page: Page, server: Server) -> None:
    visit(page, server, "slices?slice=suspicion&measure=the+longer+answer+wins")
    page.locator(".st-key-slices .js-plotly-plot").wait_for()
    # By the keyboard alone: the buttons are what a chart cannot be.
    page.get_by_role("button", name="highest quarter").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("of 189 pairs: suspicion ≥")).to_be_visible()
    found = link(page, "where", "measure")
    assert found["where"][0].startswith("suspicion >=")
    assert found["measure"] == ["the longer answer wins"]
    expect(page.get_by_text("slices?where=suspicion")).to_be_visible()
    page.get_by_role("button", name="Undo the last brush").click()
    expect(page.get_by_text("All 189 pairs")).to_be_visible()
