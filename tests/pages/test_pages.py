"""Every page on a store with everything, on one without scores, on none, and with a filter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories import make_pair, make_store
from tests.pages.conftest import OpenApp, said

PAGES = ("overview", "browse", "margins", "flips", "export", "methods")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_a_store_with_everything(open_app: OpenApp, stored: Path, page: str) -> None:
    app = open_app(stored, page)
    assert not app.exception
    assert not app.error
    assert "All **68** pairs" in said(app)
    assert app.title[0].value == page.capitalize()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_a_store_without_scores(open_app: OpenApp, unscored: Path, page: str) -> None:
    app = open_app(unscored, page)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("page", ["flips", "overview"])
def test_without_scores_a_page_names_the_command_that_makes_them(
    open_app: OpenApp, unscored: Path, page: str
) -> None:
    assert "score crossfit" in said(open_app(unscored, page))


@pytest.mark.parametrize("page", PAGES)
def test_without_a_store_a_page_says_what_makes_one(
    open_app: OpenApp, tmp_path: Path, page: str
) -> None:
    app = open_app(tmp_path / "nothing", page)
    assert not app.exception
    if page == "methods":
        assert "explicit_margin" in said(app)
    else:
        assert "python -m core demo" in said(app)
        assert "nothing" in said(app)


def test_a_filter_changes_the_count_and_stands_above_the_page(
    open_app: OpenApp, stored: Path
) -> None:
    app = open_app(stored)
    app.multiselect(key="source").select("plain").run()
    assert "**5** of 68 pairs: source is plain" in said(app)
    app.text_input(key="where").set_value("row_id >= 66").run()
    assert "**2** of 68 pairs" in said(app)
    app.button(key="drop_0").click().run()
    assert "**5** of 68 pairs" in said(app)


def test_a_search_finds_texts(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored, "browse", q="question 901")
    assert "**1** of 68 pairs" in said(app)


@pytest.mark.parametrize("page", ["browse", "margins", "flips", "export"])
def test_a_filter_that_keeps_nothing_is_said(open_app: OpenApp, stored: Path, page: str) -> None:
    app = open_app(stored, page, where="row_id < 0")
    assert not app.exception
    assert "No pair matches this filter" in said(app)


@pytest.mark.parametrize(
    ("page", "link", "named"),
    [
        ("overview", {"source": "nope"}, "nope"),
        ("overview", {"split": ["train", "gone"]}, "gone"),
        ("overview", {"where": "suspicion >"}, "cannot be read"),
        ("overview", {"where": "colour = 3"}, "There is no column named 'colour'"),
        ("overview", {"where": "source > 3"}, "cannot be compared"),
        ("browse", {"sort": "beauty"}, "beauty"),
        ("browse", {"pair": "0123456789abcdef"}, "There is no pair 0123456789abcdef"),
        ("browse", {"pair": "rubbish"}, "There is no pair rubbish"),
        ("browse", {"after": "here"}, "page mark here"),
        ("margins", {"signal": "beauty"}, "beauty"),
        ("margins", {"by": "weekday"}, "weekday"),
        ("flips", {"show": "everything"}, "everything"),
        ("export", {"preset": "best"}, "best"),
        ("export", {"ratios": "1,2"}, "not shares of one whole"),
        ("methods", {"about": "nothing"}, "nothing"),
    ],
)
def test_what_a_link_says_wrongly_is_named(
    open_app: OpenApp, stored: Path, page: str, link: dict[str, str], named: str
) -> None:
    app = open_app(stored, page, **link)
    assert not app.exception
    messages = [str(m.value).replace("\\", "") for m in (*app.warning, *app.error)]
    assert any(named in message for message in messages), messages


def test_an_error_shows_its_hint(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored, where="suspicion >")
    assert "NAME OP VALUE" in said(app).replace("\\", "")
    assert "suspicion" in app.error[0].value


def test_a_damaged_store_is_a_sentence(open_app: OpenApp, tmp_path: Path) -> None:
    (tmp_path / "current.json").write_text("not json")
    app = open_app(tmp_path)
    assert not app.exception
    assert "current" in app.error[0].value


def test_a_new_generation_is_seen_without_a_restart(open_app: OpenApp, tmp_path: Path) -> None:
    make_store(tmp_path, [make_pair(1)], source="one").close()
    app = open_app(tmp_path)
    assert "All **1** pair" in said(app)
    make_store(tmp_path, [make_pair(2)], source="two").close()
    assert "All **2** pairs" in said(app.run())
