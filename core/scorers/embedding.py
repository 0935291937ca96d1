"""Embeddings of prompts and responses: L2-normalised, of any encoder or decoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.errors import ScoreError
from core.registry import Param
from core.schema import Provenance, ScoringPlan
from core.scorers.chat import Encoded
from core.scorers.forward import (
    SHARD_CHARS,
    Budget,
    each_batch,
    moved,
    one_behind,
    padded,
    padding_of,
)
from core.scorers.models import Loaded, load
from core.scorers.packing import Batch, block, packs
from core.scorers.places import gist
from core.scorers.provenance import BATCH
from core.scorers.sentences import Read, Reader, Recipe, recipe_of
from core.scorers.spec import SCORERS, ScorerOptions, ScorerSpec
from core.scorers.turns import Turns, flat, read_rows

if TYPE_CHECKING:
    from torch import Tensor

Vectors = npt.NDArray[np.float32]
_BATCH_TOKENS = {"cpu": 4096, "cuda": 65_536}
_LONGEST = Param(
    "max_tokens",
    "Longest text",
    0,
    0,
    10_000_000,
    "Tokens of a prompt or response; 0 takes the model's own length.",
)


@dataclass(frozen=True)
class Pooled:
    """A model with its pooling."""

    model: Any
    device: str
    pooling: str
    pad: int

    def embed(self, batch: Batch) -> Tensor:
        """Return one vector of length 1 per item, shape (items, width), float32."""
        import torch

        given = padded(batch, self.pad, self.device)
        with torch.inference_mode():
            hidden: Tensor = self.model(**given).last_hidden_state.float()
            found = self._pooled(hidden, given["attention_mask"], batch)
            return torch.nn.functional.normalize(found, dim=-1)

    def _pooled(self, hidden: Tensor, mask: Tensor, batch: Batch) -> Tensor:
        if self.pooling == "cls":
            return hidden[:, 0]
        if self.pooling == "last":
            last = np.array([ends[-1] for ends in batch.ends])
            return hidden.flatten(0, 1)[moved(last, self.device)]
        weights = mask[:, :, None].to(hidden.dtype)
        return (hidden * weights).sum(1) / weights.sum(1)


@dataclass(frozen=True)
class Prepared:
    """A shard: its different texts once each, and which of them a row needs."""

    response_id: npt.NDArray[np.int64]
    texts: list[Read]
    response: npt.NDArray[np.int64]
    """Per row the response's text; -1 where it is empty."""
    prompt: npt.NDArray[np.int64]
    """Per row the prompt's text; -1 where it is empty, or stood on an earlier row."""


@dataclass(frozen=True)
class Embedding:
    """An opened embedding model."""

    provenance: Provenance
    pooled: Pooled
    reader: Reader
    width: int
    budget: Budget
    shard_chars: int
    shard_items: int = 4096

    def prepare(self, rows: pa.Table) -> Prepared:
        """Return the ids of a shard's texts."""
        known: dict[str, int] = {}

        def number(turns: Turns) -> int:
            text = flat(turns)
            return known.setdefault(text, len(known)) if text.strip() else -1

        seen: set[int] = set()
        found = []
        for row in read_rows(rows):
            first = row.prompt_id not in seen
            seen.add(row.prompt_id)
            prompt = number(row.prompt) if first else -1
            found.append((row.response_id, number(row.response), prompt))
        ids = np.array(found, np.int64).reshape(-1, 3)
        return Prepared(ids[:, 0], self.reader.read(list(known)), ids[:, 1], ids[:, 2])

    def score(self, prepared: Prepared) -> Iterator[pa.Table]:
        """Yield the shard's vectors."""
        vectors = self.vectors(prepared.texts)
        lengths = np.array([*(len(text.ids) for text in prepared.texts), 0], np.int32)
        cut = np.array([*(text.truncated for text in prepared.texts), False])
        yield pa.table(
            {
                "response_id": prepared.response_id,
                "embedding": column(vectors, prepared.response),
                "prompt_embedding": column(vectors, prepared.prompt),
                "n_tokens": lengths[prepared.response],
                "truncated": cut[prepared.response] | cut[prepared.prompt],
            }
        )

    def vectors(self, texts: Sequence[Read]) -> Vectors:
        """Return the vectors of texts, shape (texts, width)."""
        found = np.full((len(texts), self.width), np.nan, np.float32)
        items = [Encoded(i, i, text.ids, 0, text.truncated, None) for i, text in enumerate(texts)]
        done = each_batch(items, self.budget, "plain", self.pooled.embed)
        for batch, made in one_behind(done):
            found[[item.response_id for item in batch.items]] = made.cpu().numpy()
        return found


def column(vectors: Vectors, at: npt.NDArray[np.int64]) -> pa.FixedSizeListArray:
    """Return `vectors[at]` as fixed_size_list<float32>; NULL where `at` is -1 or a value is NaN."""
    width = vectors.shape[1]
    rows = np.concatenate([vectors, np.full((1, width), np.nan, np.float32)])[at]
    missing = ~np.isfinite(rows).all(axis=1)
    flat_values = pa.array(np.where(missing[:, None], np.float32(0), rows).ravel(), pa.float32())
    return pa.FixedSizeListArray.from_arrays(flat_values, width, mask=pa.array(missing))


def open_embedding(options: ScorerOptions, plan: ScoringPlan) -> Embedding:
    """Load the model and its recipe; raise ScoreError in a sentence."""
    loaded = load("encoder", options)
    loaded.model.config.use_cache = False
    recipe = recipe_of(loaded, options.pooling)
    longest = _longest(loaded, recipe, options)
    reader = Reader(loaded, recipe, longest)
    pad = padding_of(loaded.model, loaded.tokenizer.pad_token_id)
    pooled = Pooled(loaded.model, loaded.device, recipe.pooling, pad)
    most = int(options.parameters[BATCH.name]) or _BATCH_TOKENS[loaded.device]
    return Embedding(
        provenance=_provenance(loaded, recipe, longest),
        pooled=pooled,
        reader=reader,
        width=_width(pooled, reader, loaded.name),
        budget=Budget(most, options.say),
        shard_chars=SHARD_CHARS[loaded.device],
    )


def _longest(loaded: Loaded, recipe: Recipe, options: ScorerOptions) -> int | None:
    wanted = int(options.parameters[_LONGEST.name])
    if wanted and loaded.context and wanted > loaded.context:
        raise ScoreError(
            f"The model has {loaded.context:,} positions, so max_tokens cannot be {wanted:,}.",
            "Leave --set max_tokens out to use the model's own length.",
        )
    return wanted or recipe.longest


def _width(pooled: Pooled, reader: Reader, name: str) -> int:
    """Return the width of a vector; raise ScoreError for a model that takes no text."""
    items = [Encoded(0, 0, reader.read(["a"])[0].ids, 0, False, None)]
    try:
        return pooled.embed(block(packs(items, 1, tree=False))).shape[1]
    except Exception as error:  # models of pictures or sounds fail in ways of their own
        raise ScoreError(f"{name} makes no embedding of a text: {gist(error)}.") from error


def _provenance(loaded: Loaded, recipe: Recipe, longest: int | None) -> Provenance:
    return Provenance(
        model=loaded.name,
        revision=loaded.revision,
        dtype=loaded.dtype,
        tokenizer_hash=loaded.tokenizer_hash,
        device=loaded.device,
        parameters={"max_tokens": longest, "pooling": recipe.pooling},
        versions=loaded.versions,
    )


SPEC = SCORERS.register(
    ScorerSpec(
        name="embedding",
        title="Embeddings",
        description=(
            "A vector of length 1 for each response and each prompt, by any encoder or decoder or "
            "a sentence-transformers folder: the mean of the last layer, its last token, or its "
            "first (cls), as the folder says."
        ),
        limits=(
            "Near means alike to this model, in topic more than in quality. Several turns are "
            "joined by blank lines, without their roles; a text longer than the model's length is "
            "cut there and marked; an empty one has no vector."
        ),
        paper="Reimers and Gurevych 2019, arXiv:1908.10084",
        columns={
            "embedding": "the response, float32, length 1",
            "prompt_embedding": "its prompt, on the first response of each prompt in a part",
            "n_tokens": "tokens of the response that were read",
            "truncated": "the response, or the prompt on the same row, was cut",
        },
        takes=("model", "revision", "device", "dtype", "pooling", "trust_remote_code_at"),
        required=("model",),
        parameters=(_LONGEST, BATCH),
        open=open_embedding,
    )
)
