"""What scorers with a model say about themselves in `run.json`."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import ScoreError
from core.registry import Param
from core.schema import Provenance
from core.scorers.chat import Encoder
from core.scorers.forward import BATCH_TOKENS
from core.scorers.models import Loaded
from core.scorers.rendering import read_template
from core.scorers.spec import ScorerOptions

BATCH = Param(
    "batch_tokens",
    "Tokens of a batch",
    0,
    0,
    10_000_000,
    "At most, with padding; 0 takes what is best for the device. Halved when memory runs out.",
)
LONGEST = Param(
    "max_tokens",
    "Longest sequence",
    0,
    0,
    10_000_000,
    "Tokens of prompt and response together; 0 takes what the model's positions allow.",
)
_HOW = frozenset({"batch_tokens"})
"""Parameters that change how fast numbers come, not which."""


def encoder_of(loaded: Loaded, options: ScorerOptions) -> Encoder:
    """Return the encoder of a model: its own template or the given file, its own length."""
    return Encoder(
        loaded.tokenizer,
        read_template(options.template),
        _limit(loaded.context, options),
        options.say,
    )


def batch_tokens(device: str, options: ScorerOptions) -> int:
    """Return the tokens of a batch: as given, else what is best for the device."""
    return int(options.parameters[BATCH.name]) or BATCH_TOKENS[device]


def provenance(
    loaded: Loaded,
    encoder: Encoder,
    options: ScorerOptions,
    reference: Loaded | None = None,
    more: Mapping[str, object] | None = None,
) -> Provenance:
    """Return what the numbers were made with; how fast they came is left out."""
    numbers = {k: v for k, v in options.parameters.items() if k not in _HOW}
    return Provenance(
        model=loaded.name,
        revision=loaded.revision,
        reference=reference.name if reference else None,
        reference_revision=reference.revision if reference else None,
        dtype=loaded.dtype,
        chat_template_hash=encoder.template_hash,
        tokenizer_hash=loaded.tokenizer_hash,
        device=loaded.device,
        parameters={**numbers, **(more or {})},
        versions=loaded.versions,
    )


def _limit(context: int | None, options: ScorerOptions) -> int | None:
    wanted = int(options.parameters[LONGEST.name]) or None
    if wanted and context and wanted > context:
        raise ScoreError(
            f"The model has {context:,} positions, so max_tokens cannot be {wanted:,}.",
            "Leave --set max_tokens out to use all of them.",
        )
    return wanted or context
