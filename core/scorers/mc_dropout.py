"""The rewards of many thinned heads: how sure a reward model is, pass by pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from core.registry import Param
from core.schema import Floats, Provenance, ScoringPlan
from core.scorers.chat import Encoded
from core.scorers.forward import each_batch, one_behind
from core.scorers.packing import Batch
from core.scorers.provenance import BATCH, LONGEST
from core.scorers.reward_model import TAKES, RewardModel, keyed, open_reward_model
from core.scorers.spec import SCORERS, ScorerOptions, ScorerSpec

if TYPE_CHECKING:
    from torch import Tensor

_PASSES = Param("passes", "Passes", 10, 2, 1000, "How many thinned heads are asked.")
_DROPOUT = Param("dropout", "Dropout", 0.1, 0.001, 0.9, "Share of features that a pass drops.")


@dataclass(frozen=True)
class McDropout:
    """An opened reward model and the masks of its passes."""

    model: RewardModel
    masks: Floats
    """Shape (passes, width): 0 or 1 / (1 − p)."""

    @property
    def provenance(self) -> Provenance:
        """Return what made the numbers."""
        return self.model.provenance

    @property
    def shard_chars(self) -> int:
        """Return the characters of a shard."""
        return self.model.shard_chars

    @property
    def shard_items(self) -> int:
        """Return the most responses in a shard."""
        return self.model.shard_items

    def prepare(self, rows: pa.Table) -> list[Encoded]:
        """Return the token ids of a shard."""
        return self.model.prepare(rows)

    def score(self, prepared: list[Encoded]) -> Iterator[pa.Table]:
        """Yield the rewards of each pass, batch by batch, and their mean."""
        if unread := [item for item in prepared if not item.ids]:
            yield _table(unread, np.full((len(unread), len(self.masks)), np.nan))
        known = [item for item in prepared if item.ids]
        done = each_batch(known, self.model.budget, self.model.classifier.form, self._passes)
        for batch, passes in one_behind(done):
            yield _table(list(batch.items), passes.double().cpu().numpy())

    def _passes(self, batch: Batch) -> Tensor:
        """Return rewards, shape (items, passes): the body runs once, each mask is a head."""
        import torch

        features = self.model.classifier.features(batch)
        masks = torch.from_numpy(self.masks).to(features)
        with torch.inference_mode():
            thinned = features[:, None, :] * masks
        return self.model.classifier.rewards(thinned)[..., self.model.head]


def _table(items: list[Encoded], passes: Floats) -> pa.Table:
    lists = pa.FixedSizeListArray.from_arrays(
        pa.array(passes.ravel(), pa.float32()), passes.shape[1]
    )
    columns = {"reward": pa.array(passes.mean(1)), "passes": lists.cast(pa.list_(pa.float32()))}
    return keyed(items, columns)


def dropout_masks(passes: int, width: int, share: float, seed: int) -> Floats:
    """Return scaled masks, shape (passes, width); the same for every response of a run.

    So a pass is one thinned head that judges all responses alike, and its numbers do not depend
    on batches. Source: Gal and Ghahramani 2016, arXiv:1506.02142.
    """
    draw = np.random.default_rng(seed)
    return (draw.random((passes, width)) >= share) / (1.0 - share)


def open_mc_dropout(options: ScorerOptions, plan: ScoringPlan) -> McDropout:
    """Load the reward model and draw the masks; raise ScoreError in a sentence."""
    model = open_reward_model(options, plan)
    seeded = {**model.provenance.parameters, "seed": options.seed}
    model = replace(model, provenance=replace(model.provenance, parameters=seeded))
    width = model.classifier.head.in_features
    passes, share = int(options.parameters[_PASSES.name]), options.parameters[_DROPOUT.name]
    return McDropout(model, dropout_masks(passes, width, share, options.seed))


SPEC = SCORERS.register(
    ScorerSpec(
        name="mc_dropout",
        title="Reward model with dropout",
        description=(
            "A reward model whose last layer is asked many times, each time with other features "
            "dropped. The spread of the passes says how sure it is (BALD is made of it)."
        ),
        limits=(
            "Dropout stands before the last layer only, at a share that the model may not have "
            "been trained with: doubt about the head, not about the body. The masks are drawn "
            "once per run from the seed and are the same for all responses."
        ),
        paper="Gal and Ghahramani 2016, arXiv:1506.02142; Wang et al. 2025, arXiv:2409.11212",
        columns={
            "reward": "mean over the passes, in the model's units",
            "passes": "the reward of each pass",
            "n_tokens": "tokens of the response",
            "truncated": "the response or its prompt was cut to the model's length",
        },
        takes=TAKES,
        required=("model",),
        parameters=(_PASSES, _DROPOUT, LONGEST, BATCH),
        open=open_mc_dropout,
    )
)
