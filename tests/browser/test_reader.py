"""The reader in a browser: keys, silent while a person types; the copied link; hostile texts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, serving, settled, visit
from tests.factories import make_pair, make_store
from tests.pages.hostile import CORPUS
from tests.runs import add_run
from tests.unit.test_views_reader import of_tokens

pytestmark = pytest.mark.browser
FOREIGN = "img, iframe, script, svg, object, embed, a, form, input, math, video, link, meta, style"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A store in which every text, name and model wants to be more than text."""
    folder = tmp_path_factory.mktemp("hostile")
    texts = [text.encode("utf-8", "ignore").decode() for text in CORPUS]
    every = "\n\n".join(texts)
    rows = [
        make_pair(0, prompt_text=every, chosen_text=every, rejected_text=every + " and more"),
        *(
            make_pair(
                i,
                prompt_text="one prompt",
                chosen_text=text,
                rejected_text=texts[i - 2],
                chosen_model=text.replace("\x00", ""),
                split=text.replace("\x00", ""),
                votes={text.replace("\x00", ""): "chosen"},
            )
            for i, text in enumerate(texts[:20], start=1)
        ),
    ]
    make_store(folder / "store", rows, source="<img src=x onerror=alert(1)>").close()
    add_run(folder / "store", "toks", of_tokens(), scorer="policy")
    with serving(folder) as found:
        yield found


@pytest.fixture
def tab(browser: Browser, hostile: Server) -> Iterator[Page]:
    """A page that fails where a text of the data ran, or asked anybody for anything."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, asked, shown = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (shown.append(dialog.message), dialog.dismiss()))
    yield page
    context.close()
    own = (hostile.url, "data:", "blob:")
    assert shown == []
    assert [url for url in asked if not url.startswith(own)] == []


def test_keys_turn_looks_and_are_silent_while_a_person_types(tab: Page, hostile: Server) -> None:
    visit(tab, hostile, "browse?pair=1")
    expect(tab.get_by_role("button", name="Hide differences")).to_be_visible()
    box = tab.get_by_role("textbox", name="Pair")
    box.click()
    tab.keyboard.type("mdt")
    expect(tab.get_by_role("button", name="Hide differences")).to_be_visible()
    expect(tab.get_by_role("button", name="Raw text")).to_have_count(0)
    box.fill("1")
    box.press("Enter")
    tab.locator("h1").click()
    for key, after, back in (
        ("d", "Mark differences", "Hide differences"),
        ("m", "Raw text", "Markdown"),
        ("t", "Hide tokens", "Tokens"),
    ):
        tab.keyboard.press(key)
        expect(tab.get_by_role("button", name=after)).to_be_visible()
        tab.keyboard.press(key)
        expect(tab.get_by_role("button", name=back)).to_be_visible()


def test_the_copied_link_is_that_of_the_pair_on_the_page(tab: Page, hostile: Server) -> None:
    """The address bar follows a second late: a link copied at once named the pair before."""
    visit(tab, hostile, "browse?pair=1")
    expect(tab.locator(".as-first .as-text")).to_have_text(CORPUS[0])
    tab.locator("h1").click()
    tab.keyboard.press("ArrowRight")
    expect(tab.locator(".as-first .as-text")).to_have_text(CORPUS[1])
    tab.keyboard.press("l")
    expect(tab.get_by_text("Link copied")).to_be_visible()
    link = tab.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{hostile.url}/browse?pair=")
    tab.goto(link)
    settled(tab)
    expect(tab.locator(".as-first .as-text")).to_have_text(CORPUS[1])


PRESS_AT_ONCE = """(wanted) => {
  const key = { key: "l", code: "KeyL", keyCode: 76, bubbles: true };
  const watch = new MutationObserver(() => {
    const text = document.querySelector(".as-first .as-text");
    if (!text || text.textContent !== wanted) return;
    watch.disconnect();
    document.body.dispatchEvent(new KeyboardEvent("keydown", key));
  });
  watch.observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
"""Press L in the moment in which the text stands there, before the page's own words settle."""


def test_who_presses_fast_is_not_led_back(tab: Page, hostile: Server) -> None:
    """The browser sent the box's old pair and the old address with the press: most went back."""
    for _ in range(4):
        visit(tab, hostile, "browse?pair=1")
        expect(tab.locator(".as-first .as-text")).to_have_text(CORPUS[0])
        tab.locator("h1").click()
        tab.evaluate(PRESS_AT_ONCE, CORPUS[1])
        tab.keyboard.press("ArrowRight")
        expect(tab.locator(".as-first .as-text")).to_have_text(CORPUS[1])
        tab.wait_for_timeout(700)
        settled(tab)
        expect(tab.locator(".as-first .as-text")).to_have_text(CORPUS[1])


def test_hostile_texts_do_nothing_in_any_look(tab: Page, hostile: Server) -> None:
    visit(tab, hostile, "browse?pair=0")
    expect(tab.locator(".as-first")).to_be_visible()
    for key in ("", "d", "t", "t", "m"):
        if key:
            tab.locator("h1").click()
            tab.keyboard.press(key)
            settled(tab)
            tab.wait_for_timeout(400)
        for kind in (".as-text", ".as-tables"):
            assert tab.locator(kind).locator(FOREIGN).count() == 0
        assert tab.locator("[onerror], [onload], [onclick], [onmouseover]").count() == 0
    visit(tab, hostile, "browse?pair=5")
    expect(tab.get_by_text("All responses to this prompt")).to_be_visible()
    assert tab.locator(".as-tables").locator(FOREIGN).count() == 0
