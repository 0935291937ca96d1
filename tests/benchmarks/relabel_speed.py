"""From a key to the next pair: `python -m tests.benchmarks.relabel_speed STORE --votes 500`.

Serves the store with a log of its own, makes a queue of its first pairs, and presses keys in
headless Chromium as a person does who needs no time to read: the next key comes a moment after the
page stands still. Measured in the page, from the keydown event to the change of the texts, the
durable write included, and to the buttons of the next pair. Beside it, in the same run, a bare
Streamlit page of two texts and five keyed buttons, which writes nothing: the floor.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from core.store.instance import open_store
from tests.benchmarks.browser_speed import BARE_FLAGS, CHROMIUM, serving, summary
from tests.queues import items_of, make_queue, open_desk

KEYS = "abtxj"
PAUSES_MS = (60, 240)
"""From a page that stands still to the next key."""
BARE = """
import streamlit as st

def vote():
    st.session_state.at += 1

at = st.session_state.setdefault("at", 0)
st.html(f'<div class="as-sides"><div>first text {at}</div><div>second text {at}</div></div>')
for key in "ABTXJ":
    st.button(key, key=f"relabel_{key.lower()}_{at}", shortcut=key, on_click=vote)
"""
WATCH = """() => {
  window.took = [];
  const texts = () => (document.querySelector(".as-sides") || {}).textContent;
  const buttons = () => (document.querySelector("[class*='st-key-relabel_a_']") || {}).className;
  let wait = null;
  addEventListener("keydown", () => {
    wait = { at: performance.now(), texts: texts(), buttons: buttons() };
  }, true);
  new MutationObserver(() => {
    if (!wait) return;
    const now = performance.now() - wait.at;
    const seen = texts(), keys = buttons();
    if (!wait.text && seen && seen !== wait.texts) wait.text = now;
    if (wait.text && keys && keys !== wait.buttons) {
      window.took.push([wait.text, now]);
      wait = null;
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true,
                              attributes: true });
}"""
STANDS = """() => document.querySelector("[data-testid=stApp]")
  .getAttribute("data-test-script-state") === "notRunning" """


@contextmanager
def own_log(store: Path, votes: int) -> Iterator[Path]:
    """Yield a folder that shows the store's files beside a log of its own, with a queue in it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "store"
        root.mkdir()
        for path in store.iterdir():
            if not path.name.startswith("votes"):
                (root / path.name).symlink_to(path.resolve())
        opened = open_store(root)
        desk = open_desk(root)
        make_queue(desk, items_of(opened, votes + 5))
        opened.close()
        yield root
        desk.refresh(0)
        cast = desk.ask(lambda state: [v.answer for v in state.votes.values()])
        assert len(cast) == votes, f"{len(cast)} votes in the log of {votes} presses"


def press(page: Page, votes: int) -> dict[str, object]:
    """Press keys, each once the page stands still; return the milliseconds."""
    draw = random.Random(7)
    page.evaluate(WATCH)
    for done in range(votes):
        page.wait_for_function(STANDS)
        page.wait_for_timeout(draw.uniform(*PAUSES_MS))
        page.keyboard.press(draw.choice(KEYS))
        page.wait_for_function(f"() => window.took.length > {done}", polling=20)
    took = page.evaluate("window.took")
    return {
        "texts": summary([text for text, _ in took]),
        "buttons": summary([button for _, button in took]),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--votes", type=int, default=500)
    parser.add_argument("--bare", type=int, default=200, help="presses on the bare page")
    args = parser.parse_args()
    result: dict[str, object] = {"store": args.store.name, "votes": args.votes}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE)
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        with serving("streamlit", "run", str(bare), *BARE_FLAGS) as app:
            page = browser.new_page()
            page.goto(app.url)
            page.get_by_role("button", name="A").wait_for()
            result["bare"] = press(page, args.bare)
            page.close()
        with (
            own_log(args.store, args.votes) as root,
            serving("core", "serve", "--store", str(root), "--port", "PORT") as app,
        ):
            page = browser.new_page()
            page.goto(f"{app.url}/relabel")
            page.get_by_role("button", name="Start").click()
            page.get_by_role("button", name="A is better").wait_for()
            page.wait_for_timeout(1000)
            result["relabel"] = press(page, args.votes)
        browser.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
