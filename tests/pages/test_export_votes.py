"""Export and people's verdicts: what they do to labels, whose names stand where, who sees what."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.curate.recipe import Labels, Recipe
from core.relabel.desk import Desk
from core.relabel.people import LOCAL
from core.schema import PairFilter
from pages.components import exportfile
from tests.pages.conftest import OpenApp
from tests.pages.teamlog import PEOPLE, fill, small_desk, small_store, words
from tests.pages.test_export import command, selected
from tests.pages.test_hidden import Opened, opened, traces  # noqa: F401


@pytest.fixture
def voted(tmp_path: Path) -> Iterator[tuple[Path, Desk]]:
    store = small_store(tmp_path / "store")
    desk = small_desk(store)
    fill(desk, store)
    yield store, desk
    desk.log.close()


def table(app: AppTest, column: str) -> dict[str, str]:
    (found,) = [t.value for t in app.table if column in t.value.columns]
    return dict(zip(found[column], found["Rows"], strict=True))


def test_without_votes_there_is_nothing_to_choose(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored, "export", verdicts="majority")
    assert not app.exception
    assert "verdicts" not in [box.key for box in app.selectbox]
    assert not [word for word in command(app) if word.startswith("--verdicts")]


def test_verdicts_do_nothing_until_they_are_asked_for(
    open_app: OpenApp, voted: tuple[Path, Desk]
) -> None:
    app = open_app(voted[0], "export")
    assert app.selectbox(key="verdicts").value == "as the sources have them"
    whole = selected(app)
    app.selectbox(key="verdicts").set_value("majority").run()
    assert "--verdicts=majority" in command(app)
    counts = table(app, "Verdict")
    assert int(counts["Remove"]) > 0
    kept = selected(app)
    assert kept < whole
    app.selectbox(key="on_reversed").set_value("flip").run()
    assert "--on-reversed=flip" in command(app)
    assert selected(app) > kept
    assert f"{counts['Remove']} labels reversed" in words(app)


def test_contested_labels_are_soft_where_that_is_chosen(
    open_app: OpenApp, voted: tuple[Path, Desk]
) -> None:
    link = {"verdicts": "unanimous", "on_contested": "soft"}
    app = open_app(voted[0], "export", **link)
    assert not app.exception
    assert "--on-contested=soft" in command(app)
    assert int(table(app, "Verdict")["Soft"]) > 0


def test_a_new_vote_is_in_the_next_look(open_app: OpenApp, voted: tuple[Path, Desk]) -> None:
    store, desk = voted
    app = open_app(store, "export", verdicts="majority")
    before = table(app, "Verdict")
    fill(desk, store, people=("dee",), n=20, name="second")
    time.sleep(1.1)  # a page looks at the log once a second
    app = open_app(store, "export", verdicts="majority")
    assert table(app, "Verdict") != before


def test_nobody_is_named_in_a_download_unless_that_is_asked_for(
    voted: tuple[Path, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_STORE", str(voted[0]))
    labels = Labels("majority", {}, "flip")
    held = unzipped(exportfile.later(Recipe(labels=labels), LOCAL)())
    assert not [name for name in PEOPLE if f'"{name}"'.encode() in held]
    assert b"annotator-1" in held
    named = unzipped(exportfile.later(Recipe(labels=labels, names=True), LOCAL)())
    assert b'"ann"' in named


def unzipped(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        manifest = json.loads(held.read("manifest.json"))
        assert manifest["counts"]["selected"] > 0
        return b"\n".join(held.read(name) for name in held.namelist())


@pytest.mark.parametrize("preset", ["everything", "remove_suspects", "unanimity"])
def test_an_open_pair_leaves_no_trace(
    open_app: OpenApp,
    opened: Opened,  # noqa: F811
    preset: str,
) -> None:
    app = open_app(opened.store, "export", preset=preset, compare="goldilocks")
    assert traces(app, opened) == []
    app.session_state["export_gallery"] = True
    assert traces(app.run(), opened) == []
    assert PairFilter().hidden == ()
