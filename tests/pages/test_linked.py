"""The linked panels on Margins: ranges and kinds narrow all, stand in the filter, are undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.store.filters import where_text
from pages.components.brush import bins_conditions
from tests.factories import make_pair, make_store
from tests.pages.conftest import OpenApp, said

ALPHA, BETA = "explicit_margin_alpha", "explicit_margin_beta"


@pytest.fixture
def linked(open_app: OpenApp, stored: Path) -> AppTest:
    return open_app(stored, "margins", view="linked", x=ALPHA, y=BETA)


def test_four_panels_stand_together_and_nothing_else(linked: AppTest) -> None:
    assert not linked.exception
    assert not linked.warning
    assert len(linked.get("plotly_chart")) == 4
    assert linked.button(key="brush_undo").disabled
    assert "the other panels follow" in said(linked)
    assert not linked.subheader


def test_a_range_moved_step_by_step_narrows_and_is_undone_at_once(linked: AppTest) -> None:
    slider = linked.slider(key="linked_x_range")
    slider.set_value((0.0, slider.max)).run()
    assert linked.session_state["where"] == f"{ALPHA} >= 0"
    assert "Filled: the **" in said(linked)
    linked.slider(key="linked_x_range").set_value((0.0, 1.0)).run()
    assert linked.session_state["where"] == f"{ALPHA} >= 0 AND {ALPHA} <= 1"
    linked.slider(key="linked_y_range").set_value((0.0, 1.0)).run()
    assert linked.session_state["where"].count(BETA) == 2
    linked.button(key="brush_undo").click().run()
    assert linked.session_state["where"] == f"{ALPHA} >= 0 AND {ALPHA} <= 1"
    assert linked.slider(key="linked_x_range").value == (0.0, 1.0)
    linked.button(key="brush_undo").click().run()
    assert linked.session_state["where"] == ""
    assert linked.slider(key="linked_x_range").value == (slider.min, slider.max)
    assert linked.button(key="brush_undo").disabled


def test_a_range_moved_back_to_its_ends_leaves_nothing_to_undo(linked: AppTest) -> None:
    slider = linked.slider(key="linked_x_range")
    whole = (slider.min, slider.max)
    slider.set_value((0.0, slider.max)).run()
    linked.slider(key="linked_x_range").set_value(whole).run()
    assert linked.session_state["where"] == ""
    assert linked.button(key="brush_undo").disabled


def test_a_source_is_picked_in_the_bar_s_own_list(linked: AppTest) -> None:
    linked.get("button_group")[-1].set_value([1]).run()
    assert not linked.exception
    assert linked.session_state["source"] == ["plain"]
    assert "**5** of 68 pairs: source is plain" in said(linked)
    linked.button(key="brush_undo").click().run()
    assert linked.session_state["source"] == []
    assert "All **68** pairs" in said(linked)


def test_a_kind_of_any_category_becomes_a_condition(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored, "margins", view="linked", category="tie", where="row_id >= 0")
    app.get("button_group")[-1].set_value(1).run()
    assert not app.exception
    assert app.session_state["where"] == "row_id >= 0 AND tie = true"
    app.button(key="brush_undo").click().run()
    assert app.session_state["where"] == "row_id >= 0"


def test_what_was_changed_by_hand_is_not_undone(linked: AppTest) -> None:
    linked.slider(key="linked_x_range").set_value((0.0, 1.0)).run()
    linked.slider(key="linked_x_range").set_value((0.5, 1.0)).run()
    linked.text_input(key="where").set_value("").run()
    assert linked.button(key="brush_undo").disabled
    assert linked.session_state["where"] == ""


def test_a_filter_that_keeps_nothing_leaves_the_outlines(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored, "margins", view="linked", where="row_id < 0")
    assert not app.exception
    assert "No pair matches this filter; the outlines are all rows." in said(app)
    assert len(app.get("plotly_chart")) == 4


@pytest.mark.parametrize(
    ("link", "named"),
    [
        ({"view": "circles"}, "circles"),
        ({"view": "linked", "category": "<b>x</b>"}, "x"),
        ({"view": "linked", "category": "language"}, "language"),
        ({"view": "linked", "x": "vanished"}, "vanished"),
    ],
)
def test_a_link_that_does_not_fit_is_named(
    open_app: OpenApp, stored: Path, link: dict[str, str], named: str
) -> None:
    app = open_app(stored, "margins", **link)
    assert not app.exception
    assert any(named in str(warning.value) for warning in app.warning)
    assert app.get("plotly_chart")


def test_a_filter_that_cannot_be_read_is_a_sentence(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored, "margins", view="linked", where="vanished > 3")
    assert not app.exception
    assert any("vanished" in str(error.value) for error in app.error)


def test_one_signal_that_never_changes_can_be_shown(open_app: OpenApp, tmp_path: Path) -> None:
    make_store(tmp_path, [make_pair(i, scores={"alpha": (2.0, 1.0)}) for i in range(4)]).close()
    app = open_app(tmp_path, "margins", view="linked", x=ALPHA, y=ALPHA)
    assert not app.exception
    assert len(app.get("plotly_chart")) == 4


def test_a_language_that_the_data_names_is_a_category(open_app: OpenApp, tmp_path: Path) -> None:
    german = '{"language": "<b>German</b>"}'
    rows = [
        make_pair(i, scores={"alpha": (i / 9, 0.5)}, extra=german if i % 3 else None)
        for i in range(9)
    ]
    make_store(tmp_path / "store", rows).close()
    app = open_app(tmp_path / "store", "margins", view="linked", category="language")
    assert not app.exception
    offered = app.selectbox(key="category").options
    assert "language" in offered
    assert not {"annotator", "chosen_model", "tie_kind"} & set(offered)
    app.get("button_group")[-1].set_value(0).run()
    assert not app.exception
    assert app.session_state["where"] == "language = '<b>German</b>'"
    assert "**6** of 9 pairs: language is \\<b\\>German\\</b\\>" in said(app)
    app.get("button_group")[-1].set_value(1).run()
    assert "**3** of 9 pairs: language is unknown" in said(app)


def test_kinds_that_read_alike_stay_apart(open_app: OpenApp, tmp_path: Path) -> None:
    rows = [
        make_pair(i, scores={"alpha": (i / 9, 0.5)}, chosen_model="unknown" if i < 4 else None)
        for i in range(6)
    ]
    make_store(tmp_path / "store", rows).close()
    where = "chosen_model = 'unknown'"
    app = open_app(
        tmp_path / "store", "margins", view="linked", category="chosen_model", where=where
    )
    app.run()
    assert app.session_state["where"] == where
    assert "**4** of 6 pairs" in said(app)


def test_a_picked_kind_leaves_what_has_no_pill(open_app: OpenApp, tmp_path: Path) -> None:
    rows = [
        make_pair(i, scores={"alpha": (i / 9, 0.5)}, split=f"s{min(i // 2, 9)}") for i in range(19)
    ]
    make_store(tmp_path / "store", rows).close()
    app = open_app(tmp_path / "store", "margins", view="linked", category="split", split="s9")
    app.get("button_group")[-1].set_value([1]).run()
    assert not app.exception
    assert sorted(app.session_state["split"]) == ["s1", "s9"]


def test_overview_has_the_bars_of_a_category_beside_all_rows(
    open_app: OpenApp, stored: Path
) -> None:
    app = open_app(stored, category="tie", where="row_id >= 3")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1
    assert "Filled: the **65** pairs that the filter keeps" in said(app)
    app.get("button_group")[-1].set_value(1).run()
    assert app.session_state["where"] == "row_id >= 3 AND tie = true"
    app.button(key="brush_undo").click().run()
    assert app.session_state["where"] == "row_id >= 3"
    app.text_input(key="where").set_value("").run()
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("link", [{"where": "row_id < 0"}, {"category": "vanished"}, {}])
def test_overview_bars_stand_whatever_is_asked(
    open_app: OpenApp, unscored: Path, link: dict[str, str]
) -> None:
    app = open_app(unscored, **link)
    assert not app.exception
    assert len(app.get("plotly_chart")) == ("where" in link)
    if "where" not in link:
        next(button for button in app.button if button.label == "Draw the bars").click().run()
    assert len(app.get("plotly_chart")) == 1
    assert bool(app.warning) == ("category" in link)


@pytest.mark.parametrize(
    ("sides", "tops", "kept"),
    [
        ([5.0, 6.0], {"turns": 49.0}, "turns >= 5 AND turns < 6"),
        ([48.0, 49.0], {"turns": 49.0}, "turns >= 48 AND turns <= 49"),
        ([0.123456, 0.223456], {"a": 1.0}, "a >= 0.123 AND a < 0.224"),
        ([-0.223456, -0.123456], {"a": 1.0}, "a >= -0.224 AND a < -0.123"),
        ([0.9, 1.00004], {"a": 1.00004}, "a >= 0.9 AND a <= 1.001"),
        ([12345.0, 23456.0], {"a": 9e9}, "a >= 12300 AND a < 23500"),
        ([1.0, 2.0, 3.0, 4.0, 17.0], {"a": 9.0, "b": 4.0},
         "a >= 1 AND a < 2 AND b >= 3 AND b <= 4"),
    ],
)  # fmt: skip
def test_a_bin_ends_where_the_next_one_begins(
    sides: list[float], tops: dict[str, float], kept: str
) -> None:
    assert where_text(bins_conditions(sides, tops)) == kept
