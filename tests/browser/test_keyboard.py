"""By keyboard alone: Tab comes to every control, shows where it is, and is caught nowhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, link, serving, settled, visit
from tests.browser.test_accessible import relabel
from tests.factories import demo_pairs, make_pair, make_store
from tests.runs import add_run, policy

pytestmark = pytest.mark.browser

PAGES = {
    "browse?pair=3": "Votes and gold",
    "flips": "Open in the reader",
    "margins?view=linked": "Keep only",
    "slices": "Keep this filter",
    "export": "Download as a zip file",
    "relabel": "Skip",
    "team": "New queue",
    "team?team=Settle": "Settle",
}
"""Page → what of it comes last."""
MOST_STEPS = 400

STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
WATCH = """() => {
  window.met = new WeakSet();
  window.steps = [];
  const look = (node) => {
    const seen = [];
    for (let up = 0; node && up < 4; up++, node = node.parentElement)
      for (const at of [null, "::before", "::after"]) {
        const s = getComputedStyle(node, at);
        seen.push([s.outlineStyle, s.outlineColor, s.outlineWidth, s.boxShadow, s.borderColor,
                   s.backgroundColor, s.color, s.textDecorationLine, s.opacity].join());
      }
    return seen.join("|");
  };
  const name = (node) => `${node.tagName} ${node.getAttribute("aria-label") || ""} ` +
    `${node.dataset.testid || ""} ${(node.textContent || "").slice(0, 40)}`;
  window.step = () => {
    const node = document.activeElement, last = window.steps.at(-1);
    if (last && last.node.isConnected) last.shown = look(last.node) !== last.look;
    if (!node || node === document.body) return "nowhere";
    if (window.steps.length && node === window.steps[0].node) return "first";
    if (window.met.has(node)) return "again";
    window.met.add(node);
    window.steps.push({ node, look: look(node), shown: true, name: name(node) });
    return "on";
  };
  // Of buttons that are one choice, Tab comes to one; arrows lead to the others.
  const in_group = (node) => {
    const group = node.closest("[role=radiogroup], [role=toolbar]");
    return group && [...group.querySelectorAll("button")].some((other) => window.met.has(other));
  };
  window.left = () => [...document.querySelectorAll(
      "button, input, textarea, select, a[href], summary, [tabindex='0']")]
    .filter((n) => n.tabIndex >= 0 && !n.disabled && n.checkVisibility({ visibilityProperty: true })
      && n.getClientRects().length && !n.closest("[inert]") && !window.met.has(n)
      && !in_group(n))
    .map(name);
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a store with a policy, to the tests of this file only."""
    folder = tmp_path_factory.mktemp("keyboard")
    make_store(folder / "store", demo_pairs(120), search=True).close()
    more = [make_pair(500 + i) for i in range(6)]
    make_store(folder / "store", more, source="plain", search=True).close()
    add_run(folder / "store", "toy", policy(), scorer="policy")
    relabel(folder / "store")
    with serving(folder) as found:
        yield found


def walk(page: Page) -> list[dict[str, object]]:
    """Press Tab until it comes back to where it was; return the steps."""
    page.add_style_tag(content=STILL)
    page.evaluate(WATCH)
    page.evaluate("document.activeElement.blur()")
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        page.wait_for_timeout(40)
        found = page.evaluate("window.step()")
        if found in ("nowhere", "again"):
            # Cells of a table take the focus a moment later; at the page's end nothing does.
            page.wait_for_timeout(200)
            found = page.evaluate("window.step()")
        if found == "first":
            break
    else:
        pytest.fail("Tab never comes back to where it began")
    steps: list[dict[str, object]] = page.evaluate(
        "window.steps.map(({ name, shown, node }) => ({ name, shown, drawn: node.tagName }))"
    )
    return steps


@pytest.mark.parametrize("opened", PAGES)
def test_tab_comes_to_every_control_and_shows_where_it_is(
    page: Page, server: Server, opened: str
) -> None:
    visit(page, server, opened)
    expect(page.get_by_text(PAGES[opened]).first).to_be_visible()
    page.wait_for_timeout(1500)
    settled(page)
    steps = walk(page)
    if page.evaluate("window.left()"):  # drawn behind the walk, on a machine that was busy
        settled(page)
        steps = walk(page)
    assert page.evaluate("window.left()") == []
    # A table draws its own focus, in its canvas.
    tables = ("CANVAS", "TD")
    assert [s["name"] for s in steps if not s["shown"] and s["drawn"] not in tables] == []


def test_arrows_lead_through_a_choice(page: Page, server: Server) -> None:
    visit(page, server, "margins")
    page.get_by_role("radio", name="one signal").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    kinds = page.locator(".st-key-linked_kind").get_by_role("button")
    expect(kinds.first).to_be_visible()
    settled(page)
    assert link(page, view="linked")["view"] == ["linked"]
    kinds.first.focus()
    page.keyboard.press("ArrowRight")
    expect(kinds.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("of 129 pairs: source is plain")).to_be_visible()


def test_the_reader_is_left_and_opened_by_keys(page: Page, server: Server) -> None:
    visit(page, server, "browse?pair=3")
    page.get_by_role("button", name="Table").focus()
    page.keyboard.press("Enter")
    page.get_by_test_id("data-grid-canvas").first.focus()
    for key in ("ArrowDown", "Shift+Space"):
        page.keyboard.press(key)
    expect(page.locator(".as-first")).to_contain_text("a good answer to question 1")


def test_the_way_past_the_menu_is_the_first(page: Page, server: Server) -> None:
    visit(page, server, "slices")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to main content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
