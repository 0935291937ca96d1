"""Shapes of other trainers and tools; `shared` names are theirs, as far as their papers tell."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from core.curate.written.shapes import (
    FLAT_FILES,
    NESTED_FILES,
    ROLES,
    TEXT,
    TURNS,
    Columns,
    Shape,
    answer_of,
    chosen_first,
    column_of,
    text_of,
    turns_of,
)

_FROM = {"user": "human", "assistant": "gpt", "tool": "observation"}
"""Who speaks in ShareGPT; other roles keep their name."""
_SAID = pa.struct([("from", TEXT), ("value", TEXT)])
_ANSWER = pa.struct([("text", TEXT), ("model", TEXT)])
LABEL = "label"
"""The only annotator of annotated pairs: the label as it is written."""


def _openai(texts: pa.Table) -> Columns:
    messages = turns_of(texts, "prompt")
    return {
        "input": pa.StructArray.from_arrays([messages], names=["messages"]),
        "preferred_output": turns_of(texts, "chosen"),
        "non_preferred_output": turns_of(texts, "rejected"),
    }


def _sharegpt(texts: pa.Table) -> Columns:
    talks = turns_of(texts, "prompt")
    roles, contents = talks.flatten().flatten()
    said = pa.StructArray.from_arrays([_speakers(roles), contents], names=["from", "value"])
    conversations = pa.ListArray.from_arrays(talks.offsets, said)
    return {"conversations": conversations, **{s: _said(texts, s) for s in ("chosen", "rejected")}}


def _said(texts: pa.Table, side: str) -> pa.Array:
    text = answer_of(texts, side, "sharegpt")
    speaker = pa.repeat(pa.scalar("gpt", TEXT), len(text))
    return pa.StructArray.from_arrays([speaker, text], names=["from", "value"])


def _speakers(roles: pa.Array) -> pa.Array:
    known = pc.index_in(roles, pa.array(list(_FROM)))
    return pc.coalesce(pa.array(list(_FROM.values())).take(known), roles)


def _helpsteer3(texts: pa.Table) -> Columns:
    first = chosen_first(texts)
    chosen, rejected = (answer_of(texts, side, "helpsteer3") for side in ("chosen", "rejected"))
    strength = pc.cast(pc.round(pc.abs(column_of(texts, "strength"))), pa.int64(), safe=False)
    size = pc.min_element_wise(pc.max_element_wise(pc.fill_null(strength, 1), 1), 3)
    return {
        "context": turns_of(texts, "prompt"),
        "response1": pc.if_else(first, chosen, rejected),
        "response2": pc.if_else(first, rejected, chosen),
        # Negative means that response 1 is better.
        "overall_preference": pc.if_else(first, pc.negate(size), size),
    }


def _annotated(texts: pa.Table) -> Columns:
    first = chosen_first(texts)
    chosen, rejected = (
        pa.StructArray.from_arrays(
            [text_of(texts, side), column_of(texts, f"{side}_model")], fields=list(_ANSWER)
        )
        for side in ("chosen", "rejected")
    )
    pref = pa.StructArray.from_arrays([pc.if_else(first, "a", "b")], names=["pref"])
    return {
        "id": column_of(texts, "pair_id"),
        "prompt": text_of(texts, "prompt"),
        "response_a": pc.if_else(first, chosen, rejected),
        "response_b": pc.if_else(first, rejected, chosen),
        "annotations": pa.StructArray.from_arrays([pref], names=[LABEL]),
    }


def _rewardbench(texts: pa.Table) -> Columns:
    return {
        **{side: text_of(texts, side) for side in ROLES},
        **{name: column_of(texts, name) for name in ("chosen_model", "rejected_model")},
        "subset": column_of(texts, "source"),
        "id": column_of(texts, "pair_id"),
    }


SHAPES = (
    Shape(
        name="openai",
        title="OpenAI preference fine-tuning: input.messages, preferred_output and "
        "non_preferred_output",
        own=pa.schema(
            [
                ("input", pa.struct([("messages", TURNS)])),
                ("preferred_output", TURNS),
                ("non_preferred_output", TURNS),
            ]
        ),
        make=_openai,
        files=("jsonl", "jsonl.gz", "jsonl.zst"),
        lacks=("strength", "models"),
        turns="both",
    ),
    Shape(
        name="sharegpt",
        title="ShareGPT for LLaMA-Factory: conversations, chosen and rejected with from and value",
        own=pa.schema([("conversations", pa.list_(_SAID)), ("chosen", _SAID), ("rejected", _SAID)]),
        make=_sharegpt,
        files=NESTED_FILES,
        lacks=("answer_turns", "strength", "models"),
        turns="prompt",
    ),
    Shape(
        name="helpsteer3",
        title="HelpSteer3: context, response1, response2 and a preference from −3 to 3, which is "
        "negative where response1 is better",
        own=pa.schema(
            [
                ("context", TURNS),
                ("response1", TEXT),
                ("response2", TEXT),
                ("overall_preference", pa.int64()),
            ]
        ),
        make=_helpsteer3,
        files=NESTED_FILES,
        lacks=("strength_scale", "answer_turns", "models"),
        turns="prompt",
    ),
    Shape(
        name="annotated-pairs",
        title="AnnotatedPairs 2.0 for Feedback Forensics: one document with the pairs as "
        "comparisons",
        own=pa.schema(
            [
                ("id", TEXT),
                ("prompt", TEXT),
                ("response_a", _ANSWER),
                ("response_b", _ANSWER),
                ("annotations", pa.struct([(LABEL, pa.struct([("pref", TEXT)]))])),
            ]
        ),
        make=_annotated,
        files=("json",),
        lacks=("conversations", "strength"),
        nest="metadata",
    ),
    Shape(
        name="rewardbench",
        title="RewardBench rows: prompt, chosen and rejected with their models; subset is the "
        "source",
        own=pa.schema(
            [
                (name, TEXT)
                for name in (
                    *("prompt", "chosen", "chosen_model", "rejected", "rejected_model"),
                    *("subset", "id"),
                )
            ]
        ),
        make=_rewardbench,
        files=FLAT_FILES,
        lacks=("conversations", "strength"),
    ),
)
