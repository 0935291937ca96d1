"""Linked panels: a drag, a click and keys narrow all of them, the URL says it, one click undoes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server, link, settled, visit

pytestmark = pytest.mark.browser

ALPHA, BETA = "explicit_margin_alpha", "explicit_margin_beta"
KEPT = {"where", "source", "split"}
LINKED = f"margins?view=linked&x={ALPHA}&y={BETA}"


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


def click(page: Page, chart: str, across: float, down: float) -> None:
    """Click at a share of the plot's width and height, once the mark there is pointed at."""
    plot = page.locator(f".st-key-{chart} .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * across, box["y"] + box["height"] * down
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    expect(page.locator(f".st-key-{chart} .hoverlayer .hovertext").first).to_be_visible()
    page.mouse.click(x, y)


def undone(page: Page) -> None:
    """Take the last brush back; it was the only one."""
    undo = page.get_by_role("button", name="Undo the last brush")
    undo.click()
    expect(undo).to_be_disabled()
    settled(page)
    assert link(page, where=None, source=None, split=None).keys() & KEPT == set()


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
    where = link(page, "where")["where"][0]
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
    assert link(page, where=where)["where"] == [where]


def test_a_box_in_the_grid_and_bars_dragged_over_narrow(page: Page, server: Server) -> None:
    visit(page, server, LINKED)
    drag(page, "linked_grid", (0.3, 0.2), (0.8, 0.8))
    expect(page.get_by_text(f"{BETA} ≤").first).to_be_visible()
    where = link(page, "where")["where"][0]
    assert [where.count(name) for name in (ALPHA, BETA)] == [2, 2]
    settled(page)
    drag(page, "linked_bars", (0.1, 0.05), (0.4, 0.3))
    expect(page.get_by_text("source is made").first).to_be_visible()
    assert link(page, "source")["source"] == ["made"]
    undo = page.get_by_role("button", name="Undo the last brush")
    undo.click()
    expect(page.get_by_text("source is made")).to_have_count(0)
    settled(page)
    undo.click()
    expect(undo).to_be_disabled()
    assert link(page, where=None, source=None, split=None).keys() & KEPT == set()


def test_a_click_on_a_bin_keeps_it_and_may_be_repeated(page: Page, server: Server) -> None:
    visit(page, server, LINKED)
    found = []
    for _ in range(2):
        click(page, "linked_x", 0.5, 0.2)
        expect(page.get_by_text("Filled: the")).to_be_visible()
        settled(page)
        found.append(link(page, "where")["where"][0])
        undone(page)
    assert found[0] == found[1]
    assert found[0].startswith(f"{ALPHA} >= ")
    assert found[0].count(f"AND {ALPHA} < ") == 1


def test_a_click_on_a_bar_keeps_the_kind_whatever_is_clicked_before(
    page: Page, server: Server
) -> None:
    visit(page, server, LINKED)
    click(page, "linked_bars", 0.1, 0.25)
    expect(page.get_by_text("source is made").first).to_be_visible()
    settled(page)
    click(page, "linked_bars", 0.9, 0.75)  # beside the bar, in its row
    expect(page.get_by_text("source is plain").first).to_be_visible()
    settled(page)
    assert link(page, source="plain")["source"] == ["plain"]
    click(page, "linked_bars", 0.9, 0.75)  # what is kept already: nothing to undo
    settled(page)
    page.get_by_role("button", name="Undo the last brush").click()
    expect(page.get_by_text("source is made").first).to_be_visible()
    undone(page)


def test_a_click_that_changes_no_number_can_be_undone_and_repeated(
    page: Page, server: Server
) -> None:
    visit(page, server, f"{LINKED}&where=split %3D 'test'")
    undo = page.get_by_role("button", name="Undo the last brush")
    for _ in range(2):
        before = words(page, "linked_bars")
        click(page, "linked_bars", 0.9, 0.75)
        expect(page.get_by_text("source is plain").first).to_be_visible()
        settled(page)
        assert words(page, "linked_bars") == before
        undo.click()
        expect(page.get_by_text("source is plain")).to_have_count(0)
        settled(page)


def test_a_click_on_a_cell_keeps_both_ranges(page: Page, server: Server) -> None:
    for chart, address in (("linked_grid", LINKED), ("density", f"margins?x={ALPHA}&y={BETA}")):
        visit(page, server, address)
        place = page.locator(f".st-key-{chart} .scatterlayer .point").nth(40)
        place.scroll_into_view_if_needed()
        box, plot = place.bounding_box(), page.locator(f".st-key-{chart} .nsewdrag").bounding_box()
        assert box is not None
        assert plot is not None
        across = (box["x"] + box["width"] / 2 - plot["x"]) / plot["width"]
        click(page, chart, across, (box["y"] + box["height"] / 2 - plot["y"]) / plot["height"])
        expect(page.get_by_text(f"{BETA} ≥").first).to_be_visible()
        settled(page)
        where = link(page, "where")["where"][0]
        assert [where.count(name) for name in (ALPHA, BETA)] == [2, 2]


def test_a_bin_of_one_signal_and_a_bar_on_overview_are_clicked(page: Page, server: Server) -> None:
    visit(page, server, f"margins?signal={ALPHA}")
    click(page, "histogram", 0.5, 0.2)
    expect(page.get_by_text("Filtered to")).to_be_visible()
    assert link(page, "where")["where"][0].startswith(f"{ALPHA} >= ")
    visit(page, server, "?category=split")
    expect(page.locator(".js-plotly-plot")).to_have_count(0)
    page.get_by_role("button", name="Draw the bars").click()
    expect(figure(page, "linked_bars")).to_be_visible()
    settled(page)
    click(page, "linked_bars", 0.3, 0.25)
    expect(page.get_by_text("Filled: the")).to_be_visible()
    settled(page)
    assert len(link(page, "split")["split"]) == 1
    undone(page)


def test_keys_alone_set_a_range_and_pick_a_kind(page: Page, server: Server) -> None:
    visit(page, server, LINKED)
    low = page.locator(".st-key-linked_x_range").get_by_role("slider").first
    low.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Filled: the")).to_be_visible()
    settled(page)
    assert link(page, "where")["where"][0].startswith(f"{ALPHA} >= ")
    page.locator(".st-key-linked_kind").get_by_role("button", name="plain").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("source is plain").first).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Undo the last brush").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("source is plain")).to_have_count(0)
    assert link(page, "where", source=None)["where"][0].startswith(f"{ALPHA} >= ")


def test_every_panel_has_its_numbers_as_a_table(page: Page, server: Server) -> None:
    visit(page, server, LINKED)
    for chart in ("linked_x", "linked_y", "linked_bars", "linked_grid"):
        opened = page.locator(f".st-key-{chart}_table")
        opened.get_by_text("As a table").click()
        expect(opened.get_by_test_id("stDataFrame")).to_be_visible()
