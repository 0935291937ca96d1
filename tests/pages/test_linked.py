"""The linked panels on Margins: ranges and kinds narrow all, stand in the filter, are undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

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
