"""Every page on a store with everything, on one without scores, on none, and with a filter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories import make_pair, make_store
from tests.pages.conftest import OpenApp, said

PAGES = (
    "overview", "browse", "margins", "slices", "flips", "team", "scorers", "export", "methods"
)  # fmt: skip


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


@pytest.mark.parametrize("page", ["flips", "overview", "scorers"])
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


def test_the_overview_pictures_every_run(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored)
    assert 'aria-label="Agreement with the labels: alpha ' in said(app)
    noise = 'aria-label="Share of reversed labels. made: audit '
    assert noise in said(app)
    assert said(app).split(noise)[0].count('class="as-name"') == 2


def test_noise_of_a_filter_stands_beside_that_of_the_sources(
    open_app: OpenApp, stored: Path
) -> None:
    app = open_app(stored, source="made", where="length_delta_chars > 0")
    assert "this filter: audit " in said(app)
    assert "Not enough evidence: plain" in said(app)


def test_the_way_to_every_run_needs_two_on_a_source(open_app: OpenApp, tmp_path: Path) -> None:
    for i, run in enumerate(("alpha", "beta")):
        rows = [make_pair(10 * i, scores={run: (2.0, 1.0)})]
        make_store(tmp_path, rows, source=f"source of {run}").close()
    labels = [link.label for link in open_app(tmp_path).get("page_link")]
    assert "See the weakest scorer" in labels
    assert "See the reward models disagree" not in labels
    make_store(tmp_path, [make_pair(90, scores=dict.fromkeys("xy", (2.0, 1.0)))]).close()
    labels = [link.label for link in open_app(tmp_path).get("page_link")]
    assert "See the reward models disagree" in labels


@pytest.mark.parametrize(("gold", "flat"), [("chosen", True), ("rejected", False)])
def test_a_witness_that_confirms_all_is_words_and_no_chart(
    open_app: OpenApp, tmp_path: Path, gold: str, flat: bool
) -> None:
    rows = [make_pair(i, scores={"alpha": (float(i), 1.0)}, gold="chosen") for i in range(5)]
    make_store(tmp_path, [*rows, make_pair(9, scores={"alpha": (9.0, 1.0)}, gold=gold)]).close()
    app = open_app(tmp_path, "margins")
    assert ("Gold confirms every label" in said(app)) == flat
    assert len(app.get("plotly_chart")) == (2 if flat else 3)


def test_margins_by_run_are_told_in_words(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored, "margins", by="run")
    assert not app.exception
    assert "Every run's explicit margin" in said(app)
    assert "No run scores these pairs" in said(
        open_app(stored, "margins", by="run", source="plain")
    )


def test_scores_that_are_too_few_for_a_suspicion_are_told(
    open_app: OpenApp, tmp_path: Path
) -> None:
    make_store(tmp_path, [make_pair(1, scores={"alpha": (2.0, 1.0)})]).close()
    app = open_app(tmp_path, "flips")
    assert "No row here has a suspicion" in said(app)
    assert "no scores yet" not in said(app)


def test_a_search_finds_texts(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored, "browse", q="question 901")
    assert "**1** of 68 pairs" in said(app)


@pytest.mark.parametrize("page", ["browse", "margins", "slices", "flips", "export"])
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
        ("slices", {"slice": "beauty"}, "beauty"),
        ("slices", {"measure": "beauty"}, "beauty"),
        ("slices", {"whose": "gamma"}, "gamma"),
        ("flips", {"show": "everything"}, "everything"),
        ("scorers", {"run": "gamma"}, "gamma"),
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
