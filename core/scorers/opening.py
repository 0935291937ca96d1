"""Opens a place's configuration, tokenizer and model; what does not fit is a sentence."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from core.errors import ScoreError
from core.scorers.places import Place, gist

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

Kind = Literal["causal", "classifier", "encoder"]
_AUTO = {
    "causal": "AutoModelForCausalLM",
    "classifier": "AutoModelForSequenceClassification",
    "encoder": "AutoModel",
}
_WORDS = {
    "causal": "a language model",
    "classifier": "a reward model (sequence classification)",
    "encoder": "an encoder",
}
_HEADS = ("score.", "classifier.", "lm_head.", "embed_out.", "cls.predictions.")
_HINTS = {
    "causal": "A policy is a causal language model; rewards are made by the scorer reward_model.",
    "classifier": "Rewards need a trained head; a language model is for the scorer policy.",
    "encoder": "Encoders and decoders are opened, encoder-decoders are not.",
}


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' bars, reports and warnings off the terminal."""
    hub: Any = import_module("huggingface_hub.utils.logging")
    library: Any = import_module("transformers.utils.logging")
    before = (library.get_verbosity(), hub.get_verbosity(), library.is_progress_bar_enabled())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library.disable_progress_bar()
        library.set_verbosity_error()
        hub.set_verbosity_error()
        try:
            yield
        finally:
            library.set_verbosity(before[0])
            hub.set_verbosity(before[1])
            if before[2]:
                library.enable_progress_bar()


def open_config(place: Place, kind: Kind, code: bool) -> PreTrainedConfig:
    """Return the configuration; raise ScoreError when it cannot be opened as `kind`."""
    if not place.has("config.json"):
        raise ScoreError(f"{place.name} has no config.json.", "A model's folder has one.")
    try:
        auto: Any = import_module("transformers").AutoConfig
        config: PreTrainedConfig = auto.from_pretrained(
            str(place.folder), trust_remote_code=code, local_files_only=True
        )
    except Exception as error:  # of validation, of versions: a class each
        raise _unknown(place, error) from error
    if not code:
        _check_kind(place.name, kind, config)
    return config


def _unknown(place: Place, error: Exception) -> ScoreError:
    import transformers
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    kind = place.json("config.json").get("model_type")
    if kind in CONFIG_MAPPING:
        return ScoreError(f"The configuration of {place.name} is wrong: {gist(error)}.")
    if not kind:
        return ScoreError(f"config.json of {place.name} names no architecture (model_type).")
    known = f"transformers {transformers.__version__} does not know"
    said = f"{place.name} has the architecture {kind!r}, which {known}."
    return ScoreError(said, "A newer transformers may know it.")


def _check_kind(name: str, kind: Kind, config: PreTrainedConfig) -> None:
    import transformers
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING

    known = getattr(transformers, _AUTO[kind])._model_mapping
    if getattr(config, "is_encoder_decoder", False) or type(config) not in known:
        said = f"{name} is a {config.model_type} model, which cannot be opened as {_WORDS[kind]}."
        raise ScoreError(said, _HINTS[kind])
    masked = type(config) in MODEL_FOR_MASKED_LM_MAPPING
    if kind == "causal" and masked and getattr(config, "is_decoder", None) is False:
        # BERT and its kin have a class for it, and would see the token that they predict.
        raise ScoreError(f"{name} reads text in both directions: it is no policy.", _HINTS[kind])


def open_tokenizer(place: Place, config: PreTrainedConfig, code: bool) -> PreTrainedTokenizerFast:
    """Return the fast tokenizer, named as the model is; raise ScoreError when there is none."""
    auto: Any = import_module("transformers").AutoTokenizer
    try:
        found: PreTrainedTokenizerFast = auto.from_pretrained(
            str(place.folder), config=config, trust_remote_code=code, local_files_only=True
        )
    except Exception as error:  # each kind of vocabulary fails in its own way
        raise ScoreError(
            f"{place.name} has no tokenizer that can be opened: {gist(error)}.",
            "Its folder needs tokenizer.json and tokenizer_config.json.",
        ) from error
    if not getattr(found, "is_fast", False):
        said = f"The tokenizer of {place.name} has no fast form (tokenizer.json)."
        raise ScoreError(said, "Assay splits text with the tokenizers library only.")
    found.name_or_path = place.name
    return found


def tokenizer_hash(tokenizer: PreTrainedTokenizerFast) -> str:
    """Return the SHA-256 of the tokenizer's JSON: vocabulary, merges, all its steps."""
    return sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest()


def open_model(
    place: Place, config: PreTrainedConfig, kind: Kind, dtype: str, code: bool, bare: bool = False
) -> PreTrainedModel:
    """Return the model on the CPU; raise ScoreError when weights are missing.

    `bare` allows a missing head, for an adapter that brings it.
    """
    model, info = _read(place, config, kind, dtype, code)
    for wrong in sorted(info["mismatched_keys"]):
        said = f"{wrong[0]} of {place.name} has the shape {tuple(wrong[1])}, not {tuple(wrong[2])}."
        raise ScoreError(said, "Its files do not fit its config.json.")
    missing = sorted(info["missing_keys"], key=lambda name: (name.endswith("bias"), name))
    heads = [name for name in missing if name.startswith(_HEADS)]
    rest = [name for name in missing if not name.startswith(_HEADS)]
    if kind == "encoder":
        rest = [name for name in rest if "pooler." not in name]  # which nothing here asks
    if heads and not bare:
        said = f"{place.name} is not {_WORDS[kind]}: its weights have no {heads[0]}."
        raise ScoreError(said, _HINTS[kind])
    if rest:
        said = f"{len(rest)} weights of {place.name} are missing, {rest[0]} the first."
        raise ScoreError(said, "Its files do not fit its config.json.")
    if kind == "causal":
        _check_left(place, info["unexpected_keys"])
    return model


def _check_left(place: Place, unexpected: Iterable[str]) -> None:
    """Raise ScoreError for a classifier; where tied embeddings are the head, nothing else tells."""
    for name in unexpected:
        if name.startswith(("score.", "classifier.")):
            said = f"{place.name} is a classifier ({name}), not a language model."
            raise ScoreError(said, _HINTS["causal"])


def _read(
    place: Place, config: PreTrainedConfig, kind: Kind, dtype: str, code: bool
) -> tuple[PreTrainedModel, dict[str, Any]]:
    auto: Any = getattr(import_module("transformers"), _AUTO[kind])

    def read(attention: str) -> tuple[PreTrainedModel, dict[str, Any]]:
        found: tuple[PreTrainedModel, dict[str, Any]] = auto.from_pretrained(
            str(place.folder),
            config=config,
            dtype=getattr(import_module("torch"), dtype),
            attn_implementation=attention,
            use_safetensors=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
            trust_remote_code=code,
            local_files_only=True,
        )
        return found

    try:
        try:
            return read("sdpa")
        except ValueError as error:
            if "scaled_dot_product_attention" not in str(error):
                raise
            return read("eager")
    except Exception as error:  # of shapes, headers, packages, memory: a class each
        raise ScoreError(f"{place.name} cannot be opened: {gist(error)}.") from error


def check_vocabulary(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
    """Raise ScoreError for a token that the model has no embedding for."""
    table: Any = model.get_input_embeddings()
    rows = int(table.weight.shape[0])
    beyond = {text for text, at in tokenizer.get_vocab().items() if at >= rows}
    # A padding token is masked, never read.
    if beyond - {tokenizer.pad_token}:
        raise ScoreError(
            f"The tokenizer of {tokenizer.name_or_path} has {len(tokenizer):,} tokens, "
            f"the model {rows:,}.",
            "They are of two models, or the model was not resized after tokens were added.",
        )


def context_of(model: PreTrainedModel) -> int | None:
    """Return how many positions the model has, None when it sets no limit."""
    module: Any
    for name, module in model.named_modules():
        offset = getattr(module, "padding_idx", None)
        if name.endswith("position_embeddings") and offset is not None:
            # RoBERTa and its kin count positions from behind the padding's.
            return int(module.num_embeddings) - int(offset) - 1
    found = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return int(found) if isinstance(found, int) and found > 0 else None
