"""The plane on Margins and the bands on Flips: sliders, the cut as a filter, and empty states."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.schema import PairFilter
from core.store.instance import open_store
from core.views.bands import band_counts
from tests.factories import demo_pairs, make_pair, make_store
from tests.pages.conftest import OpenApp, said
from tests.runs import add_run, policy

NAME = "alignment_potential_toy"


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a policy run beside two reward runs."""
    folder = tmp_path_factory.mktemp("learned") / "store"
    make_store(folder, demo_pairs(120)).close()
    add_run(folder, "toy", policy(), scorer="policy")
    return folder


def test_the_plane_moves_with_its_sliders(open_app: OpenApp, learned: Path) -> None:
    app = open_app(learned, "margins")
    assert not app.exception
    assert "48 of 122 rows" in (text := said(app).replace("\\", ""))
    assert "explicit = 1 · implicit" in text
    app.select_slider(key="keep").set_value(80).run()
    assert "97 of 122 rows" in said(app)
    app.select_slider(key="lambda").set_value("2.5").run()
    assert "explicit = 2.5 · implicit" in said(app).replace("\\", "")
    assert "Set both so to filter" in said(app)
    assert not [b for b in app.button if b.key == "plane_keep"]
    app.select_slider(key="lambda").set_value("1").run()
    app.selectbox(key="reward").set_value("alpha").run()
    assert not app.exception
    assert not [b for b in app.button if b.key == "plane_keep"]


def test_the_kept_side_becomes_the_filter_and_is_taken_back(
    open_app: OpenApp, learned: Path
) -> None:
    app = open_app(learned, "margins", where="row_id >= 0")
    app.button(key="plane_keep").click().run()
    assert "**48** of 123 pairs" in said(app)
    assert app.session_state["where"].startswith(f"row_id >= 0 AND {NAME} >= ")
    assert "the plane shows both sides of it" in said(app)
    assert "48 of 122 rows" in said(app)
    app.select_slider(key="keep").set_value(80).run()
    app.button(key="plane_keep").click().run()
    assert "**97** of 123 pairs" in said(app)
    app.button(key="plane_clear").click().run()
    assert app.session_state["where"] == "row_id >= 0"


@pytest.mark.parametrize(
    ("link", "named"),
    [
        ({"keep": "41"}, "41"),
        ({"lambda": "9"}, "lambda"),
        ({"reward": "gamma"}, "gamma"),
    ],
)
def test_a_link_that_does_not_fit_the_plane_is_named(
    open_app: OpenApp, learned: Path, link: dict[str, str], named: str
) -> None:
    app = open_app(learned, "margins", **link)
    assert not app.exception
    assert any(named in str(warning.value) for warning in app.warning)


def test_without_a_policy_the_plane_names_the_command(open_app: OpenApp, stored: Path) -> None:
    text = said(open_app(stored, "margins"))
    assert "The plane needs a policy's margins" in text
    assert "python -m core score policy --model MODEL" in text


def test_gold_is_marked_and_suspicion_held_against_it(open_app: OpenApp, stored: Path) -> None:
    text = said(open_app(stored, "margins")).replace("\\", "")
    assert "of these labels reversed" in text
    assert "Expected calibration error" in text


def test_bands_filter_the_list_and_are_counted(open_app: OpenApp, learned: Path) -> None:
    store = open_store(learned)
    counts = band_counts(store, PairFilter())
    store.close()
    app = open_app(learned, "flips")
    assert f"keep **{counts.of['keep']:,}** · contested **{counts.contested}**, apart" in said(app)
    for name, band in (("propose a flip", "propose"), ("ask a person", "ask"), ("keep", "keep")):
        app.segmented_control(key="band").set_value(name).run()
        assert not app.exception
        assert f"1 of {min(counts.of[band], 50)} on this page" in said(app)


def test_a_band_with_nothing_in_it_is_said(open_app: OpenApp, learned: Path) -> None:
    app = open_app(learned, "flips", band="propose a flip", where="suspicion < 0.3")
    assert "No row is in this band" in said(app)


def test_contested_pairs_stand_in_a_list_of_their_own(open_app: OpenApp, learned: Path) -> None:
    app = open_app(learned, "flips", show="contested")
    assert not app.exception
    assert "in no other list" in said(app)
    assert len(app.dataframe) == 1


def test_without_votes_the_contested_list_says_what_it_needs(
    open_app: OpenApp, tmp_path: Path
) -> None:
    make_store(tmp_path, [make_pair(1, scores={"alpha": (2.0, 1.0)})]).close()
    app = open_app(tmp_path, "flips", show="contested")
    assert not app.exception
    assert "two or more votes per pair" in said(app)


def test_next_moves_the_table_s_own_mark(open_app: OpenApp, learned: Path) -> None:
    app = open_app(learned, "flips")
    assert "1 of 50 on this page" in said(app)
    app.button(key="flips_next").click().run()
    assert not app.exception
    assert "2 of 50 on this page" in said(app)
    app.button(key="flips_previous").click().run()
    assert "1 of 50 on this page" in said(app)
