"""Every page × every role, and the menu."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.util import calc_hash

from pages.components import menu
from tests.pages.conftest import said
from tests.pages.roles.conftest import (
    NAMES,
    NEED,
    Visit,
    assert_tells_nothing,
    cookie_of,
    is_refused,
    remove,
)


@pytest.mark.parametrize("page", NAMES)
@pytest.mark.parametrize("person", ["ann", "rev"])
def test_reviewers_and_admins_get_every_page(
    visit: Visit, store: Path, person: str, page: str
) -> None:
    app = visit(page, cookie_of(store, person))
    assert not app.exception
    assert app.title[0].value == page.capitalize()
    bare = {entry.name for entry in menu._PAGES if entry.bare}
    assert bool(app.sidebar.multiselect) == (page not in bare)


@pytest.mark.parametrize("page", NAMES)
def test_annotators_get_relabel_alone(visit: Visit, store: Path, page: str) -> None:
    app = visit(page, cookie_of(store, "bo"))
    assert not app.exception
    assert app.title[0].value == "Relabel"
    assert_tells_nothing(app)


@pytest.mark.parametrize("page", NAMES)
def test_nobody_gets_a_sentence(visit: Visit, page: str) -> None:
    app = visit(page)
    assert is_refused(app)
    assert NEED in app.info[0].value


@pytest.mark.parametrize("page", NAMES)
@pytest.mark.parametrize("person", ["rev", "bo"])
def test_the_removed_get_a_sentence(visit: Visit, store: Path, person: str, page: str) -> None:
    cookie = cookie_of(store, person)
    remove(store, person)
    app = visit(page, cookie)
    assert is_refused(app)
    assert f"{person} is no longer on the list of this project" in app.info[0].value
    assert "Answers given before are kept" in app.info[0].value


@pytest.mark.parametrize("page", NAMES)
def test_a_lone_person_gets_every_page(visit: Visit, store: Path, page: str) -> None:
    (store / "assay.toml").unlink()
    app = visit(page)
    assert not app.exception
    assert app.title[0].value == page.capitalize()
    assert not (store / "votes.sqlite3").exists() or page in {"relabel", "team"}


def test_the_order_is_that_of_the_work() -> None:
    work = ["overview", "browse", "margins", "slices", "flips", "relabel", "team"]
    assert [*work, "scorers", "export", "methods"] == NAMES


def test_a_bare_page_keeps_the_filter_for_the_others(visit: Visit, store: Path) -> None:
    app = visit("browse", cookie_of(store, "rev"), where="row_id >= 18")
    assert "of 23 pairs: row" in said(app).replace("\\", "")
    bare = next(entry.name for entry in menu._PAGES if entry.bare)
    app._page_hash = calc_hash(bare)
    assert_tells_nothing(app.run())
    app._page_hash = calc_hash("browse")
    app.run()
    assert app.text_input(key="where").value == "row_id >= 18"
