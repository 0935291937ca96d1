"""Batches through a model's body: what is computed at every position, and no more than that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from core.errors import ScoreError
from core.schema import Ints
from core.scorers.packing import PAD, Batch, Pack, batches, block, packs

if TYPE_CHECKING:
    from torch import Tensor

    from core.scorers.chat import Encoded

T = TypeVar("T")
Form = Literal["packed", "separate", "plain"]
"""The prompt shared under a tree mask; one row a sequence; the model's own forward."""
FORMS: tuple[Form, ...] = ("packed", "separate", "plain")
BATCH_TOKENS = {"cpu": 1024, "cuda": 16_384}
"""Tokens of a batch, measured on two cores; on a GPU large enough to fill one."""
SHARD_CHARS = {"cpu": 100_000, "cuda": 2_000_000}
"""Some seconds of work: progress moves with each shard, and a kill costs one."""


@dataclass
class Budget:
    """Tokens of a batch; halved for good when memory runs out."""

    tokens: int
    say: Callable[[str], None]

    def halve(self, rows: Sequence[Pack]) -> None:
        """Make batches smaller; raise ScoreError where one sequence alone does not fit."""
        if len(rows) == 1 and len(rows[0].items) == 1:
            raise ScoreError(
                f"A single response of {rows[0].length:,} tokens does not fit into memory.",
                "Give --set max_tokens=N, a smaller model or another --device; nothing is lost.",
            )
        used = len(rows) * max(row.length for row in rows)
        self.tokens = max(1, min(self.tokens, used) // 2)
        self.say(f"Out of memory: batches now hold at most {self.tokens:,} tokens.")


def each_batch(
    items: Sequence[Encoded], budget: Budget, form: Form, compute: Callable[[Batch], T]
) -> Iterator[tuple[Batch, T]]:
    """Yield every batch with what `compute` makes of it; batches halve when memory runs out."""
    tree = form == "packed"
    left = list(items)
    while left:
        todo, done = packs(left, budget.tokens, tree=tree), 0
        for rows in batches(todo, budget.tokens):
            batch = block(rows)
            made = _unless_out_of_memory(compute, batch)
            if made is None:
                budget.halve(rows)
                break
            done += len(rows)
            yield batch, made
        left = [item for row in todo[done:] for item in row.items]


def one_behind(items: Iterable[T]) -> Iterator[T]:
    """Yield items one late: a GPU gets its next batch before the last one is waited for."""
    waiting: list[T] = []
    for item in items:
        yield from waiting
        waiting = [item]
    yield from waiting


def _unless_out_of_memory(compute: Callable[[Batch], T], batch: Batch) -> T | None:
    import torch

    try:
        return compute(batch)
    except RuntimeError as error:
        known = isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
        if not known:
            raise
    # Outside the handler: the error's frames hold the tensors that are to be freed.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return None


def states(body: Any, batch: Batch, device: str) -> Tensor:
    """Return the body's last hidden states laid flat, shape (rows · length, width)."""
    import torch

    given: dict[str, Tensor] = {"input_ids": moved(batch.ids, device)}
    if batch.is_tree:
        given["position_ids"] = moved(batch.positions, device)
        given["attention_mask"] = tree_mask(moved(batch.segments, device))
    # Rows of one sequence are padded on the right, where causal order hides the padding; without
    # a mask the attention takes its fastest path.
    with torch.inference_mode():
        hidden: Tensor = body(**given, use_cache=False).last_hidden_state
        return hidden.flatten(0, 1)


def tree_mask(segments: Tensor) -> Tensor:
    """Return who may look at whom, shape (rows, 1, length, length), from segments (rows, length).

    A token sees what stands before it in the shared beginning and in its own ending. Padding sees
    itself, since a softmax over nothing is not a number.
    """
    import torch

    length = segments.shape[1]
    before = torch.ones(length, length, dtype=torch.bool, device=segments.device).tril()
    looks, at = segments[:, :, None], segments[:, None, :]
    mask = before & ((looks == at) | (at == 0)) & (looks != PAD)
    mask |= torch.eye(length, dtype=torch.bool, device=segments.device)
    return mask[:, None]


def padded(batch: Batch, pad: int, device: str) -> dict[str, Tensor]:
    """Return what a model's own forward takes: ids with the model's padding, and a mask."""
    real = batch.segments != PAD
    ids = np.where(real, batch.ids, pad)
    return {
        "input_ids": moved(ids, device),
        "attention_mask": moved(real.astype(np.int64), device),
    }


def padding_of(model: Any, wanted: int | None) -> int:
    """Return the id that stands behind short sequences: `wanted`, else 0.

    Nothing looks at it, but it is looked up: an id beyond the embeddings (-1, or a padding token
    that was added without a resize) would end the run.
    """
    rows = int(model.get_input_embeddings().weight.shape[0])
    return wanted if wanted is not None and 0 <= wanted < rows else 0


def moved(array: Ints, device: str) -> Tensor:
    """Return an array on the device; to a GPU from pinned memory, without waiting."""
    import torch

    tensor = torch.from_numpy(np.ascontiguousarray(array))
    if device == "cpu":
        return tensor
    return tensor.pin_memory().to(device, non_blocking=True)
