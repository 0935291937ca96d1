r"""Anthropic's HH-RLHF: two transcripts with "\n\nHuman:" and "\n\nAssistant:" turns.

Rows go through Python: str.rfind on the last marker and one split of the shared prompt cost less
than an Arrow regular expression, which must capture (and so copy) both texts.
"""

from __future__ import annotations

import re

from core.formats.assemble import assemble, keep_rows
from core.formats.conversations import PairContent, pair_content, split_shared
from core.formats.look import ENOUGH, Look
from core.formats.messages import Content, Messages, prompt_content
from core.formats.spec import FORMATS, FormatSpec
from core.formats.values import BadRow
from core.schema import PairBatch, RawBatch, Recognition

_TURN = re.compile(r"\n\n(Human|Assistant):")
_HUMAN, _ASSISTANT = "\n\nHuman:", "\n\nAssistant:"
_ROLES = {"Human": "user", "Assistant": "assistant"}
_NAMES = ("chosen", "rejected")


def is_transcript(value: object) -> bool:
    """Tell whether a text starts with a Human turn and has an Assistant turn."""
    return (
        isinstance(value, str) and value.lstrip("\n").startswith("Human:") and _ASSISTANT in value
    )


def parse_transcript(text: object, name: str) -> Messages:
    r"""Return the turns; one separating space after a marker goes, everything else stays.

    "\n\nHuman: Hi\n\nAssistant: Hello" → [user "Hi", assistant "Hello"]
    """
    if not isinstance(text, str):
        raise BadRow(f"{name} is missing or no text")
    before, *turns = _TURN.split(text if text.startswith("\n\n") else "\n\n" + text.lstrip("\n"))
    if before.strip() or not turns:
        raise BadRow(f"{name} does not start with a Human or an Assistant turn")
    return [
        {"role": _ROLES[who], "content": _said(said)}
        for who, said in zip(turns[::2], turns[1::2], strict=True)
    ]


def _said(text: str) -> str:
    return text[1:] if text.startswith(" ") else text


def _convert(chosen: object, rejected: object) -> PairContent:
    if chosen == rejected and chosen is not None:
        raise BadRow("chosen and rejected are identical")
    return _shared_prompt(chosen, rejected) or _parsed(chosen, rejected)


def _shared_prompt(chosen: object, rejected: object) -> PairContent | None:
    """Return the pair when all but the last assistant turn is equal, as in nearly every row."""
    if not isinstance(chosen, str) or not isinstance(rejected, str):
        return None
    at = chosen.rfind(_ASSISTANT)
    if at <= 0 or rejected.rfind(_ASSISTANT) != at or chosen[:at] != rejected[:at]:
        return None
    said = [_said(text[at + len(_ASSISTANT) :]) for text in (chosen, rejected)]
    if any(_HUMAN in text for text in said) or said[0] == said[1]:
        return None
    prompt = prompt_content(parse_transcript(chosen[:at], "chosen"))
    return PairContent(prompt, Content(None, said[0]), Content(None, said[1]))


def _parsed(chosen: object, rejected: object) -> PairContent:
    first, second = (
        parse_transcript(text, name) for text, name in zip((chosen, rejected), _NAMES, strict=True)
    )
    for turns, name in ((first, "chosen"), (second, "rejected")):
        if turns[-1]["role"] != "assistant":
            raise BadRow(f"{name} has no final assistant turn")
    return pair_content(split_shared(first, second, _NAMES))


def _recognise(look: Look) -> Recognition | None:
    shares = [look.share(name, is_transcript) for name in _NAMES]
    why = "chosen and rejected are transcripts of Human and Assistant turns"
    return Recognition("hh_rlhf", min(shares), why) if min(shares) >= ENOUGH else None


def _to_pairs(batch: RawBatch) -> PairBatch:
    return assemble(batch, keep_rows(batch, _NAMES, _convert), _NAMES)


FORMATS.register(
    FormatSpec(
        name="hh_rlhf",
        title="Anthropic HH-RLHF transcripts",
        family="nested",
        columns="chosen, rejected: text with Human and Assistant turns",
        label_meaning="chosen won",
        example={
            "chosen": "\n\nHuman: 2+2=\n\nAssistant: 4",
            "rejected": "\n\nHuman: 2+2=\n\nAssistant: 5",
        },
        recognise=_recognise,
        to_pairs=_to_pairs,
    )
)
