"""Saved filters in the bar: saved, chosen on any page, shared, removed and brought back."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from core.store.layout import FILTERS
from core.store.saved import Saved, read, save
from pages.components.savedfilters import address
from tests.pages.conftest import OpenApp, said

EVIL = '<b onmouseover="x">*evil*</b> \u202e'
POSITIVE = Saved("Positive", ("made",), (), "answer", "explicit_margin_alpha >= 0")


@pytest.fixture
def store(stored: Path, tmp_path: Path) -> Path:
    """A copy, for what is saved in it."""
    return Path(shutil.copytree(stored, tmp_path / "store"))


def opened(app: AppTest) -> AppTest:
    app.session_state["saved"] = True
    return app.run()


def test_a_filter_is_saved_with_a_name_and_stands_chosen(open_app: OpenApp, store: Path) -> None:
    app = opened(open_app(store, source="made", where="explicit_margin_alpha >= 0"))
    assert not app.exception
    app.text_input(key="saved_name").set_value("  My   pairs ")
    app.button(key="FormSubmitter:saved_form-Save this filter").click().run()
    assert not app.exception
    kept = Saved("My pairs", ("made",), (), "", "explicit_margin_alpha >= 0")
    assert read(store) == (kept,)
    assert app.selectbox(key="saved_choice").value == 0
    assert "Saved as “My pairs”." in said(app)


@pytest.mark.parametrize("page", ["overview", "browse", "margins"])
def test_a_choice_applies_at_once_in_the_place_of_all(
    open_app: OpenApp, store: Path, page: str
) -> None:
    save(store, Saved("Empty"))
    save(store, POSITIVE)
    app = open_app(store, page, where="row_id >= 3", split="train")
    app.selectbox(key="saved_choice").select_index(1).run()
    assert not app.exception
    state = app.session_state
    assert (state["source"], state["split"]) == (["made"], [])
    assert (state["q"], state["where"]) == ("answer", POSITIVE.where)
    assert app.selectbox(key="saved_choice").value == 1
    app.selectbox(key="saved_choice").select_index(0).run()
    assert state["where"] == ""
    assert "All **" in said(app)


def test_a_link_that_says_a_saved_filter_shows_its_name(open_app: OpenApp, store: Path) -> None:
    save(store, POSITIVE)
    app = open_app(store, source="made", q="answer", where=POSITIVE.where)
    assert app.selectbox(key="saved_choice").value == 0
    app.text_input(key="q").set_value("").run()
    assert app.selectbox(key="saved_choice").value is None


def test_removed_and_brought_back(open_app: OpenApp, store: Path) -> None:
    save(store, POSITIVE)
    app = opened(open_app(store, source="made", q="answer", where=POSITIVE.where))
    app.button(key="saved_remove").click().run()
    assert read(store) == ()
    assert "Removed “Positive”. The filter itself still stands." in said(app)
    assert app.session_state["where"] == POSITIVE.where
    app.button(key="saved_back").click().run()
    assert not app.exception
    assert read(store) == (POSITIVE,)
    assert "“Positive” is back." in said(app)


def test_mistakes_are_sentences(open_app: OpenApp, store: Path) -> None:
    save(store, POSITIVE)
    app = opened(open_app(store, where="row_id >= 3"))
    for name, words in (("positive", "already"), (" ", "1 to 80 characters")):
        app.text_input(key="saved_name").set_value(name)
        app.button(key="FormSubmitter:saved_form-Save this filter").click().run()
        assert not app.exception
        assert words in said(app)
    assert read(store) == (POSITIVE,)
    assert opened(open_app(store)).button
    assert "there is nothing to save yet" in said(opened(open_app(store)))


def test_what_vanished_is_named(open_app: OpenApp, store: Path) -> None:
    save(store, Saved("old", ("gone", "made"), ("lost",), "", "vanished > 3"))
    save(store, Saved("z", where="row_id >= 0"))
    app = open_app(store)
    app.selectbox(key="saved_choice").select_index(0).run()
    assert not app.exception
    assert "the source “gone”, which is not here" in said(app)
    assert "the split “lost”, which is not here" in said(app)
    assert any("'vanished'" in str(error.value) for error in app.error)
    app.selectbox(key="saved_choice").select_index(1).run()
    assert not app.error


@pytest.mark.parametrize(
    "text", ["{", '{"application": "assay", "version": 9, "filters": []}'], ids=["damaged", "later"]
)
def test_a_file_that_cannot_be_read_leaves_the_page_usable(
    open_app: OpenApp, store: Path, text: str
) -> None:
    (store / FILTERS).write_text(text, "utf-8")
    app = opened(open_app(store, where="row_id >= 3"))
    assert not app.exception
    assert any("filters.json" in str(warning.value).replace("\\", "") for warning in app.warning)
    assert "of 68 pairs" in said(app)
    app.text_input(key="saved_name").set_value("mine")
    app.button(key="FormSubmitter:saved_form-Save this filter").click().run()
    assert not app.exception
    assert (store / FILTERS).read_text("utf-8") == text


def test_hostile_names_are_letters(open_app: OpenApp, store: Path) -> None:
    save(store, Saved(EVIL, where="row_id >= 3"))
    app = opened(open_app(store, where="row_id >= 3"))
    assert not app.exception
    assert "Saved as **\\<b onmouseover\\=" in said(app)
    assert "‹U+202E›" in app.selectbox(key="saved_choice").options[0]


def test_the_link_says_the_filter_alone(open_app: OpenApp, store: Path) -> None:
    said_now = [("source", "made"), ("where", "suspicion >= 0.5 & '+'")]
    found = address("http://host:1/margins?view=linked#top", said_now)
    base, _, query = found.partition("?")
    assert base == "http://host:1/margins"
    assert parse_qs(query) == {name: [value] for name, value in said_now}
    app = opened(open_app(store, where="row_id >= 3"))
    assert "where=row_id+%3E%3D+3" in said(app)


def test_a_recipe_can_be_downloaded(open_app: OpenApp, store: Path) -> None:
    app = opened(open_app(store, where="row_id >= 3"))
    assert app.get("download_button")


def test_names_that_begin_alike_stay_apart(open_app: OpenApp, store: Path) -> None:
    start = "Pairs whose longer answer wins although the gold answer says otherwise, part "
    for last, row in (("A", 3), ("B", 6)):
        save(store, Saved(start + last, where=f"row_id >= {row}"))
    app = open_app(store, where="row_id >= 3")
    app.run()
    assert app.session_state["where"] == "row_id >= 3"
    app.selectbox(key="saved_choice").select_index(1).run()
    assert app.session_state["where"] == "row_id >= 6"
    app.run()
    assert app.session_state["where"] == "row_id >= 6"
