"""The built-in scorer: learns from the labels, yet no prompt is scored by a model that saw it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import pyarrow as pa

from core.errors import ScoreError
from core.registry import Param
from core.schema import Floats, Ints, LabelledPairs, Provenance, ScoringPlan
from core.scorers.bradley_terry import Model, cross_fit
from core.scorers.features import MAX_CHARS, Features, featurise
from core.scorers.folds import Group, fold_of, groups, sample
from core.scorers.spec import SCORERS, ScorerOptions, ScorerSpec

_MOST_CHARS = 100_000_000
"""Text that a source's models learn from: a peak of 1.6 GB, however long responses are."""
_PIECE = 4_096
"""Responses read at once while it learns."""


@dataclass(frozen=True)
class _Texts:
    """Responses as they are read: flat texts."""

    response_id: Ints
    prompt_id: Ints
    prompts: tuple[str, ...]
    responses: tuple[str, ...]


@dataclass(frozen=True)
class _Prepared:
    texts: _Texts
    features: Features


@dataclass(frozen=True)
class _Fitted:
    group: Group
    model: Model


@dataclass(frozen=True)
class CrossFit:
    """Models of all sources, fitted; scores any response of the plan out of fold."""

    provenance: Provenance
    labels: LabelledPairs
    fitted: tuple[_Fitted, ...]
    folds: int
    seed: int
    shard_chars: int = 4_000_000
    shard_items: int = 8_192

    def prepare(self, rows: pa.Table) -> _Prepared:
        """Turn texts into features."""
        texts = _texts(rows)
        return _Prepared(texts, featurise(texts.prompts, texts.responses))

    def score(self, prepared: _Prepared) -> Iterator[pa.Table]:
        """Yield the rewards of a shard: the mean over the models of the prompt's sources."""
        texts = prepared.texts
        fold = fold_of(texts.prompt_id, self.labels.prompt_id, self.folds, self.seed)
        rewards = _rewards(prepared.features, texts.prompt_id, fold, self.fitted)
        cut = [len(text) > MAX_CHARS for text in texts.responses]
        yield pa.table({"response_id": texts.response_id, "reward": rewards, "truncated": cut})


def open_crossfit(options: ScorerOptions, plan: ScoringPlan) -> CrossFit:
    """Fit the models on the plan's labels; raise ScoreError when there are too few."""
    settled, labels = options.parameters, plan.labels
    if labels is None:
        raise ScoreError("crossfit learns from labels, and was given none.")
    folds = int(settled["folds"])
    found = groups(labels, plan.prompt_id, folds) if len(plan.ids) else []
    fold = fold_of(plan.prompt_id, labels.prompt_id, folds, plan.seed) if found else plan.ids
    fitted = []
    for group in found:
        rows = sample(labels, group.rows, int(settled["max_pairs"]), plan.seed)
        places = _positions(plan, labels.chosen_id[rows], labels.rejected_id[rows])
        chosen, rejected = _fitting(plan, *places)
        sides = _features(plan, chosen), _features(plan, rejected)
        model = cross_fit(*sides, fold[chosen], folds, settled["strength"])
        fitted.append(_Fitted(group, model))
    made = Provenance(device="cpu", parameters={**settled, "seed": plan.seed}, versions=_versions())
    return CrossFit(made, labels, tuple(fitted), folds, plan.seed)


def _positions(plan: ScoringPlan, *sides: Ints) -> tuple[Ints, ...]:
    order = np.argsort(plan.ids, kind="stable")
    places = []
    for wanted in sides:
        found = np.searchsorted(plan.ids, wanted, sorter=order)
        at = order[np.minimum(found, len(order) - 1)]
        if (plan.ids[at] != wanted).any():
            raise ScoreError("A label names a response that is not in the plan.")
        places.append(at)
    return tuple(places)


def _fitting(plan: ScoringPlan, chosen: Ints, rejected: Ints) -> tuple[Ints, Ints]:
    """Keep the first pairs whose texts fit into what is learnt from."""
    if int(plan.chars[chosen].sum() + plan.chars[rejected].sum()) * 2 <= _MOST_CHARS:
        return chosen, rejected
    at = np.unique(np.concatenate([chosen, rejected]))
    chars = np.empty(len(plan.ids), np.int64)
    for piece, texts in _read(plan, at):
        chars[piece] = [min(len(text), MAX_CHARS) for text in texts.responses]
    fits = np.cumsum(chars[chosen] + chars[rejected]) <= _MOST_CHARS
    return chosen[fits], rejected[fits]


def _features(plan: ScoringPlan, at: Ints) -> Features:
    """Return the features of responses; each is read once, in storage order."""
    from scipy.sparse import vstack

    wanted, back = np.unique(at, return_inverse=True)
    made = [featurise(texts.prompts, texts.responses) for _, texts in _read(plan, wanted)]
    ngrams = vstack([piece.ngrams for piece in made], format="csr")
    style = np.concatenate([piece.style for piece in made])
    return Features(ngrams[back], style[back])


def _read(plan: ScoringPlan, at: Ints) -> Iterator[tuple[Ints, _Texts]]:
    for start in range(0, len(at), _PIECE):
        piece = at[start : start + _PIECE]
        yield piece, _texts(plan.read(plan.ids[piece]))


def _texts(rows: pa.Table) -> _Texts:
    return _Texts(
        rows["response_id"].to_numpy(),
        rows["prompt_id"].to_numpy(),
        _flat(rows["prompt_text"], rows["prompt_messages"]),
        _flat(rows["response_text"], rows["response_messages"]),
    )


def _flat(texts: pa.ChunkedArray, messages: pa.ChunkedArray) -> tuple[str, ...]:
    pairs = zip(texts.to_pylist(), messages.to_pylist(), strict=True)
    return tuple(_turns(turns) if text is None else text for text, turns in pairs)


def _turns(messages: str) -> str:
    """Return turns as `role: content`, with an empty line between them."""
    return "\n\n".join(f"{turn['role']}: {_content(turn)}" for turn in json.loads(messages))


def _content(turn: Mapping[str, object]) -> str:
    content = turn.get("content")
    if content is None or isinstance(content, str):
        return content or ""
    return json.dumps(content, ensure_ascii=False)


def _rewards(
    features: Features, prompt_id: Ints, fold: Ints, fitted: tuple[_Fitted, ...]
) -> Floats:
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
        columns={
            "reward": "Reward in nats, out of fold; comparable within a prompt.",
            "truncated": f"Whether it was read to {MAX_CHARS:,} characters only.",
        },
        takes=(),
        open=open_crossfit,
        parameters=(
            Param("folds", "Folds", 5, 2, 50, "Number of folds of prompts."),
            Param("strength", "Strength", 1.0, 1e-6, 1e6, "How far weights may go from 0 (C)."),
            Param(
                "max_pairs", "Pairs to learn from", 20_000, 10, 10_000_000, "At most, per source."
            ),
        ),
        needs_labels=True,
    )
)
