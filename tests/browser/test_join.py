"""From a one-time link to the page it leads to, in a real browser, behind the real `serve`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import ROOT, link, settled
from tests.factories import demo_pairs, make_store
from tests.processes import end

pytestmark = pytest.mark.browser
COME_IN = "Come in"
NEED = "You need a link to come in"


def core(*argv: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "core", *argv, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("join") / "store"
    make_store(folder, demo_pairs(20), source="secretive", search=True).close()
    core("people", "add", "ann", "--role", "admin", "--store", str(folder))
    return folder


@pytest.fixture(scope="module")
def url(store: Path) -> Iterator[str]:
    log = store.with_name("serve.log")  # a pipe that nobody reads is full one day
    with log.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "core", "serve", "--port", "0", "--json", "--store", str(store)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
        )
    with process:
        try:
            line = process.stdout.readline()
            assert line, log.read_text("utf-8")
            yield json.loads(line)["url"]
        finally:
            end(process)
    assert "Traceback" not in log.read_text("utf-8")


@pytest.fixture
def invite(url: str, store: Path) -> Callable[[str, str], str]:
    def make(name: str, role: str) -> str:
        given = ("--role", role, "--url", url, "--store", str(store))
        return core("people", "add", name, *given)["link"]

    return make


@pytest.fixture
def tab(browser: Browser, url: str) -> Iterator[Page]:
    """A browser of its own; in the end it has asked the app alone."""
    with context(browser) as made:
        page = made.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        yield page
        assert [one for one in asked if not one.startswith((url, "data:", "blob:"))] == []


def context(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 1280, "height": 900})


def test_an_annotator_comes_in_by_a_link(
    browser: Browser, tab: Page, url: str, invite: Callable[[str, str], str]
) -> None:
    tab.goto(f"{url}/browse")
    expect(tab.get_by_text(NEED)).to_be_visible()
    expect(tab.get_by_test_id("stSidebarNav")).to_have_count(0)
    invited = invite("bo", "annotator")
    tab.goto(invited)
    assert tab.context.cookies() == [c for c in tab.context.cookies() if c["name"][0] == "_"]
    tab.get_by_role("button", name=COME_IN).press("Enter")
    expect(tab.get_by_role("heading", name="Relabel", level=1)).to_be_visible()
    settled(tab)
    expect(tab.get_by_text("Page not found")).to_have_count(0)
    own = [c for c in tab.context.cookies() if c["name"].startswith("assay_")]
    assert [(c["httpOnly"], c["sameSite"], c["path"]) for c in own] == [(True, "Strict", "/")]
    tab.goto(f"{url}/browse")
    expect(tab.get_by_text("Page not found")).to_be_visible()
    expect(tab.get_by_role("heading", name="Relabel", level=1)).to_be_visible()
    expect(tab.get_by_text("secretive")).to_have_count(0)
    tab.goto(invited)
    expect(tab.get_by_text("no longer lets anybody in")).to_be_visible()
    expect(tab.get_by_role("button")).to_have_count(0)
    with context(browser) as other:
        page = other.new_page()
        page.goto(invited)
        expect(page.get_by_text("no longer lets anybody in")).to_be_visible()
        page.goto(url)
        expect(page.get_by_text(NEED)).to_be_visible()
    tab.goto(url)
    expect(tab.get_by_role("heading", name="Relabel", level=1)).to_be_visible()


def test_a_reviewer_finds_the_menu_until_removed(
    tab: Page, url: str, store: Path, invite: Callable[[str, str], str]
) -> None:
    tab.goto(invite("rev", "reviewer"))
    tab.get_by_role("button", name=COME_IN).click()
    expect(tab.get_by_role("heading", name="Relabel", level=1)).to_be_visible()
    settled(tab)
    names = tab.get_by_test_id("stSidebarNav").get_by_role("link")
    expect(names.first).to_contain_text("Overview")
    expect(names.filter(has_text="Relabel")).to_have_count(1)
    tab.goto(f"{url}/overview")
    expect(tab.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    settled(tab)
    expect(tab.get_by_text("Page not found")).to_have_count(0)
    core("people", "remove", "rev", "--store", str(store))
    names.filter(has_text="Browse").click()
    expect(tab.get_by_text("rev is no longer on the list")).to_be_visible()
    expect(tab.get_by_text("secretive")).to_have_count(0)
    expect(tab.get_by_test_id("stSidebarNav")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_door_can_be_used_by_everybody(
    browser: Browser, url: str, invite: Callable[[str, str], str], theme: Literal["light", "dark"]
) -> None:
    with browser.new_context(color_scheme=theme) as made:
        page = made.new_page()
        page.goto(invite("dee", "annotator"))
        assert Axe().run(page).response["violations"] == []
        expect(page.get_by_role("button", name=COME_IN)).to_be_focused()
        page.goto(f"{url}/join/none")
        assert Axe().run(page).response["violations"] == []


def test_a_filter_outlasts_a_visit_to_relabel(
    tab: Page, url: str, invite: Callable[[str, str], str]
) -> None:
    tab.goto(invite("cy", "reviewer"))
    tab.get_by_role("button", name=COME_IN).click()
    expect(tab.get_by_role("heading", name="Relabel", level=1)).to_be_visible()
    tab.goto(f"{url}/browse?where=row_id+%3E%3D+18")
    sentence = tab.get_by_text("of 23 pairs: row_id ≥ 18")
    expect(sentence).to_be_visible()
    menu = tab.get_by_test_id("stSidebarNav").get_by_role("link")
    menu.filter(has_text="Relabel").click()
    expect(tab.get_by_role("heading", name="Relabel", level=1)).to_be_visible()
    settled(tab)
    expect(sentence).to_have_count(0)
    expect(tab.get_by_role("textbox", name="Conditions")).to_have_count(0)
    assert "where" not in link(tab, where=None)
    menu.filter(has_text="Margins").click()
    expect(sentence).to_be_visible()
    assert link(tab, "where")["where"] == ["row_id >= 18"]
