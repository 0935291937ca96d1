"""Scorers: the last trial of the detectors, or the command that makes one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.schema.trials import Trial
from core.store.layout import read_generation
from core.store.trials import write_trial
from tests.factories import demo_pairs, make_store
from tests.pages.conftest import OpenApp, said
from tests.unit.test_views_trial import BOARD, EVIL, replace, score, trial

TITLE = "Which detector finds planted flips on this set?"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_store(tmp_path, demo_pairs(20)).close()
    return tmp_path


def keep(root: Path, *found: Trial) -> None:
    for one in found:
        write_trial(root, read_generation(root), one)


def words(app) -> str:
    return said(app).replace("\\", "")


def test_without_a_trial_the_page_names_the_command(open_app: OpenApp, root: Path) -> None:
    app = open_app(root, "scorers")
    assert not app.exception
    assert TITLE in words(app)
    assert "No trial of the detectors yet." in words(app)
    assert f"python -m core detect --store={root}" in words(app)


def test_a_trial_is_drawn_with_its_words(open_app: OpenApp, root: Path) -> None:
    keep(root, BOARD)
    app = open_app(root, "scorers")
    assert not app.exception
    assert "leaderboard" in [chart.proto.id.rsplit("-", 1)[-1] for chart in app.get("plotly_chart")]
    for told in (
        "20.0 % of 120 labels (all pairs) were reversed in a copy, any label alike, 5 times over",
        "Learnt anew from every copy: crossfit.",
        "Title of best ranks the planted flips best",
        f"python -m core detect --kind symmetric --store={root}",
    ):
        assert told in words(app).replace("\u00a0", " "), told
    assert "length: All answers are as long." in words(app)


def test_a_new_trial_is_seen_without_a_new_generation(open_app: OpenApp, root: Path) -> None:
    open_app(root, "scorers")
    keep(root, BOARD)
    assert "Title of best" in words(open_app(root, "scorers"))


def test_the_kind_is_chosen_and_may_stand_in_the_link(open_app: OpenApp, root: Path) -> None:
    keep(root, BOARD, trial(score("other", 0.9, 0.8, 0.95), kind="length"))
    assert "Title of other ranks" in words(open_app(root, "scorers"))  # the last one made
    app = open_app(root, "scorers", flips="symmetric")
    assert "Title of best ranks" in words(app)
    assert not app.exception


def test_names_in_a_file_of_strangers_stay_letters(open_app: OpenApp, root: Path) -> None:
    evil = replace(score("x", 0.7, 0.6, 0.8), title=f"{EVIL} **bold**")
    keep(root, trial(evil, sentence=f"source is {EVIL}", absent={EVIL: EVIL}, relearnt=(EVIL,)))
    app = open_app(root, "scorers")
    assert not app.exception
    assert EVIL in words(app)
    assert not re.search(r"(?<!\\)(<a href|<b>evil|\*\*bold)", said(app))


def test_a_damaged_file_is_the_empty_state(open_app: OpenApp, root: Path) -> None:
    from core.store.layout import trial_name

    (root / trial_name(read_generation(root))).write_text('{"trials": [{}]}', "utf-8")
    app = open_app(root, "scorers")
    assert not app.exception
    assert "No trial of the detectors yet." in words(app)
