"""How well detectors find wrong labels: `python -m tests.benchmarks.detection DATA_FOLDER`.

Prints Markdown tables for docs/signals.md; a set that is not in the folder is left out. Everything
is seeded, so the same data give the same tables. `--only NAME` prints one part. Of the runs alone
the best one is shown, which nobody knows beforehand. A detector that says nothing in some seeds is
measured in the others, and in how many stands with its rows.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.commands.detect import Asked, try_detectors
from core.schema import PairFilter, RunValues, SignalInputs
from core.schema.trials import DetectorScore, FlipKind, Measure
from core.signals.compute import compute_one
from core.signals.dawid_skene import dawid_skene, majority
from core.signals.detection_metrics import bootstrap, ranking, summary
from core.signals.detectors import detect, mean_of_z
from core.signals.logistic import logit, sigmoid
from core.signals.planting import flip_rows, plant, take_rows
from core.signals.re_po import reliability
from core.signals.trial import FEWEST_WRONG, run_trial
from core.store.inputs import signal_inputs
from core.store.instance import open_store
from tests.benchmarks.labelled_sets import BY_HAND, IMPORTED, Imported, Votes, store_of, vote_sets

SEEDS = range(20)
RATE = 0.2
KINDS: tuple[FlipKind, ...] = ("symmetric", "length")
SEEDS_OF: dict[FlipKind, int] = {"symmetric": 20, "length": 5}
"""Where a run learns anew for every seed."""
GOLD_VOTES = 100
DRAWS = 1000
ROUNDS = 20
HEAD = (
    "set",
    "labels",
    "detector",
    "rows",
    "AUROC",
    "90 %",
    "AUPRC",
    "noise rate",
    "error",
    "rise",
)
_MEASURES = ("auroc", "auprc", "noise_rate", "noise_error", "noise_rise")
"""The rise is that of the rate over the one of the same set with nothing planted."""
NO_RISE = Measure(None)
Line = tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with judgebench, llmbar, pandalm-human, …")
    parser.add_argument("--only", choices=tuple(PARTS), help="print one part")
    args = parser.parse_args()
    for name in [args.only] if args.only else PARTS:
        started = time.monotonic()
        print("\n".join(PARTS[name](args.data)), flush=True)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)


def markdown(head: Sequence[str], rows: Sequence[Line]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines] + [""]


# --- every set: planted, and gold --------------------------------------------------------------


def every_set(data: Path) -> Iterator[str]:
    rows = [line for lines in _all_sets(data) for line in lines]
    yield "### Detectors on every labelled set\n"
    yield from markdown(HEAD, rows)


def _all_sets(data: Path) -> Iterator[list[Line]]:
    for one in IMPORTED:
        if any(data.glob(one.files)):
            print(f"{one.name} …", file=sys.stderr)
            with tempfile.TemporaryDirectory() as folder:
                yield from _imported(one, data, Path(folder) / "store")
    for name, make in BY_HAND.items():
        print(f"{name} …", file=sys.stderr)
        try:
            inputs = make(data)
        except FileNotFoundError:
            continue
        yield [line for kind in KINDS for line in _by_hand(name, inputs, kind)]


def _imported(one: Imported, data: Path, root: Path) -> Iterator[list[Line]]:
    settings = store_of(one, data, root)
    with closing(open_store(root, settings.memory, settings.threads)) as store:
        for kind in KINDS:
            asked = Asked(PairFilter(), kind, RATE, SEEDS_OF[kind], one.limit, 0)
            trial = try_detectors(store, asked)
            yield _lines(one.name, _planted(kind), trial.detectors, trial.seeds)
        every = signal_inputs(store)
        if int((every.gold == 0).sum()) >= FEWEST_WRONG:
            # A run that learns from labels is as it stands: fitted out of fold on these labels.
            yield _gold(one.name, take_rows(every, np.flatnonzero(~every.tie)))


def _by_hand(name: str, inputs: SignalInputs, kind: FlipKind) -> list[Line]:
    return _lines(name, _planted(kind), run_trial(inputs, kind, RATE, SEEDS), len(SEEDS))


def _planted(kind: FlipKind) -> str:
    return f"{RATE:.0%} planted, {'by length' if kind == 'length' else kind}"


def _gold(name: str, inputs: SignalInputs) -> list[Line]:
    """Rank what gold says is wrong in the set as it is, nothing planted."""
    wrong, known = inputs.gold == 0, np.isfinite(inputs.gold)
    found = detect(flip_rows(inputs, np.zeros(len(wrong), np.bool_)))
    weights = bootstrap(len(wrong))
    share, lines = float(wrong[known].mean()), []
    for detector, one in found.detections.items():
        ranks = ranking(np.where(known, one.score, np.nan), wrong, weights)
        auroc, auprc = (summary([ranks[key]], "") for key in ("auroc", "auprc"))
        counted = (
            None if one.counted is None else float(np.nansum(one.counted) / np.nansum(one.among))
        )
        rate = Measure(counted)
        error = Measure(None if counted is None else abs(counted - share))
        rows = f"{int(np.isfinite(one.score).sum()):,}"
        lines.append(
            (
                auroc,
                _cells(
                    name, f"{share:.0%} wrong by gold", detector, rows, auroc, auprc, rate, error
                ),
            )
        )
    ranked = [cells for _, cells in sorted(lines, key=lambda line: -(line[0].value or 0.0))]
    return _shortened(ranked)


def _lines(name: str, labels: str, scores: Sequence[DetectorScore], seeds: int) -> list[Line]:
    return _shortened([_line(name, labels, score, seeds) for score in scores])


def _shortened(lines: list[Line]) -> list[Line]:
    """Keep the best of the runs alone; the best line comes first."""
    runs = [line for line in lines if "_margin_" in line[2]]
    return [line for line in lines if line not in runs[1:]]


def _line(name: str, labels: str, score: DetectorScore, seeds: int) -> Line:
    found = (score.measures[key] for key in _MEASURES)
    rows = f"{score.rows:,}" + (f", {score.seeds} of {seeds} seeds" if score.seeds < seeds else "")
    return _cells(name, labels, score.name, rows, *found)


def _cells(
    name: str, labels: str, detector: str, rows: str, auroc: Measure, auprc: Measure, rate: Measure,
    error: Measure, rise: Measure = NO_RISE,
) -> Line:  # fmt: skip
    ranks = (_number(auroc.value), _interval(auroc.low, auroc.high), _number(auprc.value))
    rates = (_number(measure.value) for measure in (rate, error, rise))
    return (name, labels, f"`{detector}`", rows, *ranks, *rates)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{low:.3f} to {high:.3f}"


# --- JudgeBench, in pairs on the same seeds ----------------------------------------------------


def paired(data: Path) -> Iterator[str]:
    inputs = judgebench(data)
    rows = [_against(inputs, rate) for rate in (0.1, 0.2, 0.4)]
    head = ("planted", "suspicion", "mean of z", "difference", "90 %")
    yield "### JudgeBench: suspicion against the mean of z-scores, the same 20 seeds\n"
    yield from markdown(head, rows)
    yield f"### JudgeBench: {GOLD_VOTES} gold votes, the other rows ranked\n"
    rows = [_with_gold(inputs, rate) for rate in (0.1, 0.2, 0.4)]
    yield from markdown(("planted", "without gold", "with gold", "difference", "90 %"), rows)
    yield "### JudgeBench: one of five scorers is noise and one inverted, 20 % planted\n"
    yield from markdown(("compared", "AUROC", "suspicion minus it", "90 %"), list(_spoilt(inputs)))


def judgebench(data: Path) -> SignalInputs:
    """Return the 350 pairs with the five reward models alone."""
    one = replace(IMPORTED[0], score=())
    with tempfile.TemporaryDirectory() as folder:
        settings = store_of(one, data, Path(folder) / "store")
        with closing(open_store(settings.store)) as store:
            every = signal_inputs(store)
    return take_rows(every, np.flatnonzero(~every.tie))


def _against(inputs: SignalInputs, rate: float) -> Line:
    told, plain = [], []
    for flips, copy in _copies(inputs, rate):
        told.append(auroc(compute_one("suspicion", copy, {}), flips))
        plain.append(auroc(-mean_of_z(copy), flips))
    return (f"{rate:.0%}", _mean(told), _mean(plain), *_difference(told, plain))


def _with_gold(inputs: SignalInputs, rate: float) -> Line:
    """Gold of 100 rows drawn at random; only rows without it are ranked, with and without."""
    told, plain = [], []
    for seed, (flips, copy) in zip(SEEDS, _copies(inputs, rate), strict=True):
        audited = np.zeros(len(flips), np.bool_)
        drawn = np.random.default_rng(1000 + seed).choice(len(flips), GOLD_VOTES, replace=False)
        audited[drawn] = True
        gold = replace(copy, gold=np.where(audited, np.where(flips, 0.0, 1.0), np.nan))
        for found, given in ((told, gold), (plain, copy)):
            found.append(auroc(compute_one("suspicion", given, {})[~audited], flips[~audited]))
    return (f"{rate:.0%}", _mean(plain), _mean(told), *_difference(told, plain))


def _spoilt(inputs: SignalInputs) -> Iterator[Line]:
    """Each seed spoils another of the twenty choices of a scorer for noise and one inverted."""
    names = list(inputs.rewards)
    choices = [(a, b) for a in names for b in names if a != b]
    told, good, every = [], [], []
    for seed, (flips, copy) in zip(SEEDS, _copies(inputs, RATE), strict=True):
        noise, inverted = choices[seed]
        drawn = np.random.default_rng(2000 + seed).normal(size=(2, len(flips)))
        rest = {n: run for n, run in copy.rewards.items() if n not in (noise, inverted)}
        turned = copy.rewards[inverted]
        bad = {noise: RunValues(*drawn), inverted: RunValues(turned.rejected, turned.chosen)}
        spoilt = replace(copy, rewards={**rest, **bad})
        told.append(auroc(compute_one("suspicion", spoilt, {}), flips))
        good.append(auroc(-mean_of_z(replace(copy, rewards=rest)), flips))
        every.append(auroc(-mean_of_z(spoilt), flips))
    yield ("suspicion of the five", _mean(told), "", "")
    yield ("mean of z of the three good", _mean(good), *_difference(told, good))
    yield ("mean of z of all five", _mean(every), *_difference(told, every))


def _copies(inputs: SignalInputs, rate: float) -> Iterator[tuple[np.ndarray, SignalInputs]]:
    for seed in SEEDS:
        flips = plant(inputs, "symmetric", rate, seed)
        yield flips, flip_rows(inputs, flips)


def auroc(score: np.ndarray, flips: np.ndarray) -> float:
    return float(ranking(score, flips)["auroc"][0])


def _mean(values: list[float]) -> str:
    return "-" if np.isnan(values).all() else f"{np.nanmean(values):.4f}"


def _difference(one: list[float], other: list[float]) -> tuple[str, str]:
    """Return the mean of the paired differences and its bootstrap interval over the seeds."""
    gaps = np.array(one) - np.array(other)
    gaps = gaps[np.isfinite(gaps)]
    if not len(gaps):
        return "-", "-"
    drawn = np.random.default_rng(0).choice(gaps, (DRAWS, len(gaps))).mean(1)
    low, high = np.quantile(drawn, (0.05, 0.95))
    return f"{gaps.mean():+.4f}", f"{low:+.4f} to {high:+.4f}"


# --- votes -------------------------------------------------------------------------------------


def votes(data: Path) -> Iterator[str]:
    rows = [line for found in vote_sets(data) for line in _votes(found)]
    head = ("votes", "asked about", "majority", "Dawid-Skene", "RE-PO per rater", "answers")
    yield "### Several voters on a pair: how often each is right, ties left out\n"
    yield from markdown(head, rows)


def _votes(given: Votes) -> Iterator[Line]:
    if given.gold is not None:
        kept = np.ones(len(given.item), np.bool_)
        beliefs = [believe(given, kept) for believe in (_majority, _dawid_skene, _re_po)]
        told = np.all([np.isfinite(q) & (q != 0.5) for q in beliefs], axis=0)
        shares = [((q > 0.5) == given.gold)[told].mean() for q in beliefs]
        yield (given.name, "gold", *(f"{share:.3f}" for share in shares), f"{told.sum():,}")
    yield (given.name, "votes of those left out", *_left_out(given))


def _left_out(given: Votes) -> Line:
    """Hide annotators, a tenth of them at a time or one by one, and foretell their votes."""
    folds = np.random.default_rng(0).permutation(np.arange(len(given.raters)) % 10)
    right: list[list[np.ndarray]] = [[], [], []]
    for fold in np.unique(folds):
        kept = folds[given.rater] != fold
        hidden = np.flatnonzero(~kept)
        beliefs = [
            believe(given, kept)[given.item[hidden]]
            for believe in (_majority, _dawid_skene, _re_po)
        ]
        told = np.all([np.isfinite(q) & (q != 0.5) for q in beliefs], axis=0)
        for found, q in zip(right, beliefs, strict=True):
            found.append(((q > 0.5) == given.vote[hidden])[told])
    shares = [np.concatenate(found).mean() for found in right]
    return (*(f"{share:.3f}" for share in shares), f"{len(np.concatenate(right[0])):,}")


def _majority(given: Votes, kept: np.ndarray) -> np.ndarray:
    return majority(given.item[kept], given.vote[kept], given.items)


def _dawid_skene(given: Votes, kept: np.ndarray) -> np.ndarray:
    item, rater, vote = given.item[kept], given.rater[kept], given.vote[kept]
    return dawid_skene(item, rater, vote, given.items, len(given.raters)).q


def _re_po(given: Votes, kept: np.ndarray) -> np.ndarray:
    """Weigh each vote by its rater's reliability, p being what the others' votes say of it.

    RE-PO's p comes from another source than the label, so a rater's own vote is left out of it;
    reliabilities and p are taken in turns, from the plain majority on.
    """
    item, rater, vote = given.item[kept], given.rater[kept], given.vote[kept]
    sign, skill = np.where(vote, 1.0, -1.0), np.ones(len(given.raters))
    for _ in range(ROUNDS):
        total = np.bincount(item, sign * skill[rater], given.items)
        others = sigmoid(total[item] - sign * skill[rater])
        eta = reliability(np.where(vote, others, 1 - others), rater).eta
        known = np.append(eta, np.full(len(given.raters) - len(eta), np.nan))
        skill = logit(np.clip(np.where(np.isfinite(known), known, 0.5), 0.05, 0.95))
    total = np.bincount(item, sign * skill[rater], given.items)
    return np.where(np.bincount(item, minlength=given.items) > 0, sigmoid(total), np.nan)


PARTS: dict[str, Callable[[Path], Iterator[str]]] = {
    "sets": every_set,
    "paired": paired,
    "votes": votes,
}
if __name__ == "__main__":
    main()
