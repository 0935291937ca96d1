"""Rewards of a sequence classifier: one number per response, or one per named head."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.errors import UsageError
from core.schema import Floats, Provenance, ScoringPlan
from core.scorers.chat import Encoded, Encoder
from core.scorers.classifiers import Classifier, settled
from core.scorers.forward import SHARD_CHARS, Budget, each_batch, one_behind
from core.scorers.models import Loaded, load
from core.scorers.provenance import BATCH, LONGEST, batch_tokens, encoder_of, provenance
from core.scorers.spec import SCORERS, ScorerOptions, ScorerSpec


@dataclass(frozen=True)
class RewardModel:
    """An opened reward model."""

    provenance: Provenance
    encoder: Encoder
    classifier: Classifier
    budget: Budget
    heads: tuple[str, ...]
    """Names of the model's outputs."""
    head: int
    """Which of them is the reward."""
    shard_chars: int
    shard_items: int = 4096

    def prepare(self, rows: pa.Table) -> list[Encoded]:
        """Return the token ids of a shard; the last token is kept, since it is what is read."""
        return self.encoder.encode(rows, keep_last=True)

    def score(self, prepared: list[Encoded]) -> Iterator[pa.Table]:
        """Yield rewards, batch by batch."""
        if unread := [item for item in prepared if not item.ids]:
            yield self._table(unread, np.full((len(unread), len(self.heads)), np.nan))
        known = [item for item in prepared if item.ids]
        classifier = self.classifier
        done = each_batch(
            known,
            self.budget,
            classifier.form,
            lambda batch: classifier.rewards(classifier.features(batch)),
        )
        for batch, rewards in one_behind(done):
            yield self._table(list(batch.items), rewards.double().cpu().numpy())

    def _table(self, items: list[Encoded], rewards: Floats) -> pa.Table:
        columns = {"reward": pa.array(rewards[:, self.head])}
        if len(self.heads) > 1:
            columns |= {f"reward_{h}": pa.array(rewards[:, i]) for i, h in enumerate(self.heads)}
        return keyed(items, columns)


def keyed(items: list[Encoded], columns: dict[str, pa.Array]) -> pa.Table:
    """Return a table of values with the responses' ids, lengths and whether they were cut."""
    return pa.table(
        {
            "response_id": pa.array([item.response_id for item in items], pa.int64()),
            **columns,
            "n_tokens": pa.array([len(item.ids) - item.start for item in items], pa.int32()),
            "truncated": pa.array([item.truncated for item in items], pa.bool_()),
        }
    )


def head_names(loaded: Loaded) -> tuple[str, ...]:
    """Return the names of the model's outputs as column names; they may come from anyone."""
    names = [str(name) for _, name in sorted((loaded.model.config.id2label or {}).items())]
    plain = [re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:32] for name in names]
    return tuple(
        name if name and plain.count(name) == 1 else f"label_{i}" for i, name in enumerate(plain)
    )


def chosen_head(heads: tuple[str, ...], options: ScorerOptions) -> int:
    """Return which head is the reward: the named one, else the first, and say so."""
    if options.head is None:
        if len(heads) > 1:
            options.say(
                f"The model has {len(heads)} heads ({', '.join(heads)}); the reward is the first, "
                f"{heads[0]}. --head NAME takes another; all are kept."
            )
        return 0
    if options.head not in heads:
        raise UsageError(f"The model has no head {options.head!r}.", f"Known: {', '.join(heads)}.")
    return heads.index(options.head)


def open_reward_model(options: ScorerOptions, plan: ScoringPlan) -> RewardModel:
    """Load the model and choose its form; raise ScoreError in a sentence."""
    loaded = load("classifier", options)
    encoder, heads = encoder_of(loaded, options), head_names(loaded)
    head = chosen_head(heads, options)
    more = {"heads": list(heads), "head": heads[head]} if len(heads) > 1 else {}
    return RewardModel(
        provenance=provenance(loaded, encoder, options, more=more),
        encoder=encoder,
        classifier=settled(loaded, options.say),
        budget=Budget(batch_tokens(loaded.device, options), options.say),
        heads=heads,
        head=head,
        shard_chars=SHARD_CHARS[loaded.device],
    )


TAKES = ("model", "revision", "device", "dtype", "template", "head", "trust_remote_code_at")

SPEC = SCORERS.register(
    ScorerSpec(
        name="reward_model",
        title="Reward model",
        description=(
            "The output of a sequence classifier at the end of the conversation, under the "
            "model's own chat template. A model with several attribute heads keeps every head; "
            "one of them is the reward."
        ),
        limits=(
            "Rewards have the model's own scale: compare signs and ranks between models, not "
            "sizes. What a reward model was trained on is not known to Assay: one trained on "
            "these labels agrees with them too well."
        ),
        paper="Ouyang et al. 2022, arXiv:2203.02155; Lambert et al. 2024, arXiv:2403.13787",
        columns={
            "reward": "the reward, in the model's units",
            "reward_<head>": "each head of a model with several",
            "n_tokens": "tokens of the response",
            "truncated": "the response or its prompt was cut to the model's length",
        },
        takes=TAKES,
        required=("model",),
        parameters=(LONGEST, BATCH),
        open=open_reward_model,
    )
)
