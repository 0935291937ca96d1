"""Slices: choices in the link, a slice that becomes the filter, and the link and recipe of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.schema import Condition, PairFilter
from pages.components.slicekeep import address
from tests.factories import make_pair, make_store
from tests.pages.conftest import OpenApp, said


@pytest.fixture(scope="module")
def sliced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store where `alpha` is right about every long answer and wrong about every short one."""
    rows = [
        make_pair(
            i,
            chosen_text="a" * (30 + i % 60),
            rejected_text=f"{i:04d}".ljust(60, "b"),
            scores={"alpha": (1.0 if i % 60 > 30 else -1.0, 0.0)},
        )
        for i in range(600)
    ]
    folder = tmp_path_factory.mktemp("sliced") / "store"
    make_store(folder, rows).close()
    return folder


def test_a_slice_becomes_the_filter_and_the_recipe(open_app: OpenApp, sliced: Path) -> None:
    app = open_app(sliced, "slices")
    assert not app.exception
    lowest = next(b for b in app.button if "lowest quarter" in b.label)
    lowest.click().run()
    assert not app.exception
    assert "of 600 pairs: length\\_ratio \\<" in said(app)
    assert "--where=length_ratio <" in said(app).replace("'", "")
    assert "?where=length_ratio+%3C" in said(app)
    app.button(key="brush_undo").click().run()
    assert "All **600** pairs" in said(app)


def test_a_surprise_is_said_and_becomes_the_filter(open_app: OpenApp, sliced: Path) -> None:
    app = open_app(sliced, "slices")
    words = said(app).replace("\\", "")
    assert "alpha agrees with 100\u00a0% of the labels where length" in words
    assert "correction over all of them" in words
    next(b for b in app.button if b.label == "Keep these").click().run()
    assert not app.exception
    assert "of 600 pairs: length" in said(app).replace("\\", "")


def test_the_link_says_what_is_compared(open_app: OpenApp, sliced: Path) -> None:
    app = open_app(
        sliced, "slices", slice="source", measure="mean of a signal", mean_of="length_ratio"
    )
    assert not app.exception
    assert app.selectbox(key="slice").value == "source"
    assert app.selectbox(key="mean_of").value == "length_ratio"
    assert "no other slice has it" in said(app)


def test_few_rows_are_said_to_be_too_few(open_app: OpenApp, stored: Path) -> None:
    assert "Nothing to compare in 68 rows" in said(open_app(stored, "slices"))


def test_an_address_holds_the_whole_filter() -> None:
    filter = PairFilter(("a&b", "c"), ("train",), 'say "no"', (Condition("x", ">=", 0.5),))
    assert address("http://here/slices?old=1", filter) == (
        "http://here/slices?source=a%26b&source=c&split=train&q=say+%22no%22&where=x+%3E%3D+0.5"
    )
    assert address(None, PairFilter()) == "/slices"


def test_people_and_models_are_slices_where_the_data_names_them(
    open_app: OpenApp, tmp_path: Path
) -> None:
    rows = [
        make_pair(
            i,
            scores={"alpha": (1.0 if i % 3 else -1.0, 0.0)},
            votes={f"<i>w{i % 2}</i>": "chosen"},
            chosen_model='it\'s "m"' if i else None,
        )
        for i in range(8)
    ]
    make_store(tmp_path / "store", rows).close()
    app = open_app(tmp_path / "store", "slices", slice="annotator")
    assert not app.exception
    assert not {"language", "rejected_model"} & set(app.selectbox(key="slice").options)
    next(b for b in app.button if "w1" in b.label).click().run()
    assert not app.exception
    assert app.session_state["where"] == "annotator = '<i>w1</i>'"
    app = open_app(tmp_path / "store", "slices", where="chosen_model = 'it''s \"m\"'")
    assert not app.exception
    assert "**7** of 8 pairs: chosen\\_model is it's" in said(app)
