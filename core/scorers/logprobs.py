"""Hidden states to log-probabilities: the vocabulary exists for a few positions at a time only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

CHUNK_BYTES = {"cpu": 32 << 20, "cuda": 512 << 20}
"""Most memory for one chunk's logits in float32. On a CPU they should stay in its cache."""


@dataclass(frozen=True)
class Head:
    """The output layer of a language model."""

    layer: Callable[[Tensor], Tensor]
    """Hidden states (n, width) → scores (n, vocabulary)."""
    vocabulary: int
    scale: float = 1.0
    """Scores are multiplied by it (Cohere, Granite)."""
    cap: float | None = None
    """Scores go through cap · tanh(score / cap) (Gemma 2)."""

    def logits(self, hidden: Tensor) -> Tensor:
        """Return float32 logits, shape (n, vocabulary)."""
        import torch

        scores: Tensor = self.layer(hidden).float()
        if self.scale != 1.0:
            scores = scores * self.scale
        return scores if self.cap is None else self.cap * torch.tanh(scores / self.cap)


def head_of(model: Any) -> Head:
    """Return the head of a causal language model, with what its configuration does to scores."""
    layer, config = model.get_output_embeddings(), model.config.get_text_config()
    scale = float(getattr(config, "logit_scale", None) or 1.0)
    scale /= float(getattr(config, "logits_scaling", None) or 1.0)
    return Head(
        layer, config.vocab_size, scale, getattr(config, "final_logit_softcapping", None) or None
    )


def own_head(model: Any) -> Head:
    """Return the head of a model whose forward gave logits already."""
    return Head(lambda logits: logits, model.config.get_text_config().vocab_size)


@dataclass(frozen=True)
class Wanted:
    """What to compute at each position."""

    kl: bool = False
    mix: float = 0.01
    """The e of the (1 ± e) logit mixes."""


def token_logps(
    policy: tuple[Head, Tensor],
    reference: tuple[Head, Tensor] | None,
    targets: Tensor,
    wanted: Wanted,
) -> Mapping[str, Tensor]:
    """Return per position log-probabilities of `targets`, each of shape (n,), float32 nats.

    Hidden states have shape (n, width). With a reference also its own; with `kl` the divergence
    KL(policy, reference) = Σ p (log p − log p_ref) over the vocabulary and the log-probabilities
    under (1 + e) f − e f_ref and (1 − e) f + e f_ref, f the logits (Lee et al. 2025,
    arXiv:2502.13177; the sum over positions in closed form is ours).
    """
    import torch

    size = max(1, CHUNK_BYTES[targets.device.type] // (4 * policy[0].vocabulary))
    found: dict[str, list[Tensor]] = {}
    for start in range(0, len(targets), size):
        part, at = slice(start, start + size), targets[start : start + size, None]
        ours = policy[0].logits(policy[1][part])
        theirs = reference[0].logits(reference[1][part]) if reference else None
        for name, values in _values(ours, theirs, at, wanted).items():
            found.setdefault(name, []).append(values)
    return {name: torch.cat(parts) for name, parts in found.items()}


def _values(
    ours: Tensor, theirs: Tensor | None, at: Tensor, wanted: Wanted
) -> Mapping[str, Tensor]:
    values = {"policy": _picked(ours, at)}
    if theirs is None:
        return values
    values["ref"] = _picked(theirs, at)
    if wanted.kl:
        ours, theirs = ours.log_softmax(-1), theirs.log_softmax(-1)
        values["kl"] = (ours.exp() * (ours - theirs)).sum(-1).clamp_min(0)
        step = wanted.mix * (ours - theirs)
        values["mixp"], values["mixm"] = _picked(ours + step, at), _picked(ours - step, at)
    return values


def _picked(logits: Tensor, at: Tensor) -> Tensor:
    return logits.gather(-1, at).squeeze(-1) - logits.logsumexp(-1)
