"""The built-in scorer: learns from the labels, yet no prompt is scored by a model that saw it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from core.errors import ScoreError
from core.registry import Param
from core.schema import Floats, Ints, ResponseBatch, ScoreBatch, ScoringPlan
from core.scorers.bradley_terry import Model, cross_fit
from core.scorers.features import MAX_CHARS, Features, featurise
from core.scorers.folds import Group, fold_of, groups, sample
from core.scorers.spec import SCORERS, ScorerSpec

_BATCH = 4096
_MOST_CHARS = 100_000_000
"""Text that a source's models learn from: a peak of 1.6 GB, however long responses are."""


@dataclass(frozen=True)
class _Options:
    folds: int
    strength: float
    most: int


@dataclass(frozen=True)
class _Fitted:
    group: Group
    model: Model


def score(plan: ScoringPlan, given: Mapping[str, object]) -> Iterator[ScoreBatch]:
    """Yield rewards of all responses, in their order; out of fold throughout."""
    settled = SPEC.settled(given)
    options = _Options(int(settled["folds"]), settled["strength"], int(settled["max_pairs"]))
    prompt_id = plan.responses.prompt_id
    if not len(prompt_id):
        return
    found = groups(plan.labels, prompt_id, options.folds)
    fold = fold_of(prompt_id, plan.labels.prompt_id, options.folds, plan.seed)
    fitted = [_Fitted(group, _learn(plan, group, fold, options)) for group in found]
    for start in range(0, len(prompt_id), _BATCH):
        yield _scored(plan.responses, fold, fitted, slice(start, start + _BATCH))


def _learn(plan: ScoringPlan, group: Group, fold: Ints, options: _Options) -> Model:
    rows = sample(plan.labels, group.rows, options.most, plan.seed)
    chosen = _positions(plan.responses, plan.labels.chosen_id[rows])
    rejected = _positions(plan.responses, plan.labels.rejected_id[rows])
    fits = np.cumsum(_chars(plan.responses, chosen) + _chars(plan.responses, rejected))
    chosen, rejected = chosen[fits <= _MOST_CHARS], rejected[fits <= _MOST_CHARS]
    return cross_fit(
        _features(plan.responses, chosen),
        _features(plan.responses, rejected),
        fold[chosen],
        options.folds,
        options.strength,
    )


def _positions(responses: ResponseBatch, wanted: Ints) -> Ints:
    order = np.argsort(responses.response_id, kind="stable")
    found = np.searchsorted(responses.response_id, wanted, sorter=order)
    at = order[np.minimum(found, len(order) - 1)]
    if (responses.response_id[at] != wanted).any():
        raise ScoreError("A label names a response that is not in the plan.")
    return at


def _chars(responses: ResponseBatch, at: Ints) -> Ints:
    return np.array([min(len(responses.responses[i]), MAX_CHARS) for i in at], np.int64)


def _features(responses: ResponseBatch, at: Ints) -> Features:
    return featurise([responses.prompts[i] for i in at], [responses.responses[i] for i in at])


def _scored(responses: ResponseBatch, fold: Ints, fitted: list[_Fitted], part: slice) -> ScoreBatch:
    texts = responses.responses[part]
    features = featurise(responses.prompts[part], texts)
    return ScoreBatch(
        response_id=responses.response_id[part],
        reward=_rewards(features, responses.prompt_id[part], fold[part], fitted),
        truncated=np.array([len(text) > MAX_CHARS for text in texts]),
    )


def _rewards(features: Features, prompt_id: Ints, fold: Ints, fitted: list[_Fitted]) -> Floats:
    """Return the mean over the models of the prompt's sources: one reward, whoever asks."""
    total, models = np.zeros(len(prompt_id)), np.zeros(len(prompt_id))
    for one in fitted:
        mine = np.flatnonzero(one.group.scores(prompt_id))
        if len(mine):
            own = Features(features.ngrams[mine], features.style[mine])
            total[mine] += one.model.rewards(own, fold[mine])
            models[mine] += 1
    return total / models


def _versions() -> Mapping[str, str]:
    return {name: version(name) for name in ("scikit-learn", "scipy", "numpy")}


SPEC = SCORERS.register(
    ScorerSpec(
        name="crossfit",
        title="Cross-fitted words and style",
        description=(
            "A Bradley-Terry logistic model on hashed word 1-2-grams and twenty counts of style, "
            "one per source, fitted out of fold with folds of whole prompts. Needs no GPU and no "
            "download."
        ),
        limits=(
            "Weak: it sees words and form, not truth, and learns the labels' habits, length among "
            "them. Its agreement with the labels stands beside every number. Rewards are "
            "comparable within a prompt only. Each source's models learn from at most max_pairs "
            f"pairs and {_MOST_CHARS:,} characters, and read the first {MAX_CHARS:,} characters of "
            "a response. Sources with fewer than 100 labelled prompts share a model taught by all."
        ),
        paper="Bradley and Terry 1952; Chernozhukov et al. 2018, arXiv:1608.00060",
        needs_labels=True,
        parameters=(
            Param("folds", "Folds", 5, 2, 50, "Number of folds of prompts."),
            Param("strength", "Strength", 1.0, 1e-6, 1e6, "How far weights may go from 0 (C)."),
            Param(
                "max_pairs", "Pairs to learn from", 20_000, 10, 10_000_000, "At most, per source."
            ),
        ),
        score=score,
        versions=_versions,
    )
)
