"""Sliders and the cut in the URL, the suspects' table by keys alone, and the calculator's panel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, link, serving, settled, visit
from tests.factories import demo_pairs, make_store
from tests.runs import add_run, policy

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a store with a policy run, to the tests of this file only."""
    folder = tmp_path_factory.mktemp("learning")
    make_store(folder / "store", demo_pairs(120)).close()
    add_run(folder / "store", "toy", policy(), scorer="policy")
    with serving(folder) as found:
        yield found


def table(page: Page) -> None:
    page.get_by_test_id("stDataFrame").get_by_test_id("data-grid-canvas").focus()


def test_the_cut_moves_by_keys_and_filters_every_page(page: Page, server: Server) -> None:
    visit(page, server, "margins")
    kept = page.get_by_role("button", name="Filter to the 48 kept pairs")
    expect(kept).to_be_visible()
    slider = page.get_by_role("slider", name="Share to keep, %")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Filter to the 54 kept pairs")).to_be_visible()
    assert link(page, keep="45")["keep"] == ["45"]
    page.get_by_role("button", name="Filter to the 54 kept pairs").click()
    expect(page.get_by_text("54 of 123 pairs")).to_be_visible()
    assert link(page, "where")["where"][0].startswith("alignment_potential_toy >= ")
    shared = page.url
    page.goto(shared)
    settled(page)
    expect(page.get_by_text("54 of 123 pairs")).to_be_visible()
    page.get_by_role("button", name="Clear the cut").click()
    expect(page.get_by_text("All 123 pairs")).to_be_visible()


def test_a_link_sets_lambda(page: Page, server: Server) -> None:
    visit(page, server, "margins?lambda=2.5&keep=20")
    expect(page.get_by_text("On or above the line explicit = 2.5 · implicit")).to_be_visible()
    expect(page.get_by_text("24 of 122 rows (19.7%)")).to_be_visible()


def test_suspects_are_chosen_by_keys_and_the_buttons_move_on(page: Page, server: Server) -> None:
    """With `selection_default` the table took no key at all."""
    visit(page, server, "flips")
    expect(page.get_by_text("1 of 50 on this page")).to_be_visible()
    table(page)
    for place in (2, 3):
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Shift+Space")
        expect(page.get_by_text(f"{place} of 50 on this page")).to_be_visible()
    page.get_by_role("button", name="Next Shortcut").click()
    expect(page.get_by_text("4 of 50 on this page")).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("3 of 50 on this page")).to_be_visible()


def test_a_band_stands_in_the_link(page: Page, server: Server) -> None:
    visit(page, server, "flips")
    page.get_by_text("ask a person", exact=True).click()
    expect(page.get_by_text("nobody can tell without reading")).to_be_visible()
    assert link(page, "band")["band"] == ["ask a person"]
    page.reload()
    settled(page)
    expect(page.get_by_text("nobody can tell without reading")).to_be_visible()


def test_the_calculator_moves_by_keys(page: Page, server: Server) -> None:
    visit(page, server, "browse?pair=3")
    expect(page.locator(".js-plotly-plot")).to_have_count(0)
    page.get_by_text("Calculator: what this pair costs").click()
    expect(page.locator(".st-key-losses .js-plotly-plot")).to_be_visible()
    expect(page.get_by_text("h* = 2.197 nats")).to_be_visible()
    page.get_by_role("slider", name="Assumed share e of reversed labels").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("h* = 2.091 nats")).to_be_visible()
