"""The arms of `curation`: what each one trains on, by the product's own signals and presets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.curate.presets import PRESETS, Kept, PresetInputs
from core.schema import Bools, Floats, Ints, SignalInputs
from core.schema.trials import FlipKind
from core.signals.compute import compute_one
from core.signals.edpo import EPSILON, beta_of_step
from core.signals.inputs import make_inputs
from core.signals.logistic import sigmoid
from core.signals.suspicion_model import judge_labels, speaks
from tests.benchmarks.curation_losses import Loss, plain, robust, soft, weighted
from tests.benchmarks.curation_models import (
    Diet,
    Policy,
    Size,
    Texts,
    fit_reward,
    kl_sums,
    pair_logps,
    reward_margins,
)

FOLDS, MEMBERS = 5, 3
SKILL = 0.9
"""Share of an annotator's verdicts that are right."""
LOOKED_AT = 0.2
"""Share of the pairs that annotators look at, the most suspicious first."""
ESTIMATED, POTENTIAL = "remove_suspects, estimated rate", "alignment_potential"
_LARGEST = 0.45
"""Noise rate beyond which a robust loss would rest on nothing."""


@dataclass(frozen=True)
class Noise:
    """What was planted."""

    kind: FlipKind
    rate: float


@dataclass(frozen=True)
class Arm:
    """A way to train on pairs with some labels reversed."""

    name: str
    places: Ints
    """Of the pairs that are trained on, in order."""
    reversed: Bools
    """Of all pairs, shape (n,): the label is turned round before training."""
    loss: Loss = plain
    beta: Floats | None = None
    """DPO's beta per pair."""

    def diet(self) -> Diet:
        return Diet(self.places, self.loss, self.beta)


@dataclass(frozen=True)
class Known:
    """What the product would know of the pairs, nothing of which saw the planted flips."""

    inputs: SignalInputs
    suspicion: Floats
    """NaN where the runs say nothing."""
    rate: float
    """Noise rate by the product's estimate; 0 where it makes none."""


def out_of_fold(texts: Texts, size: Size, seed: int) -> dict[str, tuple[Floats, Floats]]:
    """Return the rewards of both sides by models that did not train on the pair, run by run."""
    n, runs = len(texts), {}
    for member in range(MEMBERS):
        fold = np.random.default_rng([seed, member]).permutation(n) % FOLDS
        chosen, rejected = np.empty(n), np.empty(n)
        for held in range(FOLDS):
            rest, own = np.flatnonzero(fold != held), np.flatnonzero(fold == held)
            steps = size.steps(len(rest), size.reward)
            number = 1000 * (seed + 1) + FOLDS * member + held
            model = fit_reward(texts, Diet(rest), steps, size, number)
            chosen[own], rejected[own] = reward_margins(model, texts.take(own))
        runs[f"rm{member + 1}"] = (chosen, rejected)
    return runs


def known(texts: Texts, first: Policy, size: Size, seed: int) -> Known:
    """Score the pairs as `score` would, and judge their labels as Detect does."""
    chosen, rejected = (side.double().cpu().numpy() for side in pair_logps(first, texts))
    words = [(side > 0).sum(1).cpu().numpy() + 1.0 for side in (texts.chosen, texts.rejected)]
    start = {"policy_chosen": chosen, "policy_rejected": rejected}
    tokens = {"chosen_tokens": words[0], "rejected_tokens": words[1]}
    inputs = make_inputs(
        {"rewards": out_of_fold(texts, size, seed), "logps": {"start": {**start, **tokens}}}
    )
    judged = judge_labels(inputs)
    model = judged.models[0]
    rate = float(sigmoid(np.array(-model.prior))) if speaks(model) else 0.0
    return Known(inputs, judged.suspicion, min(rate, _LARGEST))


def preset(name: str, of: Known, runs: Mapping[str, str], seed: int, **params: float) -> Kept:
    """Return what a preset keeps; `runs` names the run of a role whose signal is one per run."""
    spec = PRESETS.get(name)
    inputs, n = of.inputs, len(of.inputs.row_id)
    signals = {
        need.role: compute_one(need.signal, inputs, {}, runs.get(need.role)) for need in spec.needs
    }
    given = PresetInputs(
        row_id=inputs.row_id,
        pair_id=inputs.pair_id,
        prompt_id=np.arange(n),
        source=inputs.source,
        sources=inputs.source_names,
        signals=signals,
        seed=seed,
    )
    return spec.select(given, spec.settled(params))


def verdicts(of: Known, flips: Bools, draw: np.random.Generator) -> Bools:
    """Return which labels annotators call reversed: the top suspects, right nine times in ten."""
    n = len(flips)
    looked = np.argsort(-of.suspicion, kind="stable")[: round(LOOKED_AT * n)]
    said = np.zeros(n, np.bool_)
    said[looked] = flips[looked] ^ (draw.random(len(looked)) > SKILL)
    return said


def betas(policy: Policy, first: Policy, texts: Texts, beta: float) -> Floats:
    """Return ε-DPO's beta of every pair, as the export writes it, from a policy run with KL."""
    run = dict.fromkeys(("policy", "ref", "klsum"), (np.empty(0), np.empty(0)))
    run["policy"], run["ref"] = (
        tuple(s.double().cpu().numpy() for s in pair_logps(m, texts)) for m in (policy, first)
    )
    run["klsum"] = tuple(
        kl_sums(policy, first, texts.prompt, side).double().cpu().numpy()
        for side in (texts.chosen, texts.rejected)
    )
    columns = {
        f"{name}_{side}": values
        for name, both in run.items()
        for side, values in zip(("chosen", "rejected"), both, strict=True)
    }
    step = compute_one("edpo_step", make_inputs({"logps": {"dpo": columns}}), {}, "dpo")
    return beta_of_step(np.nan_to_num(step), beta, EPSILON)


def arms(of: Known, flips: Bools, noise: Noise, size: Size, seed: int) -> Iterator[Arm]:
    """Yield all arms but ε-DPO, which needs a policy; the first one is everything."""
    n = len(flips)
    draw = np.random.default_rng([seed, 7])
    whole = Arm("everything", np.arange(n), np.zeros(n, np.bool_))
    yield whole
    kept = list(_presets(of, seed, whole, size))
    sizes = {arm.name: len(arm.places) for arm in kept}
    for name, few in (
        ("random 40 %", round(0.4 * n)),
        ("random half, as easiest_half", sizes["easiest_half"]),
        ("random, as many as after the estimated rate", sizes[ESTIMATED]),
        ("random, as many as unanimity", sizes["unanimity"]),
        ("random, as many as alignment_potential", sizes[POTENTIAL]),
    ):
        places = np.sort(draw.permutation(n)[:few])
        yield replace(whole, name=name, places=places)
    yield from kept
    said = verdicts(of, flips, draw)
    yield replace(whole, name="verdicts: remove", places=np.flatnonzero(~said))
    yield replace(whole, name="verdicts: flip", reversed=said)
    yield from _knobs(of, noise, whole, size)
    yield replace(whole, name="planted flips removed", places=np.flatnonzero(~flips))
    yield replace(whole, name="planted flips undone", reversed=flips)


def _presets(of: Known, seed: int, whole: Arm, size: Size) -> Iterator[Arm]:
    margin = {"explicit": "rm1", "implicit": "start", "margin": "rm1"}
    asked: tuple[tuple[str, Mapping[str, str], Mapping[str, float], str], ...] = (
        ("remove_suspects", {}, {}, "remove_suspects, 20 %"),
        ("remove_suspects", {}, {"share": of.rate}, ESTIMATED),
        ("clean_core", {}, {}, "clean_core, with weights"),
        ("unanimity", {}, {}, "unanimity"),
        ("skywork_triage", {"first": "rm1", "second": "rm2"}, {}, "skywork_triage"),
        ("alignment_potential", margin, {}, POTENTIAL),
        ("easiest_half", margin, {}, "easiest_half"),
    )
    for name, runs, params, title in asked:
        kept = preset(name, of, runs, seed, **params)
        arm = replace(whole, name=title, places=kept.places)
        if kept.reversed is not None:
            arm = replace(arm, reversed=_spread(kept.reversed, kept.places, whole.reversed))
        if kept.weight is not None:
            weight = _spread(kept.weight, kept.places, np.zeros(len(whole.places)))
            arm = replace(arm, loss=weighted(weight, size.device))
        yield arm


def _spread(values: Floats | Bools, places: Ints, over: Floats | Bools) -> Floats | Bools:
    """Return `over` with the values at their places."""
    made = over.copy()
    made[places] = values
    return made


def _knobs(of: Known, noise: Noise, whole: Arm, size: Size) -> Iterator[Arm]:
    n = len(whole.places)
    smooth = soft(np.full(n, 1 - of.rate), size.device)
    right = np.nan_to_num(1 - of.suspicion, nan=1.0)
    yield replace(whole, name="q_label_ok as soft target", loss=soft(right, size.device))
    yield replace(whole, name="cDPO, estimated rate", loss=smooth)
    yield replace(whole, name="rDPO, estimated rate", loss=robust(of.rate))
    yield replace(whole, name="rDPO, planted rate", loss=robust(noise.rate))
