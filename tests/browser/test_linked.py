"""Linked panels: a drag, keys and a click narrow all of them, the URL says it, one click undoes."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server, settled, visit

pytestmark = pytest.mark.browser

ALPHA, BETA = "explicit_margin_alpha", "explicit_margin_beta"
LINKED = f"margins?view=linked&x={ALPHA}&y={BETA}"


def link(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def figure(page: Page, chart: str) -> Locator:
    return page.locator(f".st-key-{chart} [role=figure]")


def drag(page: Page, chart: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag a box from one share of the plot's width and height to another."""
    plot = page.locator(f".st-key-{chart} .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in (start, end)]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=5)
    page.mouse.up()


def words(page: Page, chart: str) -> str:
    return figure(page, chart).get_attribute("aria-label") or ""


def test_a_drag_narrows_every_panel_and_one_click_undoes_it(page: Page, server: Server) -> None:
    visit(page, server, LINKED)
    charts = ("linked_x", "linked_y", "linked_bars", "linked_grid")
    for chart in charts:
        expect(figure(page, chart)).to_be_visible()
    before = {chart: words(page, chart) for chart in charts}
    drag(page, "linked_x", (0.5, 0.3), (0.9, 0.6))
    expect(page.get_by_text("Filled: the")).to_be_visible()
    where = link(page)["where"][0]
    assert [where.count(name) for name in (ALPHA, BETA)] == [2, 0]
    settled(page)
    after = {chart: words(page, chart) for chart in charts}
    assert all(before[chart] != after[chart] for chart in charts)
    shared = page.url
    page.goto(shared)
    settled(page)
    expect(page.get_by_text("Filled: the")).to_be_visible()
    assert {chart: words(page, chart) for chart in charts} == after
    drag(page, "linked_y", (0.4, 0.3), (0.9, 0.6))
    expect(page.get_by_text(f"{BETA} ≤").first).to_be_visible()
    page.get_by_role("button", name="Undo the last brush").click()
    expect(page.get_by_text(f"{BETA} ≤")).to_have_count(0)
    assert link(page)["where"] == [where]


def test_a_box_in_the_grid_and_bars_dragged_over_narrow(page: Page, server: Server) -> None:
    visit(page, server, LINKED)
    drag(page, "linked_grid", (0.3, 0.2), (0.8, 0.8))
    expect(page.get_by_text(f"{BETA} ≤").first).to_be_visible()
    where = link(page)["where"][0]
    assert [where.count(name) for name in (ALPHA, BETA)] == [2, 2]
    drag(page, "linked_bars", (0.1, 0.05), (0.4, 0.3))
    expect(page.get_by_text("source is made").first).to_be_visible()
    assert link(page)["source"] == ["made"]
    undo = page.get_by_role("button", name="Undo the last brush")
    undo.click()
    expect(page.get_by_text("source is made")).to_have_count(0)
    undo.click()
    expect(undo).to_be_disabled()
    assert link(page).keys() & {"where", "source"} == set()


def test_keys_alone_set_a_range_and_pick_a_kind(page: Page, server: Server) -> None:
    visit(page, server, LINKED)
    low = page.locator(".st-key-linked_x_range").get_by_role("slider").first
    low.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Filled: the")).to_be_visible()
    settled(page)
    assert link(page)["where"][0].startswith(f"{ALPHA} >= ")
    page.locator(".st-key-linked_kind").get_by_role("button", name="plain").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("source is plain").first).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Undo the last brush").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("source is plain")).to_have_count(0)
    assert link(page)["where"][0].startswith(f"{ALPHA} >= ")


def test_every_panel_has_its_numbers_as_a_table(page: Page, server: Server) -> None:
    visit(page, server, LINKED)
    for chart in ("linked_x", "linked_y", "linked_bars", "linked_grid"):
        opened = page.locator(f".st-key-{chart}_table")
        opened.get_by_text("As a table").click()
        expect(opened.get_by_test_id("stDataFrame")).to_be_visible(timeout=20_000)
