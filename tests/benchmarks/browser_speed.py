"""What a person waits for: `python -m tests.benchmarks.browser_speed STORE`.

Serves the store, opens it in headless Chromium, and measures the first page (navigation to the
last thing drawn) and the time from a change of the filter to the updated page. Beside it, in the
same run, a bare Streamlit page of one text box and one sentence, which is the floor.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
BARE = "import streamlit as st\nst.markdown('now ' + st.text_input('Word', key='word'))\n"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
BARE_FLAGS = ("--server.headless=true", "--server.port=PORT", "--server.address=127.0.0.1")
CHANGES, VISITS = 30, 10


@dataclass(frozen=True)
class Served:
    """A running app."""

    url: str
    pid: int

    def megabytes(self) -> dict[str, int]:
        """Return the memory, now and at its highest, of the app that the command started."""
        child = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()[0]
        lines = Path(f"/proc/{child}/status").read_text().splitlines()
        found = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in lines if "kB" in line}
        return {"now_mb": found["VmRSS"], "peak_mb": found["VmHWM"]}


@contextmanager
def serving(*command: str) -> Iterator[Served]:
    """Run a server on a free loopback port, which is added to its command line."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    words = [part.replace("PORT", str(port)) for part in command]
    process = subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        _wait(url)
        yield Served(url, process.pid)
    finally:
        process.terminate()
        process.wait()


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def first_page(page: Page, url: str, seen: str) -> float:
    """Return milliseconds from navigation until the page's last part is on the screen."""
    started = time.perf_counter()
    page.goto(url)
    page.get_by_text(seen).first.wait_for()
    return (time.perf_counter() - started) * 1000


def visits(browser: Browser, url: str) -> list[float]:
    """Return the first page's milliseconds of persons who come one after the other."""
    taken = []
    for _ in range(VISITS):
        page = browser.new_page()
        taken.append(first_page(page, url, LAST))
        page.close()
    return taken


def changes(page: Page, box: str, words: list[str], shown: list[str]) -> list[float]:
    """Type each word, and wait for what it shows; return milliseconds from Enter."""
    taken = []
    field = page.get_by_label(box, exact=True)
    for word, text in zip(words, shown, strict=True):
        field.fill(word)
        started = time.perf_counter()
        field.press("Enter")
        page.get_by_text(text).first.wait_for()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def summary(taken: list[float]) -> dict[str, float]:
    """Return median and 95 % point in milliseconds."""
    ordered = sorted(taken)
    return {
        "median_ms": round(statistics.median(ordered)),
        "p95_ms": round(ordered[max(0, int(0.95 * len(ordered)) - 1)]),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    args = parser.parse_args()
    limits = [round(0.05 + 0.02 * i, 2) for i in range(CHANGES)]
    conditions = [f"suspicion >= {limit}" for limit in limits]
    said = [f"suspicion ≥ {limit}" for limit in limits]
    result: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE)
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        with serving("streamlit", "run", str(bare), *BARE_FLAGS) as app:
            page = browser.new_page()
            result["bare first page"] = round(first_page(page, app.url, "now"))
            words = [f"w{i}x" for i in range(CHANGES)]
            result["bare change"] = summary(
                changes(page, "Word", words, [f"now {w}" for w in words])
            )
        with serving("core", "serve", "--store", str(args.store), "--port", "PORT") as app:
            page = browser.new_page()
            result["first page, server just started"] = round(first_page(page, app.url, LAST))
            result["first page, next persons"] = summary(visits(browser, app.url))
            for name in ("browse", "margins", "flips"):
                page.goto(f"{app.url}/{name}")
                page.get_by_label("Conditions", exact=True).wait_for()
                result[f"change on {name}"] = summary(changes(page, "Conditions", conditions, said))
            for name in ("export", "methods", ""):
                first_page(page, f"{app.url}/{name}", "Conditions")
            result["server's memory after every page"] = app.megabytes()
        browser.close()
    for name, value in result.items():
        print(f"{name:>32}  {value}")
    print(json.dumps(result))


LAST = "What to do next"

if __name__ == "__main__":
    main()
