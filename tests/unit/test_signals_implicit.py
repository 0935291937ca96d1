"""Implicit margins: the worked case of the paper's formula, absence, scale, and live parameters."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import UnknownName, UsageError
from core.schema import LogpValues
from core.signals.compute import compute_one, compute_signals
from core.signals.implicit import (
    SIMPO_BETA,
    implicit_margin,
    length_normalised_margin,
    simpo_margin,
)
from core.signals.inputs import make_inputs

WORKED = {
    "policy_chosen": [-100.0],
    "policy_rejected": [-120.0],
    "ref_chosen": [-105.0],
    "ref_rejected": [-110.0],
    "chosen_tokens": [50.0],
    "rejected_tokens": [40.0],
}
NO_REFERENCE = {k: v for k, v in WORKED.items() if not k.startswith("ref_")}
NO_TIE = np.array([False])


def values(**over: list[float]) -> LogpValues:
    return make_inputs({"logps": {"p": {**WORKED, **over}}}).logps["p"]


def test_the_worked_case_is_dpos() -> None:
    (margin,) = implicit_margin(values(), NO_TIE, 0.1)
    assert margin == pytest.approx(1.5)
    assert 1 / (1 + np.exp(-margin)) == pytest.approx(0.81757, abs=1e-5)
    assert np.log1p(np.exp(-margin)) == pytest.approx(0.20141, abs=1e-5)


def test_a_policy_that_is_its_reference_prefers_nothing() -> None:
    same = values(ref_chosen=WORKED["policy_chosen"], ref_rejected=WORKED["policy_rejected"])
    assert implicit_margin(same, NO_TIE, 0.1).tolist() == [0.0]


def test_a_longer_text_of_the_same_mean_is_not_less_likely() -> None:
    twice = values(policy_rejected=[-200.0], rejected_tokens=[100.0])
    assert length_normalised_margin(twice, NO_TIE).tolist() == [0.0]


def test_simpo_is_a_multiple_and_so_not_stored() -> None:
    once = length_normalised_margin(values(), NO_TIE)
    assert simpo_margin(values(), NO_TIE).tolist() == (SIMPO_BETA * once).tolist()
    made = compute_signals(make_inputs({"logps": {"p": WORKED}}))
    assert {c.name for c in made.columns if c.run_id} == {
        "difficulty_p",
        "implicit_margin_p",
        "length_normalised_margin_p",
        "simpo_state_p",
    }


def test_without_a_reference_what_needs_one_is_absent() -> None:
    made = compute_signals(make_inputs({"logps": {"p": NO_REFERENCE}}))
    found = {c.name for c in made.columns if c.run_id}
    assert found == {"length_normalised_margin_p", "simpo_state_p"}
    assert "--reference" in made.absent["implicit_margin"]
    assert "--reference" in made.absent["difficulty"]


@pytest.mark.parametrize("beta", [0.01, 0.1, 1.0])
def test_beta_is_a_scale_that_a_slider_moves(beta: float) -> None:
    inputs = make_inputs({"logps": {"p": WORKED}, "rewards": {"rm": ([2.0], [1.0])}})
    found = compute_one("implicit_margin", inputs, {"beta": beta}, "p")
    assert found.tolist() == pytest.approx([15 * beta])


def test_a_run_without_log_probabilities_has_no_implicit_margin() -> None:
    inputs = make_inputs({"logps": {"p": WORKED}, "rewards": {"rm": ([2.0], [1.0])}})
    assert np.isnan(compute_one("implicit_margin", inputs, {}, "rm")).all()
    assert np.isnan(compute_one("explicit_margin", inputs, {}, "p")).all()
    with pytest.raises(UnknownName, match=r"Known: p, rm\."):
        compute_one("implicit_margin", inputs, {}, "nobody")


def test_beta_has_bounds() -> None:
    with pytest.raises(UsageError, match=r"0\.01 to 1"):
        compute_one("implicit_margin", make_inputs({"logps": {"p": WORKED}}), {"beta": 0.0}, "p")


def test_a_policy_that_knows_the_labels_is_noted() -> None:
    made = compute_signals(make_inputs({"logps": {"p": {**WORKED, "leaks_label": True}}}))
    assert all("label under test" in c.note for c in made.columns if c.run_id)


def test_a_policy_is_evidence_unless_it_leaks_the_label() -> None:
    draw = np.random.default_rng(0)
    margin = np.where(draw.random(400) < 0.2, -1, 1) * draw.normal(3, 1, 400)
    run = {
        "policy_chosen": -100 + margin,
        "policy_rejected": np.full(400, -100.0),
        "ref_chosen": np.full(400, -100.0),
        "ref_rejected": np.full(400, -100.0),
    }
    found = compute_one("suspicion", make_inputs({"logps": {"p": run}}), {})
    assert found[margin < -1].min() > found[margin > 1].max()
    leaking = make_inputs({"logps": {"p": {**run, "leaks_label": True}}})
    assert "suspicion" in compute_signals(leaking).absent
