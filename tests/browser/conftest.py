"""A server on a free loopback port, Chromium, and a page that may ask nobody else for anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.factories import demo_pairs, make_pair, make_store
from tests.postgres import free_port
from tests.processes import end

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_SECONDS = 120.0
expect.set_options(timeout=30_000)  # a machine at work on other tests takes its time


@dataclass(frozen=True)
class Server:
    """The app, answering."""

    url: str
    log: Path

    @property
    def written(self) -> int:
        """How much it has said of itself so far."""
        return self.log.stat().st_size

    def said(self, since: int = 0) -> str:
        """Return what it said since then; what came before is another test's."""
        return self.log.read_bytes()[since:].decode("utf-8", "replace")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not shutil.which(CHROMIUM):
        text = f"{CHROMIUM} is not installed"
        if os.environ.get("ASSAY_REQUIRE_BROWSER") == "1":
            pytest.fail(text)
        pytest.skip(text)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("browser")
    rows = demo_pairs(180)
    make_store(folder / "store", rows, search=True).close()
    more = [make_pair(500 + i, split="test") for i in range(6)]
    make_store(folder / "store", more, source="plain", search=True).close()
    with serving(folder) as found:
        yield found


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Serve the store in `folder`/store."""
    port, log = free_port(), folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
            cwd=ROOT,
            env={**os.environ, "ASSAY_STORE": str(folder / "store")},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            found = Server(f"http://127.0.0.1:{port}", log)
            _wait_for(found, process)
            yield found
        finally:
            end(process)


def _wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the app did not start:\n{server.said()}")


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A fresh page; in the end it has asked only the app, and nothing broke in the app."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    tab = context.new_page()
    asked: list[str] = []
    before = server.written
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("websocket", lambda socket: asked.append(socket.url))
    yield tab
    context.close()
    own = (server.url, server.url.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(own)] == []
    assert "Traceback" not in server.said(since=before)


STILL = """() => new Promise((done) => {
  let wait = setTimeout(done, 150);
  const again = () => { clearTimeout(wait); wait = setTimeout(done, 150); };
  new MutationObserver(again).observe(document.body, { subtree: true, childList: true });
  setTimeout(done, 3000);
})"""
"""Streamlit draws once more when a run is over, and takes no key meanwhile: 2 of 60 were lost."""


def settled(tab: Page) -> None:
    """Wait until the app has nothing more to draw."""
    tab.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')"
        "?.getAttribute('data-test-script-state') === 'notRunning'"
        " && document.querySelector('[data-testid=stMain] h1')"
    )
    tab.evaluate(STILL)


def visit(tab: Page, server: Server, link: str = "") -> None:
    """Open a link of the app."""
    tab.goto(f"{server.url}/{link}")
    settled(tab)


LINKED = """([there, exact]) => {
  const said = new URLSearchParams(location.search);
  return there.every((key) => said.has(key))
    && Object.entries(exact).every(([key, value]) => said.get(key) === value);
}"""


def link(tab: Page, *there: str, **exact: str | None) -> dict[str, list[str]]:
    """Return what the address bar says once it has these keys and values; None is no such key.

    It follows the page late. Where it never does, what it says fails the test's own assertion.
    """
    with suppress(PlaywrightTimeout):
        tab.wait_for_function(LINKED, arg=[list(there), exact])
    return parse_qs(urlsplit(tab.evaluate("location.href")).query)
