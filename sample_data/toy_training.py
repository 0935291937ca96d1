"""How anything here is learnt: batches of like lengths, one optimiser, progress with time left."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from core.commands.progress import step
from sample_data.toy_data import SEED

if TYPE_CHECKING:
    import torch

T = TypeVar("T")


@dataclass(frozen=True)
class Recipe:
    """How often and how fast something is learnt."""

    epochs: int
    rate: float
    """Peak learning rate."""
    tokens: int
    """Tokens of a batch, padding counted."""


def settle() -> None:
    """Make what follows the same every time on this kind of machine."""
    import torch

    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(mode=True)


def learn(
    what: str,
    model: torch.nn.Module,
    recipe: Recipe,
    items: Sequence[T],
    size: Callable[[T], int],
    loss: Callable[[Sequence[T]], torch.Tensor],
) -> None:
    """Minimise a loss with AdamW, a short warm-up and a cosine to a tenth of the rate."""
    import torch

    chance = random.Random(SEED)  # noqa: S311
    cut = batches(sorted(items, key=size), size, recipe.tokens)
    order = [batch for _ in range(recipe.epochs) for batch in chance.sample(cut, len(cut))]
    optimiser = torch.optim.AdamW(model.parameters(), recipe.rate, (0.9, 0.95), weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda n: _share(n, len(order)))
    model.train()
    mean = math.nan
    for number, batch in enumerate(shown(order, what)):
        value = loss(batch)
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        mean = value.item() if math.isnan(mean) else 0.98 * mean + 0.02 * value.item()
        if number % 50 == 49:
            step(f"{what}: loss {mean:.3f} after {number + 1:,} of {len(order):,} steps")
    model.eval()


def batches(items: Sequence[T], size: Callable[[T], int], most: int) -> list[list[T]]:
    """Cut items that are sorted by size into batches of at most `most` tokens with padding."""
    found: list[list[T]] = [[]]
    for item in items:
        if found[-1] and size(item) * (len(found[-1]) + 1) > most:
            found.append([])
        found[-1].append(item)
    return found


def shown(items: Sequence[T], what: str) -> Iterator[T]:
    """Yield the items and say now and then how far it is and how long it will take."""
    started = said = time.monotonic()
    for done, item in enumerate(items):
        now = time.monotonic()
        if now - said > 20:
            said, left = now, (now - started) / done * (len(items) - done)
            step(f"{what}: {done:,} of {len(items):,}, {left / 60:.1f} minutes left")
        yield item


def _share(number: int, steps: int) -> float:
    warm = max(1, steps // 20)
    if number < warm:
        return (number + 1) / warm
    return 0.1 + 0.45 * (1 + math.cos(math.pi * (number - warm) / max(1, steps - warm)))
