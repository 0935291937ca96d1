"""`detect`: plant known flips in a copy and say how well every detector finds them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

import core.scorers
import core.signals  # noqa: F401
from core.commands.command import Command, Outcome
from core.commands.exportargs import where_argument
from core.commands.progress import step, track
from core.commands.relabelling import tell_votes
from core.commands.relearn import learners, relearnt
from core.commands.trial_report import trial_data, trial_lines
from core.errors import ScoreError, StoreError, UsageError
from core.schema import Bools, Ints, PairFilter, SignalInputs
from core.schema.trials import FLIP_KINDS, FlipKind, Trial
from core.settings import Settings
from core.signals.planting import HIGHEST_RATE, LOWEST_RATE, plant, take_rows
from core.signals.trial import FEWEST_ROWS, Bench
from core.store.filters import parse_where
from core.store.inputs import signal_inputs
from core.store.instance import Store, open_store
from core.store.layout import Generation, read_generation
from core.store.lock import writing
from core.store.trials import write_trial
from core.views.where import where_of

ROWS = 20_000
"""Rows of a trial where nobody says otherwise: more change the third digit, and take minutes."""
_SEEDS = (1, 1000)


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    filter: PairFilter
    kind: FlipKind
    rate: float
    seeds: int
    limit: int
    seed: int
    """The first of the seeds, and that of the sample."""


def try_detectors(store: Store, asked: Asked) -> Trial:
    """Run the trial; raise ScoreError where these rows hold nothing to try."""
    every = signal_inputs(store)
    where = where_of(store, asked.filter)
    found = store.query("margins_row_ids", {}, where)["row_id"].to_numpy()
    matching = found[~every.tie[found]]
    rows = _sampled(matching, asked, len(found))
    bench, notes = _bench(store, every, rows)
    plant(bench.inputs, asked.kind, asked.rate, asked.seed)  # refuses at once what it cannot do
    last = asked.seed + asked.seeds
    for seed in track(range(asked.seed - 1, last), "trials", unit="copies", total=asked.seeds + 1):
        if seed < asked.seed:
            bench.before()
        else:
            bench.plant(asked.kind, asked.rate, seed)
    gold = bench.inputs.gold
    return Trial(
        kind=asked.kind,
        rate=float(asked.rate),
        seeds=asked.seeds,
        rows=len(rows),
        planted=bench.planted,
        sentence=where.sentence,
        matching=len(matching),
        relearnt=tuple(run for run in notes if not notes[run]),
        gold_rows=int(np.isfinite(gold).sum()),
        gold_wrong=int((gold == 0).sum()),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        detectors=bench.results(),
        absent={**bench.silent(), **{run: why for run, why in notes.items() if why}},
    )


def _sampled(matching: Ints, asked: Asked, found: int) -> Ints:
    if not found:
        raise ScoreError("No row matches this filter.", "Leave out a --where.")
    if len(matching) <= asked.limit:
        return matching
    step(f"Trying a sample of {asked.limit:,} of {len(matching):,} labelled rows; see --limit.")
    drawn = np.random.default_rng(asked.seed).choice(matching, asked.limit, replace=False)
    return np.sort(drawn)


def _bench(store: Store, every: SignalInputs, rows: Ints) -> tuple[Bench, dict[str, str]]:
    """Return the bench, and a dict that gets run → why it could not learn ("" where it did)."""
    again = learners(store, rows, every.tie)
    notes = {learner.run_id: "" for learner in again}
    if again:
        names = ", ".join(notes)
        step(f"{names}: learnt anew from every copy, so that no run has seen the true labels.")

    def relearn(copy: SignalInputs, flips: Bools) -> SignalInputs:
        return relearnt(copy, flips, again, notes)

    return Bench(take_rows(every, rows), relearn), notes


def _arguments(parser: ArgumentParser) -> None:
    where_argument(parser)
    parser.add_argument(
        "--rate", type=float, default=0.2, metavar="R", help="share of labels to reverse (0.2)"
    )
    parser.add_argument(
        "--kind",
        choices=FLIP_KINDS,
        default="symmetric",
        help="any label alike, rather where the rejected answer is longer, or by annotator",
    )
    parser.add_argument(
        "--seeds", type=int, default=5, metavar="N", help="how many times to plant anew (5)"
    )
    parser.add_argument(
        "--limit",
        type=int,
        default=ROWS,
        metavar="ROWS",
        help=f"try a sample of so many rows ({ROWS:,})",
    )


def asked_of(args: Namespace, settings: Settings) -> Asked:
    """Return what the command line asks for; raise UsageError for what cannot be planted."""
    if not LOWEST_RATE <= args.rate <= HIGHEST_RATE:
        raise UsageError(
            f"--rate {args.rate:g} cannot be planted.",
            f"It is {LOWEST_RATE:g} to {HIGHEST_RATE:g}, such as 0.2.",
        )
    low, high = _SEEDS
    if not low <= args.seeds <= high:
        raise UsageError(f"--seeds {args.seeds} is not possible.", f"Give {low} to {high:,}.")
    if args.limit < FEWEST_ROWS:
        raise UsageError(f"--limit {args.limit} is too few rows.", f"Give {FEWEST_ROWS} or more.")
    conditions = [condition for text in args.where for condition in parse_where(text)]
    return Asked(
        filter=PairFilter(conditions=tuple(conditions)),
        kind=args.kind,
        rate=args.rate,
        seeds=args.seeds,
        limit=args.limit,
        seed=settings.seed,
    )


def _run(args: Namespace, settings: Settings) -> Outcome:
    asked = asked_of(args, settings)
    generation = read_generation(settings.store)
    store = open_store(settings.store, settings.memory, settings.threads)
    try:
        tell_votes(store, settings, asked.filter)
        trial = try_detectors(store, asked)
    finally:
        store.close()
    return Outcome(trial_data(trial), (*trial_lines(trial), *_keep(settings, generation, trial)))


def _keep(settings: Settings, generation: Generation, trial: Trial) -> tuple[str, ...]:
    """Keep the result for the Scorers page; return what is to be said of it."""
    try:
        with writing(settings.store, "detect", wait=step):
            if read_generation(settings.store).signals != generation.signals:
                return ("The store has changed meanwhile, so the result was not kept.",)
            write_trial(settings.store, generation, trial)
    except StoreError as error:
        return (f"The result was not kept for the Scorers page: {error.message}",)
    return ()


COMMAND = Command("detect", "plant known flips and see which detector finds them", _arguments, _run)
