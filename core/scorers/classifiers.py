"""A reward model as features and head, in the fastest form that gives its own numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import ScoreError
from core.schema import Floats, Ints
from core.scorers.chat import Encoded
from core.scorers.decoders import looks_through_window, made_up
from core.scorers.forward import FORMS, Form, moved, padded, padding_of, states
from core.scorers.models import Loaded
from core.scorers.packing import Batch, block, packs

if TYPE_CHECKING:
    from torch import Tensor

TOLERANCE = {"float32": 1e-3, "bfloat16": 5e-2}
"""Largest mean difference between a form and the model's own forward, of its mean size."""


@dataclass(frozen=True)
class Classifier:
    """A reward model that is asked for what its last layer gets, at one token per sequence."""

    model: Any
    device: str
    form: Form = "packed"

    @cached_property
    def head(self) -> Any:
        """Return the last layer: features (n, width) → one number per head (n, heads)."""
        import torch

        found = [layer for layer in self.model.modules() if isinstance(layer, torch.nn.Linear)]
        fitting = [layer for layer in found if layer.out_features == self.model.config.num_labels]
        if not fitting:
            raise ScoreError("The model has no last layer with one output per head.")
        return fitting[-1]

    @cached_property
    def pad(self) -> int | None:
        """Return the id that the model's own forward takes for padding."""
        found: int | None = self.model.config.get_text_config().pad_token_id
        return found

    def features(self, batch: Batch) -> Tensor:
        """Return what the head gets, shape (items, width)."""
        import torch

        if self.form == "plain":
            return self._caught(batch)
        found = states(self.model.base_model, batch, self.device)
        with torch.inference_mode():
            return found[moved(self._last(batch), self.device)]

    def rewards(self, features: Tensor) -> Tensor:
        """Return float32 numbers, shape (items, heads)."""
        import torch

        with torch.inference_mode():
            found: Tensor = self.head(features)
            return found.float()

    def _last(self, batch: Batch) -> Ints:
        """Return where each sequence is read: its last token that is not the padding's."""
        # As the models themselves do; a text that ends in the padding token is read before it.
        at = []
        for item, ends in zip(batch.items, batch.ends, strict=True):
            real = [i for i, token in enumerate(item.ids) if token != self.pad]
            at.append(ends[real[-1] if real and self.pad is not None else -1])
        return np.array(at, np.int64)

    def _caught(self, batch: Batch) -> Tensor:
        """Return what the model's own forward hands to its last layer."""
        import torch

        caught: list[Tensor] = []
        hook = self.head.register_forward_pre_hook(lambda _, given: caught.append(given[0]))
        try:
            with torch.inference_mode():
                self.model(**padded(batch, padding_of(self.model, self.pad), self.device))
        finally:
            hook.remove()
        if caught[-1].dim() == 2:
            return caught[-1]
        return caught[-1].flatten(0, 1)[moved(self._last(batch), self.device)]


def settled(loaded: Loaded, say: Callable[[str], None]) -> Classifier:
    """Return the model in the first form that gives what its own forward gives."""
    items, found = made_up(loaded), Classifier(loaded.model, loaded.device)
    own = np.concatenate([_own(found, item) for item in items])
    for form in FORMS:
        if form == "packed" and looks_through_window(loaded.model):
            continue
        tried = replace(found, form=form)
        made = _probed(tried, items)
        if made is not None and _close(made, own, TOLERANCE[loaded.dtype]):
            return tried
        say(f"{loaded.name} does not take the {form} form: its numbers would differ.")
    raise ScoreError(f"The last layer of {loaded.name} is not what gives its rewards.")


def _own(classifier: Classifier, item: Encoded) -> Floats:
    """Return the rewards that the model itself gives to one sequence, shape (1, heads)."""
    import torch

    with torch.inference_mode():
        ids = torch.tensor([item.ids], device=classifier.device)
        found: Floats = classifier.model(input_ids=ids).logits.float().cpu().numpy()
        return found


def _probed(classifier: Classifier, items: Sequence[Encoded]) -> Floats | None:
    """Return rewards in the items' order, None when the form is refused."""
    batch = block(packs(items, 1 << 20, tree=classifier.form == "packed"))
    try:
        made = classifier.rewards(classifier.features(batch)).cpu().numpy()
    except (RuntimeError, TypeError, ValueError, AttributeError, NotImplementedError):
        return None
    order = np.argsort([item.response_id for item in batch.items])
    return np.asarray(made[order], np.float64)


def _close(made: Floats, own: Floats, tolerance: float) -> bool:
    if made.shape != own.shape or not np.isfinite(made).all():
        return False
    return float(np.abs(made - own).mean()) <= tolerance * max(float(np.abs(own).mean()), 1e-6)
