"""Does curation help? `python -m tests.benchmarks.curation` prints Markdown for a results page.

Labels of a synthetic language are reversed at known rates; a reward model and a DPO policy are
trained from scratch on what presets, verdicts and knobs make of them, and judged by held-out pairs
whose labels are right. Everything is seeded. A quarter of an hour of one core; with a GPU try
`--device cuda --pairs 100000 --width 512`. `--log` keeps what is done, so that it can be stopped.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from scipy.stats import t as student

from core.schema import Bools, Floats
from core.schema.trials import FlipKind
from tests.benchmarks.curation_arms import Arm, Noise, arms, betas, known
from tests.benchmarks.curation_models import (
    LONG,
    Policy,
    Size,
    Texts,
    fit_first,
    fit_policy,
    fit_reward,
    pair_logps,
    reward_margins,
    sample,
    texts_of,
)
from tests.benchmarks.curation_world import (
    World,
    flips,
    make_answers,
    make_pairs,
    make_prompts,
    make_world,
    spread,
)

NOISES = ("symmetric:0.2", "symmetric:0.4", "length:0.3")
SAMPLED = 1000
"""Prompts that a policy answers, to be judged by the true reward."""


@dataclass(frozen=True)
class Outcome:
    """One arm of one seed."""

    noise: Noise
    seed: int
    arm: str
    kept: float
    """Share of the pairs that are trained on."""
    wrong: float
    """Share of their labels that are reversed."""
    estimate: float
    """Of the noise rate, by the suspicion."""
    reward: float
    """Held-out accuracy of the reward model; NaN where none was trained, as below."""
    policy: float
    """Held-out accuracy of DPO's implicit reward."""
    sampled: float
    """True reward of the policy's answers above its reference's, in deviations of answers."""


@dataclass(frozen=True)
class Scene:
    """What all arms of a seed share."""

    world: World
    texts: Texts
    """To train on, all labels right."""
    pairs_flips: Callable[[Noise], Bools]
    held: Texts
    first: Policy
    first_margin: torch.Tensor
    topic: np.ndarray
    first_sampled: float
    unit: float


def make_scene(seed: int, pairs: int, held_out: int, size: Size) -> Scene:
    """Draw a world, its pairs and held-out pairs, and train the reference."""
    world, draw = make_world(seed), np.random.default_rng([seed, 2])
    train, test = make_pairs(world, pairs, draw), make_pairs(world, held_out, draw)
    topic, prompt = make_prompts(pairs, draw)
    first = fit_first(prompt, make_answers(world, topic, draw), size, seed)
    held = texts_of(test, size.device)
    asked = held.prompt[:SAMPLED]
    topic = test.topic[:SAMPLED]
    chosen, rejected = pair_logps(first, held)
    return Scene(
        world=world,
        texts=texts_of(train, size.device),
        pairs_flips=lambda noise: flips(train, noise.kind, noise.rate, seed),
        held=held,
        first=first,
        first_margin=chosen - rejected,
        topic=topic,
        first_sampled=float(world.reward(topic, sample(first, asked, seed)).mean()),
        unit=spread(world),
    )


def run_cell(
    scene: Scene, noise: Noise, size: Size, seed: int, policies: bool = True
) -> Iterator[Outcome]:
    """Plant, score, and train every arm; ε-DPO last, with the betas of the policy of everything."""
    planted = scene.pairs_flips(noise)
    texts = scene.texts.swapped(planted)
    of = known(texts, scene.first, size, seed)
    chosen, rejected = pair_logps(scene.first, texts)
    before = chosen - rejected

    def trained(arm: Arm) -> Policy:
        turned = torch.from_numpy(arm.reversed).to(size.device)
        reference, steps = torch.where(turned, -before, before), size.steps(len(texts), size.policy)
        pairs = texts.swapped(arm.reversed)
        return fit_policy(pairs, arm.diet(), scene.first, reference, steps, size, seed)

    def judged(arm: Arm, policy: Policy | None) -> Outcome:
        reward = np.nan
        if arm.beta is None:
            steps = size.steps(len(texts), size.reward)
            pairs = texts.swapped(arm.reversed)
            model = fit_reward(pairs, arm.diet(), steps, size, seed)
            reward = float(np.greater(*reward_margins(model, scene.held)).mean())
        return Outcome(
            noise=noise,
            seed=seed,
            arm=arm.name,
            kept=len(arm.places) / len(texts),
            wrong=float((planted ^ arm.reversed)[arm.places].sum() / max(len(arm.places), 1)),
            estimate=of.rate,
            reward=reward,
            policy=_policy_accuracy(policy, scene) if policy else np.nan,
            sampled=_sampled(policy, scene, seed) if policy else np.nan,
        )

    whole, *others = arms(of, planted, noise, size, seed)
    policy = trained(whole) if policies else None
    yield judged(whole, policy)
    for arm in others:
        yield judged(arm, trained(arm) if policies else None)
    if policy:
        beta = betas(policy, scene.first, texts, size.beta)
        own = replace(whole, name="ε-DPO, beta per pair", beta=beta)
        yield judged(own, trained(own))


def _policy_accuracy(policy: Policy, scene: Scene) -> float:
    chosen, rejected = pair_logps(policy, scene.held)
    return float((chosen - rejected > scene.first_margin).float().mean())


def _sampled(policy: Policy, scene: Scene, seed: int) -> float:
    answers = sample(policy, scene.held.prompt[:SAMPLED], seed)
    gained = float(scene.world.reward(scene.topic, answers).mean()) - scene.first_sampled
    return gained / scene.unit


# --- tables --------------------------------------------------------------------------------------


def interval(values: Sequence[float] | Floats, level: float = 0.95) -> tuple[float, float]:
    """Return the mean and the half width of Student's interval; NaN with fewer than two values."""
    known = np.asarray(values, np.float64)
    if len(known) < 2:
        return float(known.mean()) if len(known) else float("nan"), float("nan")
    wide = student.ppf((1 + level) / 2, len(known) - 1) * known.std(ddof=1) / len(known) ** 0.5
    return float(known.mean()), float(wide)


HEAD = (
    "arm",
    "kept",
    "reversed",
    "reward model",
    "− everything",
    "DPO",
    "− everything",
    "true reward of answers",
    "− everything",
)


def tables(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield a Markdown table per noise."""
    for noise in dict.fromkeys(one.noise for one in outcomes):
        of = [one for one in outcomes if one.noise == noise]
        rates = interval([one.estimate for one in of if one.arm == "everything"])
        yield f"### {noise.rate:.0%} {noise.kind} flips; estimated {_told(rates, 100, 1)} %\n"
        yield f"| {' | '.join(HEAD)} |"
        yield f"|{' --- |' * len(HEAD)}"
        yield from _lines(of)
        yield ""


def _lines(of: Sequence[Outcome]) -> Iterator[str]:
    by_arm: dict[str, list[Outcome]] = {}
    for one in of:
        by_arm.setdefault(one.arm, []).append(one)
    for found in by_arm.values():
        yield f"| {' | '.join(_cells(found, by_arm['everything']))} |"


def _cells(found: Sequence[Outcome], whole: Sequence[Outcome]) -> Iterator[str]:
    yield found[0].arm
    for name in ("kept", "wrong"):
        yield f"{np.mean([getattr(one, name) for one in found]):.0%}"
    for name, scale, digits in (("reward", 100, 1), ("policy", 100, 1), ("sampled", 1, 2)):
        values, base = (np.array([getattr(one, name) for one in x]) for x in (found, whole))
        yield _told(interval(values), scale, digits)
        yield "" if found is whole else _told(interval(values - base), scale, digits, signed=True)


def _told(measured: tuple[float, float], scale: float, digits: int, signed: bool = False) -> str:
    mean, wide = (scale * value for value in measured)
    if np.isnan(mean):
        return "–"
    sign = "+" if signed else ""
    return f"{mean:{sign}.{digits}f} ± {wide:.{digits}f}"


# --- command -------------------------------------------------------------------------------------


def noise_of(text: str) -> Noise:
    kind, rate = text.split(":")
    return Noise(cast("FlipKind", kind), float(rate))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=6000)
    parser.add_argument("--held-out", type=int, default=2000)
    parser.add_argument("--seeds", type=int, nargs="+", default=range(1, 6))
    parser.add_argument("--width", type=int, default=48)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--noise", nargs="+", default=NOISES, help="kind:rate")
    parser.add_argument("--long", action="store_true", help="reward models alone, trained longer")
    parser.add_argument("--log", type=Path, help="file of outcomes; its cells are not run again")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    size = Size(width=asked.width, device=asked.device)
    size = replace(size, reward=LONG) if asked.long else size
    outcomes = _read(asked.log)
    known = {(one.seed, one.noise) for one in outcomes}
    cells = [(seed, noise_of(text)) for seed in asked.seeds for text in asked.noise]
    cells = [cell for cell in cells if cell not in known]
    started, scenes = time.monotonic(), dict[int, Scene]()
    for done, (seed, noise) in enumerate(cells, 1):
        if seed not in scenes:
            scenes = {seed: make_scene(seed, asked.pairs, asked.held_out, size)}
        outcomes += run_cell(scenes[seed], noise, size, seed, not asked.long)
        if asked.log:
            asked.log.write_text("\n".join(json.dumps(asdict(one)) for one in outcomes))
        spent = (time.monotonic() - started) / 60
        print(
            f"seed {seed}, {noise.kind} {noise.rate:.0%}: {done} of {len(cells)} done in "
            f"{spent:.1f} minutes, about {spent / done * (len(cells) - done):.1f} to go",
            flush=True,
        )
    print("\n" + "\n".join(tables(outcomes)))


def _read(log: Path | None) -> list[Outcome]:
    if log is None or not log.exists():
        return []
    found = map(json.loads, log.read_text().splitlines())
    return [Outcome(**{**one, "noise": Noise(**one["noise"])}) for one in found]


if __name__ == "__main__":
    main()
