"""A causal language model as body and head, in the fastest form that gives its own numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from core.schema import Floats, Ints
from core.scorers.chat import Encoded
from core.scorers.forward import FORMS, Form, moved, padded, states
from core.scorers.logprobs import Head, Wanted, head_of, own_head, token_logps
from core.scorers.models import Loaded
from core.scorers.packing import Batch, block, packs

if TYPE_CHECKING:
    from torch import Tensor

TOLERANCE = {"float32": 1e-3, "bfloat16": 0.2}
"""Largest mean difference in nats per token between a form and the model's own forward."""


@dataclass(frozen=True)
class Decoder:
    """A language model that is asked for hidden states and, at some positions, for its head."""

    model: Any
    device: str
    form: Form = "packed"
    switched: Callable[[], AbstractContextManager[None]] = nullcontext

    @cached_property
    def head(self) -> Head:
        """Return what turns `states` into logits."""
        return own_head(self.model) if self.form == "plain" else head_of(self.model)

    def states(self, batch: Batch, at: Tensor) -> Tensor:
        """Return hidden states (logits in the plain form) at flat positions, shape (n, width)."""
        import torch

        with torch.inference_mode(), self.switched():
            if self.form == "plain":
                given = padded(batch, 0, self.device)
                logits: Tensor = self.model(**given, use_cache=False).logits
                return logits.flatten(0, 1)[at]
            return states(self.model.base_model, batch, self.device)[at]


def response_tokens(batch: Batch) -> tuple[Ints, Ints, Ints]:
    """Return where each response token is predicted from, its id, and tokens per item."""
    begins = [max(item.start, 1) for item in batch.items]
    both = list(zip(batch.items, begins, batch.ends, strict=True))
    at = np.concatenate([end[begin - 1 : -1] for _, begin, end in both])
    targets = np.concatenate([np.array(item.ids[begin:], np.int64) for item, begin, _ in both])
    return at, targets, np.array([len(item.ids) - begin for item, begin, _ in both], np.int64)


def settled(loaded: Loaded, decoder: Decoder, say: Callable[[str], None]) -> Decoder:
    """Return the decoder in the first form that gives what the model's own forward gives."""
    items = made_up(loaded)
    own = _own(replace(decoder, form="plain"), items)
    for form in FORMS[:-1]:
        if form == "packed" and looks_through_window(loaded.model):
            continue
        tried = replace(decoder, form=form)
        if _apart(_probed(tried, items), own) <= TOLERANCE[loaded.dtype]:
            return tried
        say(f"{loaded.name} does not take the {form} form: its numbers would differ.")
    return replace(decoder, form="plain")


def looks_through_window(model: Any) -> bool:
    """Return whether some layer sees the last tokens only; a tree's rows would hide its prompt."""
    config = model.config.get_text_config()
    kinds = getattr(config, "layer_types", None) or ()
    windowed = getattr(config, "sliding_window", None) and not kinds
    return bool(windowed) or any(kind != "full_attention" for kind in kinds)


def _probed(decoder: Decoder, items: Sequence[Encoded]) -> Floats | None:
    """Return log-probabilities per token in the items' order, None when the form is refused."""
    rows = packs(items, 1 << 20, tree=decoder.form == "packed")
    batch = block(rows)
    at, targets, counts = response_tokens(batch)
    try:
        state = decoder.states(batch, moved(at, decoder.device))
        found = token_logps((decoder.head, state), None, moved(targets, decoder.device), Wanted())
    except (RuntimeError, TypeError, ValueError, AttributeError, NotImplementedError):
        return None
    parts = np.split(found["policy"].cpu().numpy(), np.cumsum(counts)[:-1])
    order = sorted(range(len(parts)), key=lambda i: batch.items[i].response_id)
    return np.concatenate([parts[i] for i in order])


def _own(decoder: Decoder, items: Sequence[Encoded]) -> Floats:
    """Return the same from one plain forward per sequence, without any padding."""
    found = [_probed(decoder, [item]) for item in items]
    return np.concatenate([part for part in found if part is not None])


def _apart(found: Floats | None, own: Floats) -> float:
    """Return the mean absolute difference in nats, infinite where there is nothing to compare."""
    if found is None or found.shape != own.shape:
        return np.inf
    mean = float(np.abs(found - own).mean())
    return mean if np.isfinite(mean) else np.inf


def made_up(loaded: Loaded) -> list[Encoded]:
    """Return two prompts with two responses each, of ids drawn with a fixed seed."""
    draw = np.random.default_rng(0)
    config = loaded.model.config.get_text_config()
    longest = min(48, (loaded.context or 64) // 2)

    def ids(n: int) -> list[int]:
        found = draw.integers(0, config.vocab_size, n)
        return [0 if one == config.pad_token_id else one for one in found.tolist()]

    items = []
    for prompt in range(2):
        start = ids(longest // (2 - prompt))
        for response in range(2):
            rest = ids(3 + 2 * response + longest // 3)
            items.append(
                Encoded(10 * prompt + response, prompt, [*start, *rest], len(start), False, None)
            )
    return items
