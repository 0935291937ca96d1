"""Bands of suspects, contested pairs apart, reliability, gold's marks and the calculator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.schema import Condition, PairFilter
from core.store.inputs import signal_inputs
from core.store.instance import Store, open_store
from core.views import bands
from core.views.bands import BANDS, CONTESTED, LIKELY, UNLIKELY, UNSURE, band_counts
from core.views.browse import count
from core.views.calculator import MOST, PolicyMargin, loss_curves, policy_margins
from core.views.detail import pair_detail
from core.views.flips import suspects
from core.views.live import recompute_histogram
from core.views.margins import histogram
from core.views.reliability import Reliability, reliability
from core.views.wilson import share
from tests.factories import demo_pairs, make_pair, make_store
from tests.runs import add_run, policy

ALL = PairFilter()
ALPHA = "explicit_margin_alpha"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_store(tmp_path_factory.mktemp("bands") / "store", demo_pairs(240))


def _rows(store: Store) -> list[dict[str, float | None]]:
    cursor = store.con.cursor()
    sql = "SELECT row_id, suspicion, ambiguity FROM sig.signals ORDER BY row_id"
    return cursor.sql(sql).to_arrow_table().to_pylist()


def _band(row: dict[str, float | None]) -> str | None:
    suspicion, ambiguity = row["suspicion"], row["ambiguity"] or 0.0
    if suspicion is None:
        return None
    if ambiguity >= UNSURE:
        return "contested" if ambiguity >= CONTESTED else "ask"
    return "propose" if suspicion > LIKELY else "keep" if suspicion < UNLIKELY else "ask"


def test_every_row_is_in_one_band_or_contested(store: Store) -> None:
    expected = [_band(row) for row in _rows(store)]
    found = band_counts(store, ALL)
    assert {band: expected.count(band) for band in BANDS} == found.of
    assert all(found.of.values())
    assert found.contested == sum((r["ambiguity"] or 0) >= CONTESTED for r in _rows(store)) > 0


@pytest.mark.parametrize("band", [*BANDS, None])
def test_pages_of_a_band_are_its_rows_most_suspected_first(
    store: Store, band: bands.Band | None
) -> None:
    expected = {r["row_id"] for r in _rows(store) if _band(r) in ([band] if band else BANDS)}
    rows, after = [], None
    while True:
        page = suspects(store, ALL, after, 7, band)
        rows += [(suspect.suspicion, suspect.pair.row_id) for suspect in page.suspects]
        after = page.after
        if after is None:
            break
    assert rows == sorted(rows, key=lambda row: (-row[0], row[1]))
    assert {row_id for _, row_id in rows} == expected
    assert len(rows) == len(expected)


def test_a_suspicion_is_the_sum_of_its_bars(store: Store) -> None:
    for suspect in suspects(store, ALL, size=500).suspects:
        parts = suspect.decomposition
        assert sum(bar.logit for bar in parts.bars) == pytest.approx(parts.logit, abs=1e-9)
        assert suspect.suspicion == pytest.approx(1 / (1 + np.exp(parts.logit)), abs=1e-6)


def test_contested_pairs_are_no_suspects(store: Store) -> None:
    apart = bands.contested_pairs(store, ALL, size=500).rows
    seen = suspects(store, ALL, size=500).suspects
    assert apart
    assert not {row.row_id for row in apart} & {suspect.pair.row_id for suspect in seen}
    assert all((row.signals["ambiguity"] or 0) >= CONTESTED for row in apart)


def test_without_anybody_s_votes_nothing_is_contested(tmp_path: Path) -> None:
    rows = [{**row, "votes": {}} for row in demo_pairs(80)]
    plain = make_store(tmp_path / "store", rows)
    assert "ambiguity" not in plain.columns
    found = band_counts(plain, ALL)
    assert found.contested == 0
    assert sum(found.of.values()) == len(suspects(plain, ALL, size=500).suspects) > 70
    assert bands.contested_pairs(plain, ALL).rows == ()


def test_without_a_suspicion_every_band_is_empty(tmp_path: Path) -> None:
    bare = make_store(tmp_path / "store", [make_pair(0)])
    assert band_counts(bare, ALL).of == dict.fromkeys(BANDS, 0)
    assert suspects(bare, ALL, band="propose").suspects == ()


def test_policies_speak_as_policies(tmp_path: Path) -> None:
    make_store(tmp_path, demo_pairs(120)).close()
    add_run(tmp_path, "toy", policy(), scorer="policy")
    add_run(tmp_path, "bare", policy(reference=False), scorer="policy")
    with_policy = open_store(tmp_path)
    seen = suspects(with_policy, ALL, size=60).suspects
    assert {item.name for s in seen for item in s.evidence if item.kind == "policy"} == {"toy"}
    assert any("the only policy with scores here, toy," in r for s in seen for r in s.reasons)


# --- gold's marks and reliability --------------------------------------------------------------


def test_a_histogram_marks_what_gold_calls_reversed(store: Store) -> None:
    inputs = signal_inputs(store)
    margins = inputs.rewards["alpha"].chosen - inputs.rewards["alpha"].rejected
    wrong = margins[(inputs.gold == 0) & ~inputs.tie]
    seen = histogram(store, ALL, ALPHA, bins=10)
    assert seen.reversed is not None
    assert seen.reversed.sum() == np.isfinite(wrong).sum()
    assert (seen.reversed <= seen.series["all"]).all()
    sliced = histogram(store, ALL, ALPHA, 10, "split").reversed
    assert sliced is not None
    assert sliced.tolist() == seen.reversed.tolist()
    assert histogram(store, ALL, "gold_agrees").reversed is None
    assert histogram(store, ALL, "row_id").reversed is None


def test_a_recomputed_histogram_marks_the_same_rows(store: Store) -> None:
    column = next(c for c in store.signal_columns if c.name == "suspicion")
    stored = histogram(store, ALL, "suspicion")
    again = recompute_histogram(store, ALL, signal_inputs(store), column, dict(column.params))
    assert stored.reversed is not None
    assert again.reversed is not None
    assert again.reversed.sum() == stored.reversed.sum()


def test_without_gold_nothing_is_marked(tmp_path: Path) -> None:
    rows = [make_pair(i, scores={"alpha": (float(i), 1.0)}) for i in range(5)]
    assert histogram(make_store(tmp_path / "store", rows), ALL, ALPHA).reversed is None


def test_reliability_turns_agreement_round(store: Store) -> None:
    found = reliability(store, ALL, "suspicion", "gold", bins=5)
    assert found is not None
    assert found.observed[0].value < 0.5 < found.observed[-1].value
    assert 0 <= found.error <= 1
    known = (Condition("gold_agrees", "=", 0.0), Condition("suspicion", "notnull"))
    wrong = count(store, PairFilter(conditions=known)).matching
    assert sum(one.k for one in found.observed) == wrong
    assert reliability(store, PairFilter(sources=("none",)), "suspicion", "gold") is None


def test_the_calibration_error_weighs_groups_by_their_rows() -> None:
    found = Reliability("suspicion", "gold", np.array([0.1, 0.5]), (share(3, 30), share(10, 10)))
    assert (found.n, found.error) == (40, pytest.approx(0.25 * 0.5))


# --- calculator --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("h", "e", "losses", "weights"),
    [
        (1.5, 0.1, (0.2014, 0.3514, 0.0139), (0.1824, 0.0824, 0.3074)),
        (-1.5, 0.1, (1.7014, 1.5514, 1.8889), (0.8176, 0.7176, 0.9426)),
        (1.5, 0.2, (0.2014, 0.5014, -0.2986), (0.1824, -0.0176, 0.5157)),
    ],
)
def test_the_calculator_says_what_methods_3_says(
    h: float, e: float, losses: tuple[float, ...], weights: tuple[float, ...]
) -> None:
    curves = loss_curves(h)
    at = curves.at(e)
    assert curves.rates[at] == e
    assert [c[at] for c in curves.losses.values()] == pytest.approx(losses, abs=1e-4)
    assert [c[at] for c in curves.weights.values()] == pytest.approx(weights, abs=1e-4)


def test_cdpo_stops_at_the_stationary_margin() -> None:
    assert loss_curves(0.0).stationary(0.1) == pytest.approx(2.1972, abs=1e-4)
    assert loss_curves(0.0).stationary(0.0) is None
    curves = loss_curves(float(np.log(0.8 / 0.2)))
    assert curves.weights["cDPO"][curves.at(0.2)] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("h", [0.0, 800.0, -800.0])
def test_curves_stay_finite(h: float) -> None:
    curves = loss_curves(h)
    values = np.array([*curves.losses.values(), *curves.weights.values()])
    assert (curves.rates[0], curves.rates[-1]) == (0.0, MOST)
    assert np.isfinite(values).all()
    assert values[:3, 0] == pytest.approx([values[0, 0]] * 3)


def test_a_policy_s_margin_comes_with_its_beta(tmp_path: Path) -> None:
    make_store(tmp_path, demo_pairs(20)).close()
    add_run(tmp_path, "toy", policy(), scorer="policy")
    found = open_store(tmp_path)
    detail = pair_detail(found, 0)
    assert detail is not None
    margin = detail.signals["implicit_margin_toy"]
    assert margin is not None
    assert policy_margins(found, tuple(detail.signals.items())) == (
        PolicyMargin("toy", 0.1, margin),
    )
    assert policy_margins(found, ()) == ()
