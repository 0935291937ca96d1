"""PEFT adapters: the base is loaded once, and the adapter can be switched off."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import ScoreError
from core.scorers.places import ADAPTER, ADAPTER_CONFIG, Place, gist

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

_HEAD = "base_model.model.score.weight"


@dataclass(frozen=True)
class Adapted:
    """A model with an adapter in it."""

    model: PreTrainedModel
    """The base's own class, the adapter on."""
    off: Callable[[], AbstractContextManager[None]]
    """Makes the model its base inside a block."""


def is_adapter(place: Place) -> bool:
    """Return whether a place holds an adapter and no model."""
    return place.has(ADAPTER_CONFIG) and not place.has("config.json")


def base_of(place: Place) -> tuple[str, str | None]:
    """Return name and revision of the model that the adapter stands on."""
    config = place.json(ADAPTER_CONFIG)
    name, revision = config.get("base_model_name_or_path"), config.get("revision")
    if not isinstance(name, str) or not name:
        raise ScoreError(f"The adapter {place.name} does not name its base model.")
    if config.get("megatron_config"):
        # Its layers come from a module that the file names, whichever that is.
        raise ScoreError(f"The adapter {place.name} is of Megatron, which Assay does not open.")
    return name, str(revision) if revision else None


def set_labels(config: PreTrainedConfig, place: Place) -> bool:
    """Give the base's configuration the adapter's number of heads; False when it brings none."""
    from safetensors import safe_open

    with safe_open(place.folder / ADAPTER, framework="pt") as file:
        if _HEAD not in file.keys():  # noqa: SIM118  (it is no mapping)
            return False
        config.num_labels = file.get_slice(_HEAD).get_shape()[0]
        return True


def adapt(model: PreTrainedModel, place: Place) -> Adapted:
    """Return the model with the adapter on; raise ScoreError when they do not fit."""
    try:
        from peft import PeftConfig, PeftModel
    except ImportError as error:
        raise ScoreError(f"{place.name} is an adapter: pip install peft.") from error
    try:
        config = PeftConfig.from_pretrained(str(place.folder))
        if config.is_prompt_learning or config.is_adaption_prompt:
            said = f"{place.name} is a {config.peft_type.value} adapter: it adds tokens of its own."
            raise ScoreError(said, "Adapters that change weights (LoRA and its kin) are scored.")
        with warnings.catch_warnings():
            # A weight that is missing stays random, and PEFT only warns of it.
            warnings.filterwarnings("error", message=".*missing adapter keys")
            found: Any = PeftModel.from_pretrained(
                model, str(place.folder), config=config, autocast_adapter_dtype=False
            )
    except ScoreError:
        raise
    except Exception as error:  # of shapes, names, versions: a class each
        said = f"The adapter {place.name} does not fit its base model: {gist(error)}."
        raise ScoreError(said) from error
    return Adapted(found.get_base_model().to(model.dtype), found.disable_adapter)
