"""Chosen and rejected as messages: TRL's conversational rows and the mixed shape of the hub."""

from __future__ import annotations

from collections.abc import Callable

from core.formats.assemble import assemble, keep_rows
from core.formats.conversations import PairContent, join_prompt, pair_content, split_shared
from core.formats.look import Look
from core.formats.messages import Messages, clean_messages
from core.formats.spec import FORMATS, FormatSpec
from core.formats.values import BadRow
from core.schema import PairBatch, RawBatch, Recognition

_SIDES = ("chosen", "rejected")
_EXAMPLE_PROMPT = {"role": "user", "content": "2+2="}
_EXAMPLE = {
    side: [{"role": "assistant", "content": text}]
    for side, text in (("chosen", "4"), ("rejected", "5"))
}


def _explicit(look: Look) -> Recognition | None:
    return look.fits(
        "trl_conversational", prompt="messages", chosen="messages", rejected="messages"
    )


def _mixed(look: Look) -> Recognition | None:
    return look.fits("trl_mixed", prompt="text", chosen="messages", rejected="messages")


def _implicit(look: Look) -> Recognition | None:
    if look.has("prompt") or look.has("conversations"):
        return None
    return look.fits("trl_conversational_implicit", chosen="messages", rejected="messages")


def _chat(prompt: object, chosen: object, rejected: object) -> PairContent:
    return _with_prompt(clean_messages(prompt, "prompt"), chosen, rejected)


def _texted(prompt: object, chosen: object, rejected: object) -> PairContent:
    if not isinstance(prompt, str):
        raise BadRow("prompt is missing or no text")
    return _with_prompt(prompt, chosen, rejected)


def _with_prompt(prompt: str | Messages, chosen: object, rejected: object) -> PairContent:
    first, second = (clean_messages(v, n) for v, n in zip((chosen, rejected), _SIDES, strict=True))
    return pair_content(join_prompt(prompt, first, second))


def _without_prompt(chosen: object, rejected: object) -> PairContent:
    first, second = (clean_messages(v, n) for v, n in zip((chosen, rejected), _SIDES, strict=True))
    if first == second:
        raise BadRow("chosen and rejected are identical")
    return pair_content(split_shared(first, second, _SIDES))


def _explicit_pairs(batch: RawBatch) -> PairBatch:
    return _prompted_pairs(batch, _chat)


def _mixed_pairs(batch: RawBatch) -> PairBatch:
    return _prompted_pairs(batch, _texted)


def _prompted_pairs(batch: RawBatch, convert: Callable[..., PairContent]) -> PairBatch:
    names = ("prompt", *_SIDES)
    return assemble(batch, keep_rows(batch, names, convert), (*names, *_repeats(batch)))


def _implicit_pairs(batch: RawBatch) -> PairBatch:
    return assemble(batch, keep_rows(batch, _SIDES, _without_prompt), (*_SIDES, *_repeats(batch)))


def _repeats(batch: RawBatch) -> tuple[str, ...]:
    """Name the column `messages` where it says what chosen says, as in UltraFeedback-binarized."""
    table = batch.table
    if {"messages", "chosen"} <= set(table.column_names):
        same = table.column("messages").equals(table.column("chosen"))
        return ("messages",) if same else ()
    return ()


FORMATS.register(
    FormatSpec(
        name="trl_conversational",
        title="TRL conversational, prompt beside the responses",
        family="nested",
        columns="prompt, chosen, rejected: lists of {role, content}",
        label_meaning="chosen won",
        example={"prompt": [_EXAMPLE_PROMPT], **_EXAMPLE},
        recognise=_explicit,
        to_pairs=_explicit_pairs,
    )
)
FORMATS.register(
    FormatSpec(
        name="trl_conversational_implicit",
        title="TRL conversational, prompt inside the responses",
        family="nested",
        columns="chosen, rejected: lists of {role, content} that begin with the same turns",
        label_meaning="chosen won",
        example={side: [_EXAMPLE_PROMPT, *turns] for side, turns in _EXAMPLE.items()},
        recognise=_implicit,
        to_pairs=_implicit_pairs,
    )
)
FORMATS.register(
    FormatSpec(
        name="trl_mixed",
        title="Prompt as text, responses as conversations (UltraFeedback, Tulu 3, ORPO)",
        family="nested",
        columns="prompt: text; chosen, rejected: lists of {role, content} that may repeat it; "
        "ratings as score_chosen/score_rejected or chosen-rating/rejected-rating",
        label_meaning="chosen won",
        example={
            "prompt": "2+2=",
            **{side: [_EXAMPLE_PROMPT, *turns] for side, turns in _EXAMPLE.items()},
            "score_chosen": 8.5,
            "score_rejected": 3.0,
        },
        recognise=_mixed,
        to_pairs=_mixed_pairs,
    )
)
