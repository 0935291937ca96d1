"""Runs that learn from labels, made anew in memory on labels that were reversed on purpose.

A run as it stands has learnt from the true labels, so it would find planted flips too well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.errors import ScoreError
from core.schema import (
    Bools,
    Floats,
    Ints,
    LabelledPairs,
    RunInfo,
    RunValues,
    ScoringPlan,
    SignalInputs,
)
from core.scorers.local import open_session, shards
from core.scorers.spec import SCORERS, ScorerOptions, ScorerSpec
from core.store.instance import Store
from core.store.plan import scoring_plan


@dataclass(frozen=True)
class Learner:
    """One run that can be made anew on the rows of a trial."""

    run_id: str
    spec: ScorerSpec
    options: ScorerOptions
    plan: ScoringPlan
    labels: LabelledPairs

    def scored(self, flips: Bools) -> RunValues:
        """Return the rewards of both sides of every row, learnt from the labels as flipped."""
        labels = _flipped(self.labels, flips)
        plan = replace(self.plan, labels=labels)
        session = open_session(self.spec, self.options, plan)
        try:
            tables = list(session.run(shards(plan, session, np.empty(0, np.int64))))
        finally:
            session.close()
        ids = np.concatenate([table["response_id"].to_numpy() for table in tables])
        rewards = np.concatenate([table["reward"].to_numpy() for table in tables])
        order = np.argsort(ids)
        chosen, rejected = (
            _looked_up(ids[order], rewards[order], side)
            for side in (labels.chosen_id, labels.rejected_id)
        )
        return RunValues(chosen, rejected)


def learners(store: Store, rows: Ints, tie: Bools) -> tuple[Learner, ...]:
    """Return the runs to make anew, with their own parameters; `rows` are labelled row ids.

    They learn from these rows and score their responses, nothing else.
    """
    return tuple(_learners(store, rows, tie))


def relearnt(
    inputs: SignalInputs, flips: Bools, who: tuple[Learner, ...], notes: dict[str, str]
) -> SignalInputs:
    """Return planted inputs with these runs made anew; one that cannot learn is left out, noted."""
    rewards: dict[str, RunValues] = dict(inputs.rewards)
    for learner in who:
        rewards.pop(learner.run_id, None)
        try:
            rewards[learner.run_id] = learner.scored(flips)
        except ScoreError as error:
            notes[learner.run_id] = error.message
    return replace(inputs, rewards=rewards)


def _learners(store: Store, rows: Ints, tie: Bools) -> Iterator[Learner]:
    place = np.full(len(tie), -1)
    place[~tie] = np.arange(int((~tie).sum()))
    for run in store.runs:
        spec = SCORERS.get(run.scorer) if run.scorer in SCORERS.names() else None
        if spec is None or not spec.needs_labels or run.leaks_label:
            continue
        options = _options(spec, run)
        plan = scoring_plan(store, options.seed, labels=True)
        if plan.labels is not None:
            labels = _kept(plan.labels, place[rows])
            yield Learner(run.run_id, spec, options, _only(plan, labels), labels)


def _options(spec: ScorerSpec, run: RunInfo) -> ScorerOptions:
    """Return what the run was made with: its settled parameters and its seed."""
    made: Mapping[str, object] = run.parameters
    known = {param.name: made[param.name] for param in spec.parameters if param.name in made}
    seed = made.get("seed")
    return ScorerOptions(
        parameters=spec.settled(known), seed=seed if isinstance(seed, int) else ScorerOptions.seed
    )


def _kept(labels: LabelledPairs, at: Ints) -> LabelledPairs:
    source = tuple(labels.source[place] for place in at)
    return LabelledPairs(labels.prompt_id[at], labels.chosen_id[at], labels.rejected_id[at], source)


def _only(plan: ScoringPlan, labels: LabelledPairs) -> ScoringPlan:
    """Return the plan for the responses of these pairs alone."""
    kept = np.isin(plan.ids, np.concatenate([labels.chosen_id, labels.rejected_id]))
    return replace(plan, ids=plan.ids[kept], prompt_id=plan.prompt_id[kept], chars=plan.chars[kept])


def _flipped(labels: LabelledPairs, flips: Bools) -> LabelledPairs:
    return replace(
        labels,
        chosen_id=np.where(flips, labels.rejected_id, labels.chosen_id),
        rejected_id=np.where(flips, labels.chosen_id, labels.rejected_id),
    )


def _looked_up(ids: Ints, rewards: Floats, wanted: Ints) -> Floats:
    return np.asarray(rewards[np.searchsorted(ids, wanted)], np.float64)
