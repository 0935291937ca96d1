"""Special-token strings inside a text are text: only the template's own become control tokens."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tokenizers import AddedToken, Encoding, Tokenizer
    from transformers import PreTrainedTokenizerFast

T = TypeVar("T")
Ids = tuple[list[int], list[tuple[int, int]]]


class Specials:
    """Finds special-token strings in texts, and encodes such texts without obeying them.

    Before a template is rendered, `mark` puts a sentinel in the place of each such string. In the
    rendering, those that stand there now are the template's own: they become markers, plain added
    tokens of a copy of the tokenizer that ignores special tokens; then the sentinels become what
    they stood for. One call encodes it all, so that pieces are split as they would be otherwise.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        declared = set(getattr(tokenizer, "chat_control_tokens", None) or ())
        self._tokens = {
            token.content: (at, token)
            for at, token in sorted(tokenizer.added_tokens_decoder.items())
            if token.special or token.content in declared
        }
        self._backend = tokenizer.backend_tokenizer
        self._pattern = _any_of(self._tokens)
        folded = any(token.normalized for _, token in self._tokens.values())
        self._normalizer = self._backend.normalizer if folded else None
        # Nobody can know it, so no text can hold a sentinel or a marker. Sentinels are letters and
        # digits, which templates do not escape when they print nested values.
        nonce = secrets.token_hex(8)
        self._sentinel = {s: f"q{nonce}x{i}q" for i, s in enumerate(self._tokens)}
        self._marker = {s: f"\ue002{nonce}{i}\ue003" for i, s in enumerate(self._tokens)}
        self._break = f"\ue004{nonce}\ue005"
        self._string = {sentinel: s for s, sentinel in self._sentinel.items()}
        self._marked = _any_of(self._string)

    def inside(self, text: str) -> bool:
        """Return whether the text holds a special token's string."""
        if self._pattern.search(text):
            return True
        if self._normalizer is None or not self._tokens:
            return False
        return bool(self._pattern.search(self._normalizer.normalize_str(text)))

    def inside_any(self, value: object) -> bool:
        """Return whether any text of a nested value, or any key, holds such a string."""
        if isinstance(value, str):
            return self.inside(value)
        if isinstance(value, Mapping):
            return any(self.inside_any(one) for item in value.items() for one in item)
        return isinstance(value, list) and any(map(self.inside_any, value))

    def within(self, piece: str) -> bool:
        """Return whether a piece of text is a part of a special token's string."""
        return any(piece in token for token in self._tokens)

    def mark(self, value: T) -> T:
        """Return a nested value with a sentinel for each special token's string."""
        return self._mapped(value)  # type: ignore[return-value]

    def _mapped(self, value: object) -> object:
        if isinstance(value, str):
            return self._pattern.sub(lambda found: self._sentinel[found.group()], value)
        if isinstance(value, Mapping):
            return {self._mapped(key): self._mapped(one) for key, one in value.items()}
        return [self._mapped(one) for one in value] if isinstance(value, list) else value

    def shown(self, marked: str) -> str:
        """Return a rendering of marked texts as the model is meant to read it."""
        return self._marked.sub(lambda found: self._string[found.group()], marked)

    def _coded(self, marked: str) -> str:
        own = self._pattern.sub(lambda found: self._marker[found.group()], marked)
        return self._marked.sub(lambda found: self._restored[found.group()], own)

    @cached_property
    def _restored(self) -> dict[str, str]:
        """Sentinel → its string, broken behind the first sign where it would be a token anyway."""
        return {
            self._sentinel[s]: s[0] + self._break + s[1:] if self._leaks(s, at) else s
            for s, (at, _) in self._tokens.items()
        }

    def _leaks(self, string: str, at: int) -> bool:
        # The model of a Unigram tokenizer knows "</s>" as a piece like any other.
        tries = [string, f"a{string}", f" {string} "]
        found = self._copy.encode_batch(tries, add_special_tokens=False)
        return any(at in one.ids for one in found)

    @cached_property
    def _copy(self) -> Tokenizer:
        from tokenizers import Tokenizer

        copy = Tokenizer.from_str(self._backend.to_str())
        copy.no_truncation()
        copy.no_padding()
        copy.add_tokens([_like(token, self._marker[s]) for s, (_, token) in self._tokens.items()])
        copy.add_tokens([_like(None, self._break)])
        copy.encode_special_tokens = True
        return copy

    @cached_property
    def _known(self) -> dict[int, tuple[int | None, int]]:
        """Id of a marker → id of its token (the break has none), and how much longer it is."""
        known: dict[int, tuple[int | None, int]] = {}
        known[self._id(self._break)] = (None, len(self._break))
        for s, (at, _) in self._tokens.items():
            marker = self._marker[s]
            known[self._id(marker)] = (at, len(marker) - len(s))
        return known

    def _id(self, marker: str) -> int:
        return int(self._copy.token_to_id(marker) or 0)

    def encode(self, marked: Sequence[str], add_special_tokens: bool) -> list[Ids]:
        """Return ids and offsets (in what is `shown`) of renderings of marked texts."""
        coded = [self._coded(one) for one in marked]
        found = self._copy.encode_batch(coded, add_special_tokens=add_special_tokens)
        return [self._translated(one) for one in found]

    def _translated(self, found: Encoding) -> Ids:
        ids: list[int] = []
        offsets: list[tuple[int, int]] = []
        longer = 0
        for raw, (begin, end) in zip(found.ids, found.offsets, strict=True):
            begin -= longer
            token, more = self._known.get(raw, (raw, 0))
            longer += more
            if token is not None:
                ids.append(token)
                offsets.append((begin, end - longer))
        return ids, offsets


def _any_of(strings: Any) -> re.Pattern[str]:
    """Return a pattern of any of the strings, the longest first; of none it matches nothing."""
    longest = sorted(filter(None, strings), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest)) or "(?!)")


def _like(token: AddedToken | None, content: str) -> AddedToken:
    from tokenizers import AddedToken

    flags = {name: getattr(token, name, False) for name in ("lstrip", "rstrip", "single_word")}
    return AddedToken(content, special=False, normalized=False, **flags)
