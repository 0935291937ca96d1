"""What exploring costs in a browser: `python -m tests.benchmarks.explore_speed STORE`.

Serves the store, and measures in headless Chromium from a brush until nothing moves any more in any
of the linked charts, and from the key → until the next pair's texts stand there.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.browser_speed import CHROMIUM, serving, summary

DRAWN = """() => {
  window.drawn = new Map();
  addEventListener("mouseup", () => { window.released = performance.now(); window.drawn.clear(); },
    { capture: true, once: true });
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const plot = target.closest && target.closest("[data-testid=stPlotlyChart]");
      if (plot) window.drawn.set(plot, performance.now());
    }
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
LAST = "() => Math.max(...window.drawn.values()) - window.released"
PLOTS = 4
IDLE = "() => !document.querySelector('[data-testid=stStatusWidget]')"


def brushes(page: Page, url: str, times: int) -> list[float]:
    """Brush one histogram again and again; return ms until the last chart was redrawn."""
    page.goto(f"{url}/margins?view=linked")
    page.locator(".js-plotly-plot").nth(PLOTS - 1).wait_for()
    quiet(page)
    taken = []
    for turn in range(times + 1):
        page.evaluate(DRAWN)
        before = page.locator("p", has_text="Filled:").all_inner_texts()
        _drag(page, 0.25 + 0.01 * turn, 0.6 + 0.01 * turn)
        page.wait_for_function(
            "(before) => [...document.querySelectorAll('p')].some((p) =>"
            " p.innerText.startsWith('Filled:') && !before.includes(p.innerText))",
            arg=before,
        )
        quiet(page)
        taken.append(page.evaluate(LAST))
    return taken[1:]


def _drag(page: Page, start: float, end: float) -> None:
    area = page.locator(".st-key-linked_x .nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    at = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, at)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, at, steps=4)
    page.mouse.up()


def turns(page: Page, url: str, times: int) -> list[float]:
    """Go on to the next pair again and again; return ms from the key until its answers stand."""
    page.goto(f"{url}/browse?pair=100")
    text = page.locator(".as-first .as-text").first
    text.wait_for()
    quiet(page)
    page.locator("h1").click()
    taken = []
    for _ in range(times + 1):
        before = text.inner_text()
        started = time.perf_counter()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "(before) => { const at = document.querySelector('.as-first .as-text');"
            " return at && at.innerText !== before; }",
            arg=before,
        )
        taken.append((time.perf_counter() - started) * 1000)
        quiet(page)
    return taken[1:]


def quiet(page: Page) -> None:
    """Wait until the app is idle and stays so for a moment."""
    page.wait_for_timeout(350)
    page.wait_for_function(IDLE)
    page.wait_for_timeout(250)


@contextmanager
def person() -> Iterator[Page]:
    """Open a browser of one's own."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--times", type=int, default=30)
    args = parser.parse_args()
    result: dict[str, object] = {}
    with serving("core", "serve", "--store", str(args.store), "--port", "PORT") as app:
        with person() as page:
            result["brush to all charts"] = summary(brushes(page, app.url, args.times))
            result["next pair"] = summary(turns(page, app.url, args.times))
        result["memory"] = app.megabytes()
    for name, value in result.items():
        print(f"{name:>32}  {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
