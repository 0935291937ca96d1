"""The leaderboard: order, who cannot be told from the best, its figure, table and words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.charts.leaderboard import (
    MOST_ROWS,
    leaderboard_figure,
    leaderboard_table,
    leaderboard_text,
)
from core.charts.theme import INKS
from core.schema.trials import MEASURES, DetectorScore, Measure, Trial
from core.store.layout import Generation, trial_name
from core.store.trials import read_trials, write_trial
from core.views.trial import in_doubt, ranked, trials

EVIL = '<b>evil</b> <a href="javascript:alert(1)">x</a>'
GENERATION = Generation("f", "pairs-1.duckdb", "signals-77.duckdb")


def score(name: str, auroc: float | None, low: float = 0.0, high: float = 1.0) -> DetectorScore:
    measures = {measure: Measure(None, reason="It says none.") for measure in MEASURES}
    if auroc is not None:
        measures["auroc"] = Measure(auroc, low, high)
    return DetectorScore(name, f"Title of {name}", 120, 5, measures)


def trial(*detectors: DetectorScore, **over: object) -> Trial:
    made = Trial(
        kind="symmetric",
        rate=0.2,
        seeds=5,
        rows=120,
        planted=24,
        sentence="all pairs",
        matching=120,
        relearnt=("crossfit",),
        gold_rows=0,
        gold_wrong=0,
        made="2026-05-01T12:00:00+00:00",
        detectors=detectors,
        absent={"length": "All answers are as long."},
    )
    return replace(made, **over)


BOARD = trial(
    score("weak", 0.55, 0.5, 0.6),
    score("best", 0.8, 0.7, 0.9),
    score("near", 0.72, 0.65, 0.79),
    score("silent", None),
)


def test_the_best_comes_first_and_the_silent_not_at_all() -> None:
    assert [one.name for one in ranked(BOARD)] == ["best", "near", "weak"]
    assert [one.name for one in in_doubt(BOARD)] == ["near"]
    assert ranked(trial()) == in_doubt(trial()) == ()


def test_without_an_interval_nobody_is_in_doubt() -> None:
    alone = DetectorScore("a", "A", 1, 5, {name: Measure(0.7) for name in MEASURES})
    assert in_doubt(trial(alone, replace(alone, name="b"))) == ()


def test_what_is_kept_is_what_is_read(tmp_path: Path) -> None:
    write_trial(tmp_path, GENERATION, BOARD)
    assert read_trials(tmp_path, GENERATION) == (BOARD,)
    assert trials(tmp_path, GENERATION) == (BOARD,)
    assert trial_name(GENERATION) == "detect-77.json"
    other = replace(BOARD, kind="length")
    write_trial(tmp_path, GENERATION, other)
    write_trial(tmp_path, GENERATION, replace(BOARD, seeds=9))
    assert [(one.kind, one.seeds) for one in trials(tmp_path, GENERATION)] == [
        ("symmetric", 9),
        ("length", 5),
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_figure_has_a_dot_and_an_interval_each(theme) -> None:
    drawn = leaderboard_figure(BOARD, theme).to_plotly_json()
    (dots,) = drawn["data"]
    assert dots["x"] == [0.8, 0.72, 0.55]
    assert dots["error_x"]["array"] == [0.1, 0.07, 0.05]
    assert dots["error_x"]["arrayminus"] == [0.1, 0.07, 0.05]
    assert dots["marker"]["color"] == INKS[theme].palette[0]
    ticks = drawn["layout"]["yaxis"]
    assert ticks["ticktext"] == ["Title of best", "Title of near", "Title of weak"]
    assert ticks["range"] == [2.5, -0.5]  # the best one on top
    assert drawn["layout"]["shapes"][0]["x0"] == 0.5


def test_real_noise_has_a_symbol_of_its_own() -> None:
    best = score("best", 0.8, 0.7, 0.9)
    gold = replace(best, measures={**best.measures, "gold_auroc": Measure(0.6, 0.5, 0.7)})
    drawn = leaderboard_figure(trial(gold, score("weak", 0.5)), "light")
    planted, real = drawn.data
    assert (planted.marker.symbol, real.marker.symbol) == ("circle", "diamond-open")
    assert list(real.x) == [0.6]
    assert drawn.layout.showlegend


def test_names_of_strangers_are_letters() -> None:
    evil = replace(score("x", 0.7), title=EVIL)
    drawn = str(leaderboard_figure(trial(evil), "light").to_plotly_json())
    assert "<b>evil" not in drawn
    assert "<a href" not in drawn


def test_a_detector_of_few_pairs_says_how_many() -> None:
    few = replace(score("few", 0.9, 0.5, 1.0), rows=7, seeds=2)
    board = trial(few, score("all", 0.6, 0.5, 0.7))
    assert list(leaderboard_figure(board, "light").layout.yaxis.ticktext) == [
        "Title of few (n 7, 2 of 5 copies)",
        "Title of all",
    ]
    assert "on the 7 pairs that it speaks about" in leaderboard_text(board)


def test_long_names_keep_their_ends() -> None:
    long = replace(score("x", 0.7), title="Run " + "a" * 60 + "_27b")
    (tick,) = leaderboard_figure(trial(long), "light").layout.yaxis.ticktext
    assert len(tick) <= 36
    assert tick.endswith("_27b")


def test_the_table_has_every_measure() -> None:
    table = leaderboard_table(BOARD)
    assert table["detector"].to_pylist() == ["Title of best", "Title of near", "Title of weak"]
    assert table["AUROC"].to_pylist() == [0.8, 0.72, 0.55]
    assert table["AUROC, 90 %"].to_pylist()[0] == "0.700 to 0.900"
    assert table["Brier"].to_pylist() == [None] * 3
    assert table.num_columns == 3 + 2 * len(MEASURES)


def test_the_chart_stays_short_and_the_table_whole() -> None:
    many = trial(*(score(f"d{i:03}", 0.9 - i / 1000, 0.1, 1.0) for i in range(60)))
    assert len(leaderboard_figure(many, "light").data[0].x) == MOST_ROWS < 60
    assert leaderboard_table(many).num_rows == 60
    assert leaderboard_text(many).endswith("Shown are the best 40 of 60.")


def test_the_words_name_the_best_and_how_sure_that_is() -> None:
    said = leaderboard_text(BOARD)
    assert said == (
        "Title of best ranks the planted flips best, with an AUROC of 0.800 (0.700 to 0.900); "
        "the intervals of 1 of the 2 others overlap with its own."
    )
    clear = trial(score("a", 0.9, 0.85, 0.95), score("b", 0.6, 0.5, 0.7))
    assert "the 1 others are clearly behind" not in leaderboard_text(clear)
    assert leaderboard_text(clear).endswith("the other one is clearly behind.")
    assert leaderboard_text(trial(score("a", 0.9))).endswith("It is the only detector.")
    assert leaderboard_text(trial()) == "No detector said anything about these labels."
