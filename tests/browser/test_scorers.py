"""Scorers in a real browser: jobs move by themselves, finished runs appear, keys choose a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from core.schema import JobProgress
from core.store.holder import take
from core.store.layout import RUN_LOCK, RUNS
from tests.browser.conftest import Server, link, serving, settled, visit
from tests.factories import demo_pairs, make_store
from tests.runs import add_run, policy

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("scorers")
    make_store(found / "store", demo_pairs(60)).close()
    return found


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """A server of its own: these tests write to the store."""
    with serving(folder) as found:
        yield found


def write_progress(run: Path, done: int) -> None:
    run.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    times = [(now - ago).isoformat() for ago in (timedelta(seconds=50), timedelta(0))]
    progress = JobProgress(run.name, "policy", done, 1000, 50 * done, *times)
    (run / "progress.json").write_text(json.dumps(asdict(progress)), "utf-8")


def cell(page: Page, run: str) -> Locator:
    """Return the cells of the table of runs that name a run: text in a canvas."""
    return page.locator('[data-testid^="glide-cell-1-"]', has_text=run)


def test_a_job_moves_stops_and_ends_without_a_click(
    page: Page, server: Server, folder: Path
) -> None:
    store = folder / "store"
    run = store / RUNS / "tuned"
    visit(page, server, "scorers")
    expect(page.get_by_text("In the making")).to_have_count(0)
    write_progress(run, 100)
    with take(run / RUN_LOCK, "test", pytest.fail):
        expect(page.get_by_text("100 of 1,000 responses")).to_be_visible()
        expect(page.get_by_text("tuned · policy, at work")).to_be_visible()
        expect(page.get_by_role("progressbar")).to_be_visible()
        write_progress(run, 900)
        expect(page.get_by_text("900 of 1,000 responses")).to_be_visible()
    expect(page.get_by_text("score policy --resume tuned")).to_be_visible()
    expect(cell(page, "tuned")).to_have_count(0)
    add_run(store, "tuned", policy(), scorer="policy")
    (run / "progress.json").unlink()
    expect(cell(page, "tuned")).to_have_count(1)
    expect(page.get_by_text("In the making")).to_have_count(0)


def test_a_run_is_chosen_by_keys_and_by_the_box(page: Page, server: Server) -> None:
    visit(page, server, "scorers")
    expect(page.get_by_role("cell", name="alpha, whole")).to_be_visible()
    page.get_by_test_id("stDataFrame").first.get_by_test_id("data-grid-canvas").focus()
    for key in ("ArrowDown", "Shift+Space"):
        page.keyboard.press(key)
    expect(page.get_by_role("cell", name="beta, whole")).to_be_visible()
    assert link(page, run="beta")["run"] == ["beta"]
    box = page.get_by_role("combobox", name="One run, closely")
    expect(box).to_have_value("beta")
    settled(page)
    choose(page, "alpha")
    expect(page.get_by_role("cell", name="alpha, whole")).to_be_visible()


def choose(page: Page, run: str) -> None:
    """Choose a run; a redraw that comes late on a busy machine closes the list, so ask again."""
    box = page.get_by_role("combobox", name="One run, closely")
    option = page.get_by_role("option", name=run)
    for _ in range(8):
        box.press("ArrowDown")
        try:
            option.click(timeout=3000)
        except PlaywrightTimeout:
            continue
        return
    pytest.fail(f"the list never offered {run}")


def test_a_link_opens_its_run(page: Page, server: Server) -> None:
    visit(page, server, "scorers?run=beta")
    expect(page.get_by_role("cell", name="beta, whole")).to_be_visible()
    settled(page)
    expect(page.locator(".st-key-runs_agreement .js-plotly-plot")).to_be_visible()
    expect(page.get_by_text("alpha and beta agree on")).to_be_visible()
