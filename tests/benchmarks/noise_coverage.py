"""How right the noise estimates are: `python -m tests.benchmarks.noise_coverage DATA_FOLDER`.

Labels are reversed at known rates, 20 fixed seeds each; 150 gold answers on rows drawn at random.
Prints a Markdown table for docs/signals.md: how far each method is off on average, in points, in
how many seeds it says a rate at all, and in how many of those its 90 % interval holds the planted
rate. The simulated source has evidence whose logits are right by construction.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.schema import SignalInputs
from core.signals.audit import audited
from core.signals.inputs import make_inputs
from core.signals.logistic import sigmoid
from core.signals.noise_estimates import Ground, Told, estimates
from core.signals.planting import flip_rows, plant
from core.signals.suspicion_model import judge_labels
from tests.benchmarks.detection import judgebench, markdown
from tests.benchmarks.labelled_sets import llmbar

SEEDS = range(20)
RATES = (0.05, 0.1, 0.2, 0.3, 0.4)
GOLD = 150
NAMES = {
    "repo": "RE-PO",
    "confident": "confident learning",
    "mirrored": "mirrored bells",
    "audited": "audit alone",
}
HEAD = ("set", "planted", "method", "says a rate", "off by, points", "mean error", "holds it")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with judgebench and llmbar")
    data = parser.parse_args().data
    models, judges = judgebench(data), llmbar(data)
    sets: dict[str, Callable[[int], SignalInputs]] = {
        "simulated, calibrated": simulated,
        "judgebench": lambda _: models,
        "llmbar": lambda _: judges,
    }
    rows = [
        line
        for name, make in sets.items()
        for rate in RATES
        for line in _lines(name, [make(seed) for seed in SEEDS], rate)
    ]
    print("\n".join(markdown(HEAD, rows)))


def simulated(seed: int, n: int = 4000) -> SignalInputs:
    """Return right labels with one run whose margin is the logit of the truth."""
    draw = np.random.default_rng(seed)
    quality = draw.normal(0, 2, n)
    toward = np.where(draw.random(n) < sigmoid(quality), quality, -quality)
    return make_inputs({"rewards": {"run": (toward, np.zeros(n))}})


def _lines(name: str, sets: Sequence[SignalInputs], rate: float) -> Iterator[tuple[str, ...]]:
    told: dict[str, list[Told]] = {}
    for seed, inputs in zip(SEEDS, sets, strict=True):
        for method, found in _estimates(inputs, rate, seed).items():
            told.setdefault(method, []).append(found)
    planted = round(rate * len(sets[0].row_id)) / len(sets[0].row_id)
    for method, found in told.items():
        said = [one for one in found if one.rate is not None]
        errors = [100 * (one.rate - planted) for one in said if one.rate is not None]
        held = sum(one.low <= planted <= one.high for one in said)  # type: ignore[operator]
        yield (
            name,
            f"{rate:.0%}",
            NAMES[method],
            f"{len(said)} of {len(found)}",
            f"{np.mean(errors):+.1f}" if said else "-",
            f"{np.mean(np.abs(errors)):.1f}" if said else "-",
            f"{held} of {len(said)}" if said else "-",
        )


def _estimates(inputs: SignalInputs, rate: float, seed: int) -> dict[str, Told]:
    flips = plant(inputs, "symmetric", rate, seed)
    n = len(flips)
    drawn = np.random.default_rng(3000 + seed).choice(n, GOLD, replace=False)
    gold = np.full(n, np.nan)
    gold[drawn] = ~flips[drawn]
    copy = replace(flip_rows(inputs, flips), gold=gold)
    found: dict[str, Told] = dict(estimates(Ground(judge_labels(copy).evidence, gold)))
    # Drawn with known probability, as an audit queue does: what gold by itself would say.
    alone = audited(flips[drawn], np.full(GOLD, GOLD / n), n)
    return {**found, "audited": Told(GOLD, alone.rate, alone.low, alone.high)}


if __name__ == "__main__":
    main()
