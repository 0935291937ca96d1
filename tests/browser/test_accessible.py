"""WCAG 2.1 A and AA as axe-core measures them, on every page and in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Server, serving, settled, visit
from tests.factories import demo_pairs, make_pair, make_store
from tests.pages.teamlog import fill, items
from tests.queues import make_queue, open_desk
from tests.runs import add_run, policy

pytestmark = pytest.mark.browser

LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
SEEN = {
    "overview": ".as-picture",
    "browse": "canvas",
    "browse?pair=3&q=question&source=made": ".as-tables",
    "margins": ".st-key-plane .js-plotly-plot",
    "margins?view=linked&where=suspicion+%3E+0": ".st-key-linked_grid .js-plotly-plot",
    "slices": ".st-key-slices .js-plotly-plot",
    "flips": ".st-key-evidence .js-plotly-plot",
    "flips?show=contradictions": "canvas",
    "relabel": "[data-testid=stMain] button",
    "relabel?relabel_view=My+answers": "[data-testid=stMain] h1",
    "team": "[data-testid=stTable]",
    "team?team=Settle": ".as-sides",
    "team?team=Agreement": "[data-testid=stMain] h3",
    "team?team=Audit": "[data-testid=stMain] h1",
    "team?team=People": "[data-testid=stMain] h3",
    "scorers": ".st-key-runs_agreement .js-plotly-plot",
    "export": "[data-testid=stCode]",
    "export?where=suspicion+%3E": "[data-testid=stAlert]",
    "methods": ".katex",
    "methods?about=scorers": "code",
}
"""Page → what of it comes last."""
OPTIONS = {"runOnly": {"type": "tag", "values": list(LEVELS)}, "resultTypes": ["violations"]}
SCROLLS_BY_KEYS = "scrollable-region-focusable"
"""A wide formula is reached by Tab where a browser makes what scrolls focusable: see below."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a store with everything that pages draw, to the tests of this file only."""
    folder = tmp_path_factory.mktemp("accessible")
    rows = demo_pairs(90)
    code = "```python\nfor i in range(3):  # three\n    print('a', 1)\n```\n\x00 odd"
    rows[3] = make_pair(3, chosen_text=f"question 3\n{code}", scores={"alpha": (1.0, 2.0)})
    make_store(folder / "store", rows, search=True).close()
    add_run(folder / "store", "toy", policy(), scorer="policy")
    relabel(folder / "store")
    with serving(folder) as found:
        yield found


def relabel(store: Path) -> None:
    """Make a queue that people answered, and one that is open to whoever comes."""
    desk = open_desk(store)
    fill(desk, store)
    make_queue(desk, items(store, 8, start=20), name="to do", guideline="Better is *true* first.")
    desk.log.close()


@pytest.fixture(scope="module", params=["light", "dark"])
def themed(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme=request.param
    )
    yield context.new_page()
    context.close()


def faults(page: Page) -> list[str]:
    """Return what axe-core finds, one line for each element."""
    found: list[dict[str, Any]] = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:120]} {node['failureSummary'][:300]}"
        for fault in found
        for node in fault["nodes"]
        if fault["id"] != SCROLLS_BY_KEYS or "katex-display" not in node["html"]
    ]


@pytest.mark.parametrize("link", SEEN)
def test_a_page_is_accessible(themed: Page, server: Server, link: str) -> None:
    visit(themed, server, link)
    themed.locator(SEEN[link]).first.wait_for()
    themed.mouse.move(0, 0)
    assert faults(themed) == []


def test_judging_is_accessible(themed: Page, server: Server) -> None:
    visit(themed, server, "relabel")
    themed.get_by_role("button", name="Open").last.click()
    themed.get_by_role("button", name="Start").click()
    for key in ("n", "g"):
        themed.locator(".as-sides").first.wait_for()
        settled(themed)
        assert faults(themed) == []
        themed.keyboard.press(key)
    settled(themed)
    assert faults(themed) == []


def test_the_measure_finds_what_is_wrong(themed: Page, server: Server) -> None:
    visit(themed, server, "methods")
    themed.evaluate(
        "document.querySelector('h1').insertAdjacentHTML('afterend',"
        " '<p style=\"color:#808080;background:#909090\">pale</p><img src=data:,>')"
    )
    assert {fault.partition(":")[0] for fault in faults(themed)} >= {"color-contrast", "image-alt"}


def test_a_wide_formula_is_scrolled_by_keys(themed: Page, server: Server) -> None:
    visit(themed, server, "methods")
    themed.locator(".katex-display").first.wait_for()
    wide = "node => node.scrollWidth > node.clientWidth + 1"
    formulas = [f for f in themed.locator(".katex-display").all() if f.evaluate(wide)]
    assert formulas
    for formula in formulas:
        formula.scroll_into_view_if_needed()
        formula.evaluate("node => node.focus()")
        assert formula.evaluate("node => document.activeElement === node || node.matches(':focus')")
