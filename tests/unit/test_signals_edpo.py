"""Epsilon-DPO: the closed form against mixed logits, the step, and what it does to beta."""

import numpy as np
import pytest

from core.schema import KlValues, LogpValues
from core.signals.compute import compute_signals
from core.signals.edpo import (
    beta_of_step,
    next_beta,
    sensitivity,
    step_from_mixes,
    step_from_sensitivity,
)
from core.signals.inputs import make_inputs

NO_TIE = np.array([False])


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


class Toy:
    """Two responses of two tokens over three words, with logits of a policy and a reference."""

    def __init__(self, seed: int) -> None:
        draw = np.random.default_rng(seed)
        self.policy, self.reference = draw.normal(size=(2, 2, 2, 3))
        self.tokens = draw.integers(0, 3, (2, 2))

    def logp(self, logits: np.ndarray) -> np.ndarray:
        """Return the summed log-probability of chosen and rejected."""
        picked = np.take_along_axis(log_softmax(logits), self.tokens[..., None], -1)
        return picked.sum((1, 2))

    def mixed(self, epsilon: float) -> np.ndarray:
        return self.logp((1 + epsilon) * self.policy - epsilon * self.reference)

    def klsum(self) -> np.ndarray:
        ours, theirs = log_softmax(self.policy), log_softmax(self.reference)
        return (np.exp(ours) * (ours - theirs)).sum((1, 2))

    def values(self, epsilon: float) -> LogpValues:
        columns = {
            "policy": self.logp(self.policy),
            "ref": self.logp(self.reference),
            "klsum": self.klsum(),
            "policy_mixp": self.mixed(epsilon),
            "policy_mixm": self.mixed(-epsilon),
        }
        sides = {
            f"{name}_{side}": [value]
            for name, pair in columns.items()
            for side, value in zip(("chosen", "rejected"), pair, strict=True)
        }
        return make_inputs({"logps": {"p": sides}}).logps["p"]


@pytest.mark.parametrize("seed", range(20))
def test_the_closed_form_is_the_derivative_of_mixed_logits(seed: int) -> None:
    toy, step = Toy(seed), 1e-5
    chosen, rejected = (toy.mixed(step) - toy.mixed(-step)) / (2 * step)
    run = toy.values(0.01)
    assert run.kl
    assert sensitivity(run, run.kl, NO_TIE) == pytest.approx([chosen - rejected], abs=1e-8)


@pytest.mark.parametrize(
    ("looser", "tighter", "epsilon", "beta"),
    [(0.86126, 0.84312, 0.01, 0.0990099), (0.94202, 0.76059, 0.1, 0.0909091)],
)
def test_the_toy_of_the_methods(looser, tighter, epsilon, beta) -> None:
    step = step_from_mixes(np.array([0.85220]), np.array([looser]), np.array([tighter]))
    assert step.tolist() == [1.0]
    assert beta_of_step(step, 0.1, epsilon) == pytest.approx([beta], abs=1e-7)
    assert (looser - tighter) / (2 * epsilon) == pytest.approx(0.90689, abs=1e-3)
    assert step_from_sensitivity(np.array([0.90689])).tolist() == [1.0]


def test_steps_in_every_direction() -> None:
    policy = np.array([1.0, 1.0, 1.0, 1.0, np.nan])
    looser = np.array([2.0, 0.5, 2.0, 1.0, 2.0])
    tighter = np.array([0.5, 2.0, 2.0, 1.0, 0.5])
    found = step_from_mixes(policy, looser, tighter)
    assert found.tolist() == pytest.approx([1, -1, 0, 0, np.nan], nan_ok=True)
    signs = step_from_sensitivity(np.array([3.0, -3.0, 1e-7, np.nan]))
    assert signs.tolist() == pytest.approx([1, -1, 0, np.nan], nan_ok=True)


def test_beta_after_a_batch() -> None:
    steps = np.array([1.0, 1.0, -1.0, np.nan])
    assert next_beta(steps, 0.1) == pytest.approx(0.1 / (1 + 0.01 / 3))
    assert next_beta(np.array([np.nan]), 0.1) == 0.1
    assert beta_of_step(np.array([-1.0, 0.0]), 0.1) == pytest.approx([0.1 / 0.99, 0.1])


def stored(given):
    made = compute_signals(make_inputs({"logps": {"p": given}}))
    return {c.signal: (c, made.table[c.name].to_pylist()) for c in made.columns if c.run_id}, made


BASE = {"policy_chosen": [-1.0], "policy_rejected": [-3.0], "ref_chosen": [-2.0]}


def test_without_mixes_the_sign_stands_in_and_is_noted() -> None:
    given = {**BASE, "ref_rejected": [-2.0], "klsum_chosen": [0.1], "klsum_rejected": [0.1]}
    twice = {name: values * 2 for name, values in given.items()}
    found, _ = stored({**twice, "ref_chosen": [-2.0, np.nan]})
    info, values = found["edpo_step"]
    assert values == [1, None]
    assert info.note == "1 of 1 rows have no mixes: there it is the sign of the sensitivity."


def test_a_policy_that_is_its_reference_has_no_step() -> None:
    same = {"policy_chosen": [-1.0], "policy_rejected": [-3.0]}
    found, _ = stored(
        {
            **same,
            "ref_chosen": [-1.0],
            "ref_rejected": [-3.0],
            "klsum_chosen": [0.0],
            "klsum_rejected": [0.0],
        }
    )
    for name in ("edpo_sensitivity", "edpo_step"):
        info, values = found[name]
        assert values == [None]
        assert "equals its reference" in info.note


def test_without_kl_both_are_absent_with_a_sentence() -> None:
    _, made = stored({**BASE, "ref_rejected": [-2.0]})
    assert "--kl" in made.absent["edpo_sensitivity"]
    assert "--kl" in made.absent["edpo_step"]


def test_a_kl_without_a_reference_is_unknown() -> None:
    nothing = np.array([np.nan])
    run = make_inputs({"logps": {"p": {**BASE, "ref_chosen": [np.nan]}}}).logps["p"]
    kl = KlValues(*[np.array([1.0])] * 2, *[nothing] * 4)
    assert np.isnan(sensitivity(run, kl, NO_TIE)).all()
