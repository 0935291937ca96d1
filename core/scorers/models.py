"""Models from a hub or a folder: safetensors only, no remote code, every failure a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.errors import ScoreError
from core.scorers import opening
from core.scorers.adapters import Adapted, adapt, base_of, is_adapter, set_labels
from core.scorers.opening import Kind
from core.scorers.places import Place, find
from core.scorers.placing import placed, to_device, versions
from core.scorers.safety import check_code, check_weights, pinned
from core.scorers.spec import ScorerOptions

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast


@dataclass(frozen=True)
class Loaded:
    """A model in eval mode on its device, its tokenizer, and what they are."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    name: str
    """Name on the hub, or the folder's name."""
    revision: str
    """Commit on the hub, or SHA-256 of the folder's files; adapter+base for an adapter."""
    device: str
    """cpu or cuda."""
    dtype: str
    """float32 or bfloat16."""
    tokenizer_hash: str
    context: int | None
    """Positions the model has; None when it sets no limit."""
    versions: Mapping[str, str]
    folder: str = field(default="", repr=False)
    """Where its files lie; of an adapter, the adapter's."""


@dataclass(frozen=True)
class Reference:
    """The model that a policy is compared with."""

    loaded: Loaded
    """A model of its own, or the policy's with an adapter that can be switched off."""
    off: Callable[[], AbstractContextManager[None]] = nullcontext

    def switched(self) -> AbstractContextManager[None]:
        """Make `loaded.model` the reference inside a block."""
        return self.off()


@dataclass(frozen=True)
class _Found:
    """What is to be loaded; `base` is the place itself unless that is an adapter."""

    place: Place
    base: Place
    code: bool

    @property
    def adapter(self) -> bool:
        return self.place is not self.base

    @property
    def revision(self) -> str:
        own = self.place.revision
        return f"{own}+{self.base.revision}" if self.adapter else own


def load(
    kind: Kind, options: ScorerOptions, *, name: str | None = None, revision: str | None = None
) -> Loaded:
    """Load `name` (default `options.model`, with its revision); raise ScoreError in a sentence."""
    placed(options)  # a machine that cannot do it should not fetch it first
    return _load(kind, options, _find(options, name, revision))[0]


def load_policy(options: ScorerOptions) -> tuple[Loaded, Reference | None]:
    """Load the policy and its reference; an adapter's own base is the reference by default.

    Raises ScoreError when the two have different vocabularies.
    """
    placed(options)
    found = _find(options, None, None)
    given = _find(options, options.reference, None) if options.reference else None
    policy, adapted = _load("causal", options, found)
    if adapted and (given is None or given.place.folder == found.base.folder):
        base = replace(policy, name=found.base.name, revision=found.base.revision)
        return policy, Reference(base, adapted.off)
    if given is None:
        return policy, None
    reference = Reference(_load("causal", options, given)[0])
    _check_pair(policy, reference.loaded)
    return policy, reference


def _find(options: ScorerOptions, name: str | None, revision: str | None) -> _Found:
    own = name in (None, options.model)
    name = name or options.model
    if not name:
        raise ScoreError("No model is named.", "Give --model NAME or FOLDER.")
    # The pin is of one repository: it says nothing about the reference's code.
    commit = pinned(options.trust_remote_code_at, options.revision) if own else None
    if own:
        revision = revision or commit or options.revision
    place = _place(name, revision, options, commit)
    if not is_adapter(place):
        return _Found(place, place, check_code(place, commit))
    base = _place(*base_of(place), options, None)
    if is_adapter(base):
        raise ScoreError(f"The adapter {place.name} stands on another adapter, {base.name}.")
    return _Found(place, base, False)


def _place(name: str, revision: str | None, options: ScorerOptions, commit: str | None) -> Place:
    def check(place: Place) -> None:
        check_code(place, commit)

    with opening.quiet():
        place = find(name, revision, code=commit is not None, say=options.say, check=check)
    check_weights(place)
    return place


def _load(kind: Kind, options: ScorerOptions, found: _Found) -> tuple[Loaded, Adapted | None]:
    device, dtype = placed(options)
    with opening.quiet():
        config = opening.open_config(found.base, kind, found.code)
        tokenizer = _tokenizer(found, config)
        bare = found.adapter and kind == "classifier" and set_labels(config, found.place)
        model = opening.open_model(found.base, config, kind, dtype, found.code, bare)
        adapted = adapt(model, found.place) if found.adapter else None
        model = to_device(adapted.model if adapted else model, device, found.place.name)
    opening.check_vocabulary(model, tokenizer)
    loaded = Loaded(
        model=model,
        tokenizer=tokenizer,
        name=found.place.name,
        revision=found.revision,
        device=device,
        dtype=dtype,
        tokenizer_hash=opening.tokenizer_hash(tokenizer),
        context=opening.context_of(model),
        versions=versions(),
        folder=str(found.place.folder),
    )
    return loaded, adapted


def _tokenizer(found: _Found, config: PreTrainedConfig) -> PreTrainedTokenizerFast:
    """Return the adapter's own tokenizer where it has one: its template may be new."""
    own = found.place.has("tokenizer.json") or found.place.has("tokenizer_config.json")
    place = found.place if own else found.base
    tokenizer = opening.open_tokenizer(place, config, found.code)
    tokenizer.name_or_path = found.place.name
    return tokenizer


def _check_pair(policy: Loaded, reference: Loaded) -> None:
    sizes = [one.model.config.get_text_config().vocab_size for one in (policy, reference)]
    same = policy.tokenizer_hash == reference.tokenizer_hash
    if not same:
        same = policy.tokenizer.get_vocab() == reference.tokenizer.get_vocab()
    if same and sizes[0] == sizes[1]:
        return
    raise ScoreError(
        f"The vocabularies of {policy.name} ({sizes[0]:,}) and of the reference {reference.name} "
        f"({sizes[1]:,}) differ.",
        "Log-probabilities are comparable only over the same tokens: give the model that the "
        "policy was trained from.",
    )
