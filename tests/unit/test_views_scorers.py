"""Scorers: each run against labels, gold and length, the grid against plain counting, words."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from core.charts.agreement import (
    NAMED,
    ROW_CHARS,
    SHADES,
    agreement_figure,
    agreement_table,
    agreement_text,
    middle,
)
from core.charts.theme import INKS
from core.store.instance import Store, open_store
from core.views import scorers
from core.views.results import RunsAgreement, ScoredRun
from core.views.scorers import LABELS, scored_runs
from tests.factories import demo_pairs, make_pair, make_store
from tests.runs import add_run, embedding, policy

LONG = "a_run_whose_name_is_far_too_long_to_stand_alone"


def rows() -> list[dict[str, object]]:
    """Alpha covers four pairs, beta three; the chosen answer is longer but in rows 2 and 3."""
    short = {"chosen_text": "a", "rejected_text": "much longer"}
    given = [
        ({"alpha": (2.0, 1.0), "beta": (2.0, 1.0)}, {}, "chosen"),
        ({"alpha": (1.0, 2.0), "beta": (3.0, 1.0)}, {}, "rejected"),
        ({"alpha": (3.0, 1.0), "beta": (1.0, 1.0)}, short, None),
        ({"alpha": (1.0, 2.0)}, short, None),
        ({}, {}, None),
    ]
    made = [
        make_pair(i, scores=scores, gold=gold, **texts)
        for i, (scores, texts, gold) in enumerate(given)
    ]
    tie = make_pair(9, tie_kind="tie", label_kind="tie", scores={"alpha": (1.0, 0.0)})
    return [*made, tie]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_store(tmp_path_factory.mktemp("runs") / "store", rows())


@pytest.fixture(scope="module")
def runs(store: Store) -> Mapping[str, ScoredRun]:
    return {run.info.run_id: run for run in scored_runs(store).runs}


def test_a_run_is_held_against_the_labels_and_gold(runs: Mapping[str, ScoredRun]) -> None:
    alpha = runs["alpha"]
    assert (alpha.column, alpha.covered) == ("explicit_margin_alpha", 4)
    assert (alpha.agreement.k, alpha.agreement.n) == (2, 4)
    assert (alpha.gold_agreement.k, alpha.gold_agreement.n) == (2, 2)


def test_equal_rewards_prefer_nothing(runs: Mapping[str, ScoredRun]) -> None:
    beta = runs["beta"]
    assert (beta.covered, beta.ties.k, beta.ties.n) == (3, 1, 3)
    assert (beta.agreement.k, beta.agreement.n) == (2, 2)


def test_a_run_that_follows_length_shows_it(store: Store, runs: Mapping[str, ScoredRun]) -> None:
    """Alpha prefers the longer answer in rows 0 and 3, beta in both rows it decides."""
    assert (runs["alpha"].longer.k, runs["alpha"].longer.n) == (2, 4)
    assert (runs["beta"].longer.k, runs["beta"].longer.n) == (2, 2)
    seen = scored_runs(store)
    assert (seen.longer_labelled.k, seen.longer_labelled.n, seen.rows) == (3, 5, 5)


def test_the_grid_counts_pairs_where_both_prefer_one(store: Store) -> None:
    found = scored_runs(store).agreement
    assert found.names == (LABELS, "alpha", "beta")
    assert found.both[1:].tolist() == [[4, 4, 2], [2, 2, 2]]
    assert found.same[1:].tolist() == [[2, 4, 1], [2, 1, 2]]


def test_many_runs_are_counted_in_groups_and_the_grid_takes_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorers, "MOST_RUNS", 2)
    draw = np.random.default_rng(5)
    signs = draw.integers(-1, 2, (40, 5))
    made = [
        # The later a run, the fewer pairs it has scored.
        make_pair(i, scores={f"r{k}": (float(s), 0.0) for k, s in enumerate(row) if i >= 3 * k})
        for i, row in enumerate(signs)
    ]
    seen = scored_runs(make_store(tmp_path, made))
    assert seen.agreement.names == (LABELS, "r0", "r1")
    assert seen.agreement.left_out == ("r2", "r3", "r4")
    for k, run in enumerate(seen.runs):
        known = signs[3 * k :, k]
        assert (run.covered, run.ties.k) == (len(known), int((known == 0).sum()))
        assert (run.agreement.k, run.agreement.n) == ((known > 0).sum(), (known != 0).sum())


def test_the_grid_is_that_of_a_plain_loop(tmp_path: Path) -> None:
    draw = np.random.default_rng(11)
    margins = draw.normal(size=(60, 3)).round()
    seen = draw.random((60, 3)) < 0.8
    made = [
        make_pair(i, scores={f"r{k}": (m, 0.0) for k, m in enumerate(row) if seen[i, k]})
        for i, row in enumerate(margins)
    ]
    found = scored_runs(make_store(tmp_path, made)).agreement
    at = {name: place for place, name in enumerate(found.names)}
    for one, other in combinations(range(3), 2):
        both = seen[:, one] & seen[:, other] & (margins[:, one] != 0) & (margins[:, other] != 0)
        same = both & (np.sign(margins[:, one]) == np.sign(margins[:, other]))
        cell = at[f"r{one}"], at[f"r{other}"]
        assert (found.both[cell], found.same[cell]) == (both.sum(), same.sum())
        assert (found.both[cell[::-1]], found.same[cell[::-1]]) == (both.sum(), same.sum())


def test_a_store_without_runs_has_an_answer(tmp_path: Path) -> None:
    for made in ([], [make_pair(0)]):
        seen = scored_runs(make_store(tmp_path / str(len(made)), made))
        assert (seen.runs, seen.agreement.names) == ((), (LABELS,))
        assert agreement_text(seen.agreement) == "No two runs have scored the same pairs."
        assert agreement_table(seen.agreement).num_rows == 0


def test_each_kind_of_run_is_read_from_the_margin_it_has(tmp_path: Path) -> None:
    make_store(tmp_path, demo_pairs(20)).close()
    add_run(tmp_path, "tuned", policy(), scorer="policy", truncated=2, tokens=900, seconds=3.0)
    add_run(tmp_path, "bare", policy(reference=False), scorer="policy")
    add_run(tmp_path, "vectors", embedding, scorer="embedding")
    seen = scored_runs(open_store(tmp_path))
    assert {run.info.run_id: run.column for run in seen.runs} == {
        "alpha": "explicit_margin_alpha",
        "bare": "length_normalised_margin_bare",
        "beta": "explicit_margin_beta",
        "tuned": "implicit_margin_tuned",
        "vectors": None,
    }
    assert set(seen.agreement.names) == {LABELS, "alpha", "beta", "bare", "tuned"}
    vectors = seen.runs[-1]
    assert (vectors.covered, vectors.agreement.value, vectors.ties.n) == (0, None, 0)


# --- the figure --------------------------------------------------------------------------------


def grid(n: int) -> RunsAgreement:
    both = np.full((n + 1, n + 1), 200)
    same = both - 10 * np.abs(np.subtract.outer(np.arange(n + 1), np.arange(n + 1)))
    return RunsAgreement((LABELS, *(f"run_{i}" for i in range(n - 1)), LONG), same, both)


def test_every_cell_says_its_share_and_its_pairs() -> None:
    cells = agreement_figure(grid(2), "light").data[0]
    assert list(cells.text[0]) == ["", "95%<br>n 200", "90%<br>n 200"]
    assert list(cells.z[0]) == [None, 0.95, 0.9]
    assert "190 of 200 pairs (95.0%)" in cells.customdata[0][1]


def test_two_runs_that_share_no_pair_leave_their_cell_empty() -> None:
    both = np.array([[9, 9, 9], [9, 9, 0], [9, 0, 9]])
    apart = RunsAgreement((LABELS, "one", "two"), both, both)
    cells = agreement_figure(apart, "dark").data[0]
    assert (cells.text[1][2], cells.z[1][2], cells.customdata[1][2]) == ("", None, "")
    assert agreement_table(apart).num_rows == 2
    assert agreement_text(apart) == "No two runs have scored the same pairs."


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_a_cell_says_can_be_read_on_every_shade(theme) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    ink = luminance(INKS[theme].text)
    for shade in map(luminance, SHADES[theme]):
        assert (max(ink, shade) + 0.05) / (min(ink, shade) + 0.05) >= 4.5


def luminance(colour: str) -> float:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 12])
def test_names_fit_and_many_are_numbered(n: int, theme) -> None:
    layout = agreement_figure(grid(n), theme).layout
    above, beside = layout.xaxis.ticktext, layout.yaxis.ticktext
    assert all(len(name) <= ROW_CHARS + 4 for name in beside)
    if n + 1 > NAMED:
        assert list(above) == [name.split()[-1] for name in beside]
    assert len(set(beside)) == n + 1
    assert layout.height > 40 * (n + 1)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("short", "short"),
        ("x" * 15, "x" * 15),
        ("reward_model_skywork_8b", "rewar…kywork_8b"),
        ("reward_model_skywork_27b", "rewar…ywork_27b"),
    ],
)
def test_a_name_is_cut_in_its_middle(name: str, shown: str) -> None:
    assert middle(name, 15) == shown
    assert len(shown) <= 15


def test_the_table_and_the_words_name_whole_runs_once() -> None:
    table = agreement_table(grid(2)).to_pylist()
    assert len(table) == 3
    assert table[0]["agreement"] >= table[-1]["agreement"]
    assert agreement_text(grid(2)) == f"run_0 and {LONG} agree on 95.0% of 200 pairs."
    assert agreement_text(grid(3)).startswith("Most alike: run_0 and run_1 agree on 95.0%")


@pytest.mark.parametrize(
    ("n", "said"), [(9_999, "n 9,999"), (998_400, "n 998k"), (1_234_567, "n 1.23M")]
)
def test_counts_in_cells_are_short(n: int, said: str) -> None:
    counts = np.full((2, 2), n)
    text = agreement_figure(RunsAgreement((LABELS, "one"), counts, counts), "light").data[0].text
    assert text[0][1] == f"100%<br>{said}"
