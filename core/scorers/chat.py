"""Prompts and responses to token ids, with the model's own chat template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from core.scorers.cutting import Offsets, cut, ends_of
from core.scorers.rendering import Refused, forged, rendering_of
from core.scorers.specials import Specials
from core.scorers.turns import Row, Turns, read_rows, shared

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


@dataclass(frozen=True)
class Encoded:
    """One response with its prompt; `ids` is empty when the template refuses the conversation."""

    response_id: int
    prompt_id: int
    ids: list[int]
    """The whole sequence."""
    start: int
    """Index of the first response token in `ids`: where prompt and whole part, as in TRL."""
    truncated: bool
    ends: list[int] | None
    """Per response token: its end as character offset in the response text, never falling; 0 for
    tokens before the text, the text's length for those after it. Of a response that does not stand
    in the rendering as it is (several turns, tool calls) offsets count within the rendering."""


@dataclass(frozen=True)
class _Text:
    """What the model is meant to read."""

    shown: str
    marked: str | None
    """The same with sentinels, when it holds special-token strings as text."""


@dataclass(frozen=True)
class _Ids:
    ids: list[int]
    offsets: Offsets | None


class Encoder:
    """Encodes rows of PLAN_COLUMNS; what a response becomes does not depend on other rows.

    `limit` is the most tokens of a sequence. Sequences are equal to TRL's `prompt_ids +
    chosen_ids`, unless a text holds special-token strings: those are text here.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        template: str | None,
        limit: int | None,
        say: Callable[[str], None],
    ) -> None:
        self._backend = tokenizer.backend_tokenizer
        self._backend.no_truncation()
        self._backend.no_padding()
        self._name = tokenizer.name_or_path or "the model"
        self._bos = tokenizer.bos_token_id
        self._rendering = rendering_of(tokenizer, template, say)
        self._specials = Specials(tokenizer)
        self._limit = limit
        self._say = say
        self._adds = self._rendering.hash is None
        self._told_empty = False
        self.template_hash = self._rendering.hash

    def encode(
        self, rows: pa.Table, *, ends: bool = False, keep_last: bool = False
    ) -> list[Encoded]:
        """Return the rows' ids in the rows' order.

        `ends` fills in `Encoded.ends`; `keep_last` keeps the last token of a response that is cut.
        Raises ScoreError when the template takes no conversation at all.
        """
        found = list(read_rows(rows))
        self._tell_empty(found)
        texts = self._texts(found)
        ids = self._ids([text for pair in texts if pair for text in pair], ends)
        return [
            self._encoded(row, pair, ids, ends, keep_last) if pair else _refused(row, ends)
            for row, pair in zip(found, texts, strict=True)
        ]

    def _tell_empty(self, rows: Sequence[Row]) -> None:
        if self._told_empty or all(row.text is None or row.text.strip() for row in rows):
            return
        self._told_empty = True
        self._say("Some responses are empty: what is scored of them is how they end, and no more.")

    def _texts(self, rows: Sequence[Row]) -> list[tuple[_Text, _Text] | None]:
        """Return prompt and whole of each row, None of those that the template refuses."""
        prompts: dict[int, _Text] = {}
        found: list[tuple[_Text, _Text] | None] = []
        reasons: Counter[str] = Counter()
        for row in rows:
            try:
                found.append(self._pair(row, prompts))
            except Refused as error:
                reasons[str(error)] += 1
                found.append(None)
        if reasons:
            self._tell(reasons, len(rows))
        return found

    def _pair(self, row: Row, prompts: dict[int, _Text]) -> tuple[_Text, _Text]:
        if self.template_hash and (role := forged(row, self._specials.within)):
            raise Refused(f"the role {role!r} is a part of a special token")
        if row.prompt_id not in prompts:
            prompts[row.prompt_id] = self._text(row.prompt, None)
        return prompts[row.prompt_id], self._text(row.prompt, row.response)

    def _text(self, prompt: Turns, response: Turns | None) -> _Text:
        """Return the whole conversation, or the prompt when there is no response."""
        specials = self._specials
        if self.template_hash is None:
            # Two texts can make one special token where they meet, so they are looked at joined.
            joined = self._rendering.render(prompt, response)
            eos = "" if response is None else self._rendering.eos
            marked = specials.mark(joined) + eos if specials.inside(joined) else None
            return _Text(joined + eos, marked)
        if not specials.inside_any(prompt) and not specials.inside_any(response):
            return _Text(self._rendering.render(prompt, response), None)
        marked = self._rendering.render(specials.mark(prompt), specials.mark(response))
        return _Text(specials.shown(marked), marked)

    def _tell(self, reasons: Counter[str], rows: int) -> None:
        if reasons.total() == rows:
            self._rendering.check()
        reason = reasons.most_common(1)[0][0]
        self._say(
            f"The chat template of {self._name} refuses {reasons.total():,} of {rows:,} responses: "
            f"{reason}{' and others' if len(reasons) > 1 else ''}. They get no number."
        )

    def _ids(self, texts: Sequence[_Text], offsets: bool) -> dict[_Text, _Ids]:
        """Return the ids of each different text, in one call for all that hold nothing special."""
        plain = list(dict.fromkeys(text for text in texts if text.marked is None))
        encode = self._backend.encode_batch if offsets else self._backend.encode_batch_fast
        made = encode([one.shown for one in plain], add_special_tokens=self._adds)
        ids = {
            text: _Ids(one.ids, one.offsets if offsets else None)
            for text, one in zip(plain, made, strict=True)
        }
        marked = {text: text.marked for text in texts if text.marked is not None}
        if marked:
            found = self._specials.encode(list(marked.values()), self._adds)
            ids |= {text: _Ids(*one) for text, one in zip(marked, found, strict=True)}
        return ids

    def _encoded(
        self,
        row: Row,
        pair: tuple[_Text, _Text],
        ids: dict[_Text, _Ids],
        ends_too: bool,
        keep_last: bool,
    ) -> Encoded:
        prompt, whole = pair
        made = ids[whole]
        start = shared(ids[prompt].ids, made.ids)
        kept = cut(made.ids, start, self._limit, self._bos, keep_last)
        ends = None
        if ends_too and made.offsets is not None:
            at = shared(prompt.shown, whole.shown)
            every = ends_of(made.offsets[start:], whole.shown, at, row.text)
            ends = [every[i] for i in kept.response]
        return Encoded(row.response_id, row.prompt_id, kept.ids, kept.start, kept.truncated, ends)


def _refused(row: Row, ends: bool) -> Encoded:
    return Encoded(row.response_id, row.prompt_id, [], 0, False, [] if ends else None)
