"""How a model's folder says that it embeds text: pooling, length, prefix; and texts to ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from core.errors import ScoreError, UsageError
from core.scorers.models import Loaded
from core.scorers.places import Place
from core.scorers.specials import Specials

POOLINGS = ("mean", "last", "cls")
_NAMES = {
    "mean": "mean",
    "mean_tokens": "mean",
    # The same direction as the mean, and only the direction is kept.
    "mean_sqrt_len_tokens": "mean",
    "cls": "cls",
    "cls_token": "cls",
    "lasttoken": "last",
}
_KNOWN_MODULES = ("Transformer", "Pooling", "Normalize")
_SANE = 1_000_000
"""Tokenizers without a length of their own say 10^30."""


@dataclass(frozen=True)
class Recipe:
    """What stands around the model."""

    pooling: str
    """mean of all tokens, the last one, or the first (cls)."""
    longest: int | None
    """Tokens of a text, special ones among them."""
    prefix: str = ""
    """Put before every text."""
    lower: bool = False


@dataclass(frozen=True)
class Read:
    """A text as the model reads it."""

    ids: list[int]
    truncated: bool


def recipe_of(loaded: Loaded, pooling: str | None) -> Recipe:
    """Return the recipe of a sentence-transformers folder, else the defaults of the architecture.

    `pooling` overrides the folder's. Raises ScoreError for modules that are not computed here.
    """
    if pooling is not None and pooling not in POOLINGS:
        raise UsageError(f"There is no pooling {pooling!r}.", f"It is {', '.join(POOLINGS)}.")
    place = Place(loaded.name, Path(loaded.folder), None)
    own, modules = place.json("sentence_bert_config.json"), _modules(place)
    if pooling is None and "Pooling" in modules:
        pooling = _named(place, place.json(f"{modules['Pooling']}/config.json"))
    return Recipe(
        pooling or _default(loaded.model),
        _shortest(own.get("max_seq_length"), loaded),
        _prefix(place.json("config_sentence_transformers.json")),
        bool(own.get("do_lower_case")),
    )


def _modules(place: Place) -> dict[str, str]:
    """Return the modules' paths by kind, none of a folder that is not sentence-transformers'."""
    found = {}
    for module in place.list("modules.json"):
        kind = str(module.get("type")).rsplit(".", 1)[-1]
        if kind not in _KNOWN_MODULES:
            said = f"{place.name} ends in a {kind} module, which Assay does not compute."
            raise ScoreError(said, f"Known: {', '.join(_KNOWN_MODULES)}.")
        found[kind] = Path(str(module.get("path"))).name
    return found


def _named(place: Place, config: dict[str, object]) -> str:
    given = config.get("pooling_mode")
    modes = [given] if isinstance(given, str) else given
    if not isinstance(modes, list):
        old = [
            name for name, on in config.items() if name.startswith("pooling_mode_") and on is True
        ]
        modes = [name.removeprefix("pooling_mode_") for name in old]
    known = [_NAMES[mode] for mode in modes if mode in _NAMES]
    if len(modes) != 1 or not known:
        said = f"{place.name} pools by {' and '.join(map(str, modes)) or 'nothing'}."
        raise ScoreError(said, f"Give --pooling {' or '.join(POOLINGS)}.")
    return known[0]


def _default(model: Any) -> str:
    auto: Any = import_module("transformers.models.auto.modeling_auto")
    kind, config = type(model.config), model.config
    causal = kind in auto.MODEL_FOR_CAUSAL_LM_MAPPING
    if kind in auto.MODEL_FOR_MASKED_LM_MAPPING or getattr(config, "is_causal", True) is False:
        return "mean"
    return "last" if causal else "mean"


def _shortest(own: object, loaded: Loaded) -> int | None:
    given = own if isinstance(own, int) else loaded.tokenizer.model_max_length
    known = [n for n in (given, loaded.context) if n is not None and 0 < n < _SANE]
    return min(known, default=None)


def _prefix(settings: dict[str, Any]) -> str:
    prompts, name = settings.get("prompts"), settings.get("default_prompt_name")
    found = prompts.get(name) if isinstance(prompts, dict) and name else None
    return found if isinstance(found, str) else ""


class Reader:
    """Texts to ids: cut at the recipe's length, special-token strings read as text."""

    def __init__(self, loaded: Loaded, recipe: Recipe, longest: int | None) -> None:
        self._backend = loaded.tokenizer.backend_tokenizer
        self._backend.no_truncation()
        self._backend.no_padding()
        self._specials = Specials(loaded.tokenizer)
        self._recipe = recipe
        self._frame = self._around()
        self._longest = longest

    def read(self, texts: Sequence[str]) -> list[Read]:
        """Return the ids of each text, in their order."""
        given = [self._recipe.prefix + (t.lower() if self._recipe.lower else t) for t in texts]
        found = self._backend.encode_batch_fast(given, add_special_tokens=False)
        ids = [one.ids for one in found]
        foul = [i for i, text in enumerate(given) if self._specials.inside(text)]
        marked = [self._specials.mark(given[i]) for i in foul]
        for i, (own, _) in zip(foul, self._specials.encode(marked, False), strict=True):
            ids[i] = own
        return [self._framed(own) for own in ids]

    def _framed(self, ids: list[int]) -> Read:
        before, after = self._frame
        most = len(ids)
        if self._longest is not None:
            most = max(0, self._longest - len(before) - len(after))
        return Read([*before, *ids[:most], *after], len(ids) > most)

    def _around(self) -> tuple[list[int], list[int]]:
        """Return what the tokenizer puts before and after a text."""
        inner = self._backend.encode("a", add_special_tokens=False).ids
        whole = self._backend.encode("a", add_special_tokens=True).ids
        for at in range(len(whole) - len(inner) + 1):
            if whole[at : at + len(inner)] == inner:
                return whole[:at], whole[at + len(inner) :]
        raise ScoreError("The tokenizer changes a text when it adds its special tokens.")
