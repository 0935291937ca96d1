"""What only a real browser shows: the URL, brushes, keys, tables and downloads."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, link, settled, visit

pytestmark = pytest.mark.browser
TOTAL = "189 pairs"


def menu(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    settled(page)


def choose_row(page: Page, row: int) -> None:
    """Click the box at the left of a row of the first table."""
    grid = page.get_by_test_id("stDataFrame").first
    grid.wait_for()
    grid.click(position={"x": 16, "y": 35 + 35 * row + 17})


def brush(page: Page, start: float, end: float, chart: str = "histogram") -> None:
    """Drag across a chart, from one share of its width and height to another."""
    plot = page.locator(f".st-key-{chart} .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] * start, box["y"] + box["height"] * start)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, box["y"] + box["height"] * end, steps=5)
    page.mouse.up()


def test_it_starts_on_the_overview(page: Page, server: Server) -> None:
    visit(page, server)
    expect(page.get_by_text(TOTAL)).to_be_visible()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    picture = page.get_by_role("img", name="Agreement with the labels: alpha ")
    expect(picture.locator(".as-sign").first).to_be_visible()
    # The chart library costs a browser about a second: not on the page that opens first.
    expect(page.locator(".js-plotly-plot")).to_have_count(0)
    page.get_by_text("As a table").click()
    expect(page.get_by_role("cell", name="alpha")).to_be_visible()
    page.get_by_text("Every estimate, and why there is none").click()
    expect(page.get_by_role("columnheader", name="Why there is no rate")).to_be_visible()
    assert page.title().startswith("Overview")


def test_a_filter_is_in_the_link_on_every_page(page: Page, server: Server) -> None:
    visit(page, server)
    page.get_by_role("textbox", name="Conditions").fill("suspicion >= 0.3")
    page.get_by_role("textbox", name="Conditions").press("Enter")
    sentence = page.get_by_text("of 189 pairs: suspicion ≥ 0.3")
    expect(sentence).to_be_visible()
    for name in (
        *("Browse", "Margins", "Slices", "Flips", "Scorers", "Export", "Methods", "Overview"),
    ):
        menu(page, name)
        expect(sentence).to_be_visible()
        assert link(page, "where")["where"] == ["suspicion >= 0.3"]


def test_a_link_opens_the_same_view_elsewhere(page: Page, server: Server) -> None:
    visit(page, server, "browse?where=row_id+%3C+20&source=made&sort=suspicion&desc=true")
    expect(page.get_by_text("20 of 189 pairs")).to_be_visible()
    expect(page.get_by_text("source is made and row_id < 20")).to_be_visible()
    assert link(page, "sort")["sort"] == ["suspicion"]
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_text(f"All {TOTAL}")).to_be_visible()
    assert link(page, where=None, source=None).keys() & {"where", "source"} == set()


def test_a_link_with_bad_values_says_what_is_wrong(page: Page, server: Server) -> None:
    visit(page, server, "browse?source=nowhere&sort=beauty&pair=xyz&after=zzz")
    for named in ("nowhere", "beauty", "There is no pair xyz", "page mark zzz"):
        expect(page.get_by_text(named).first).to_be_visible()
    visit(page, server, "margins?where=suspicion+%3E")
    expect(page.get_by_text("cannot be read")).to_be_visible()
    expect(page.get_by_text("NAME OP VALUE").last).to_be_visible()


def test_a_brush_becomes_a_filter_everywhere(page: Page, server: Server) -> None:
    visit(page, server, "margins?signal=explicit_margin_alpha")
    brush(page, 0.1, 0.45)
    cleared = page.get_by_role("button", name="Clear the range")
    expect(cleared).to_be_visible()
    where = link(page, "where")["where"][0]
    assert where.startswith("explicit_margin_alpha >= ")
    assert " AND explicit_margin_alpha <= " in where
    menu(page, "Browse")
    expect(page.get_by_text("explicit_margin_alpha ≥").first).to_be_visible()
    menu(page, "Margins")
    cleared.click()
    expect(page.get_by_text(f"All {TOTAL}")).to_be_visible()


def test_a_box_in_the_grid_filters_both_signals(page: Page, server: Server) -> None:
    visit(page, server, "margins?x=explicit_margin_alpha&y=explicit_margin_beta")
    brush(page, 0.4, 0.8, "density")
    expect(page.get_by_text("explicit_margin_beta ≤")).to_be_visible()
    where = link(page, "where")["where"][0]
    assert [where.count(name) for name in ("margin_alpha", "margin_beta")] == [2, 2]


def test_every_run_stands_side_by_side(page: Page, server: Server) -> None:
    visit(page, server)
    page.get_by_role("link", name="See the reward models disagree").click()
    expect(page.locator(".st-key-every_run .js-plotly-plot")).to_be_visible()
    found = link(page, "by", "source")
    assert (found["by"], found["source"]) == (["run"], ["made"])
    page.locator(".st-key-every_run_table").get_by_text("As a table").click()
    expect(page.get_by_text("alpha: agrees with")).to_be_visible()


def test_pages_of_the_table_go_on_and_back(page: Page, server: Server) -> None:
    visit(page, server, "browse")
    following = page.get_by_role("button", name="Next", exact=True)
    for number in (2, 3, 4):
        following.click()
        expect(page.get_by_text(f"Page {number},")).to_be_visible()
    expect(page.get_by_text("Page 4, 39 rows")).to_be_visible()
    expect(following).to_be_disabled()
    assert link(page, "after")["after"]
    page.get_by_role("button", name="Previous", exact=True).click()
    expect(page.get_by_text("Page 3, 50 rows")).to_be_visible()
    page.get_by_role("button", name="First").click()
    expect(page.get_by_text("Page 1, 50 rows")).to_be_visible()
    settled(page)
    assert "after" not in link(page, after=None)


def test_a_row_opens_in_the_reader_and_arrows_move_on(page: Page, server: Server) -> None:
    visit(page, server, "browse")
    choose_row(page, 2)
    answer = page.locator(".as-first")
    expect(answer).to_contain_text("a good answer to question 2")
    settled(page)
    first = link(page, "pair")["pair"]
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    expect(answer).to_contain_text("a good answer to question 3")
    page.keyboard.press("ArrowLeft")
    expect(answer).to_contain_text("a good answer to question 2")
    settled(page)
    assert link(page, pair=first[0])["pair"] == first
    page.reload()
    expect(answer).to_contain_text("a good answer to question 2")
    expect(page.locator(".as-first ins").first).to_contain_text("a good answer")
    page.get_by_role("button", name="Table").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()


def test_a_row_opens_by_keys_alone(page: Page, server: Server) -> None:
    visit(page, server, "browse")
    page.get_by_test_id("stDataFrame").get_by_test_id("data-grid-canvas").focus()
    for key in ("ArrowDown", "Shift+Space"):
        page.keyboard.press(key)
    expect(page.locator(".as-first")).to_contain_text("a good answer to question 1")


def test_a_suspect_opens_in_the_reader(page: Page, server: Server) -> None:
    visit(page, server, "flips?where=suspicion+%3E+0.1")
    expect(page.get_by_text("1 of 50 on this page").or_(page.get_by_text("1 of"))).to_be_visible()
    shown = page.locator(".as-first").inner_text()
    page.get_by_role("button", name="Open in the reader").click()
    expect(page.get_by_role("heading", name="Browse", level=1)).to_be_visible()
    expect(page.locator(".as-first")).to_have_text(shown, use_inner_text=True)
    assert link(page, "where")["where"] == ["suspicion > 0.1"]


def test_an_export_downloads(page: Page, server: Server) -> None:
    visit(page, server, "export?where=row_id+%3C+40")
    expect(page.get_by_text("--where")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as a zip file").click()
    with zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes())) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        lines = [
            line
            for name in archive.namelist()
            if name.startswith("data/")
            for line in archive.read(name).splitlines()
        ]
    assert manifest["sentence"] == "row_id < 40"
    assert 30 <= len(lines) <= 40


def test_a_page_is_reached_by_link_on_a_server_that_knows_no_menu_yet(
    page: Page, server: Server
) -> None:
    """A link opened first of all once ran the page alone, without filter bar and menu."""
    visit(page, server, "methods?about=scorers")
    expect(page.get_by_test_id("stSidebarNav")).to_be_visible()
    expect(page.get_by_text("core score crossfit")).to_be_visible()
