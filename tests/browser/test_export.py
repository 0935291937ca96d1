"""Export in a real browser: the link, a slider that moves the preview, files in and out."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, link, serving, settled, visit
from tests.factories import demo_pairs, make_pair, make_store
from tests.runs import add_run, policy

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store to write beside, with a policy."""
    found = tmp_path_factory.mktemp("export")
    make_store(found / "store", demo_pairs(120), search=True).close()
    more = [make_pair(500 + i) for i in range(6)]
    make_store(found / "store", more, source="plain", search=True).close()
    add_run(found / "store", "toy", policy(), scorer="policy")
    return found


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """Serve it to the tests of this file only."""
    with serving(folder) as found:
        yield found


def headline(page: Page) -> str:
    return page.locator("h3", has_text="pairs of").inner_text()


def test_a_slider_moves_the_preview_and_the_link(page: Page, server: Server) -> None:
    visit(page, server, "export?preset=remove_suspects")
    before = headline(page)
    thumb = page.get_by_role("slider", name="Share")
    thumb.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("--param=share=0.4")).to_be_visible()
    settled(page)
    assert headline(page) != before
    assert link(page, preset_remove_suspects_share="0.4")["preset_remove_suspects_share"] == ["0.4"]
    page.reload()
    expect(page.get_by_text("--param=share=0.4")).to_be_visible()


def test_a_card_of_the_gallery_is_chosen(page: Page, server: Server) -> None:
    visit(page, server, "export")
    page.get_by_text("Gallery: all").click()
    page.get_by_role("button", name="Choose: Goldilocks band").click()
    expect(page.get_by_text("--preset=goldilocks")).to_be_visible()
    settled(page)
    assert link(page, preset="goldilocks")["preset"] == ["goldilocks"]
    expect(page.get_by_role("button", name="Chosen: Goldilocks band")).to_be_disabled()


def test_a_cap_is_added_by_its_form(page: Page, server: Server) -> None:
    visit(page, server, "export")
    page.get_by_role("button", name="Add a cap").click()
    page.get_by_role("spinbutton", name="At most").fill("5")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("--cap=source=5")).to_be_visible()
    settled(page)
    assert link(page, "cap")["cap"] == ["source=5"]


def test_evaluation_prompts_are_kept_out_of_the_download(page: Page, server: Server) -> None:
    visit(page, server, "export")
    before = headline(page)
    text = "\n".join(f"question {i}" for i in range(10)).encode()
    page.locator("input[type=file]").set_input_files(
        {"name": "bench.txt", "mimeType": "text/plain", "buffer": text}
    )
    expect(page.get_by_text("--evaluation=bench.txt")).to_be_visible()
    settled(page)
    assert headline(page) != before
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as a zip file").click()
    with zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes())) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["counts"]["contaminated"] > 0


def test_a_folder_is_written_on_the_server(page: Page, server: Server, folder: Path) -> None:
    visit(page, server, "export?ratios=0.5%2C0.5")
    page.get_by_role("textbox", name="A new folder in exports").fill("round-1")
    page.get_by_role("button", name="Write on the server").click()
    expect(page.get_by_text("written to exports/round-1")).to_be_visible()
    made = folder / "store" / "exports" / "round-1"
    manifest = json.loads((made / "manifest.json").read_text("utf-8"))
    assert [entry["name"] for entry in manifest["splits"]] == ["train", "test"]
    page.get_by_role("button", name="Write on the server").click()
    expect(page.get_by_text("There is an export named round-1 already")).to_be_visible()
