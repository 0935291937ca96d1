"""Shapes that TRL's trainers read: preference, unpaired, reward with a margin."""

from __future__ import annotations

import numpy as np
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
    column_of,
    interleaved,
    text_of,
    turns_and,
    turns_of,
)

_UNKNOWN = ("strength", "models")


def _texts(texts: pa.Table) -> Columns:
    return {side: text_of(texts, side) for side in ROLES}


def _talks(texts: pa.Table) -> Columns:
    return {side: turns_of(texts, side) for side in ROLES}


def _whole_texts(texts: pa.Table) -> Columns:
    made = _texts(texts)
    return {
        side: pc.binary_join_element_wise(made["prompt"], made[side], "")
        for side in ("chosen", "rejected")
    }


def _whole_talks(texts: pa.Table) -> Columns:
    made = _talks(texts)
    return {side: turns_and(made["prompt"], made[side]) for side in ("chosen", "rejected")}


def _labelled(sides: Columns) -> Columns:
    labels = np.tile([True, False], len(sides["prompt"]))
    return {
        "prompt": interleaved(sides["prompt"], sides["prompt"]),
        "completion": interleaved(sides["chosen"], sides["rejected"]),
        "label": pa.array(labels),
    }


def _with_margin(texts: pa.Table, sides: Columns) -> Columns:
    # The trainer makes a tensor of the column, which cannot hold nulls; 0 asks for nothing.
    return {**sides, "margin": pc.fill_null(column_of(texts, "margin"), 0.0)}


def _schema(kind: pa.DataType, *names: str, **further: pa.DataType) -> pa.Schema:
    return pa.schema([*((name, kind) for name in names), *further.items()])


SHAPES = (
    Shape(
        name="trl",
        title="TRL preference, standard: prompt, chosen and rejected are texts",
        own=_schema(TEXT, *ROLES),
        make=_texts,
        files=FLAT_FILES,
        lacks=("conversations", *_UNKNOWN),
    ),
    Shape(
        name="trl-conversational",
        title="TRL preference, conversational: prompt, chosen and rejected are lists of turns",
        own=_schema(TURNS, *ROLES),
        make=_talks,
        files=NESTED_FILES,
        lacks=_UNKNOWN,
        turns="both",
    ),
    Shape(
        name="trl-implicit",
        title="TRL preference, standard: chosen and rejected are texts that begin with the prompt",
        own=_schema(TEXT, "chosen", "rejected"),
        make=_whole_texts,
        files=FLAT_FILES,
        lacks=("boundary", "conversations", *_UNKNOWN),
    ),
    Shape(
        name="trl-conversational-implicit",
        title="TRL preference, conversational: chosen and rejected begin with the prompt's turns",
        own=_schema(TURNS, "chosen", "rejected"),
        make=_whole_talks,
        files=NESTED_FILES,
        lacks=("turn_boundary", *_UNKNOWN),
        turns="both",
    ),
    Shape(
        name="kto",
        title="KTO and BCO, standard: prompt and completion are texts, label is true or false",
        own=_schema(TEXT, "prompt", "completion", label=pa.bool_()),
        make=lambda texts: _labelled(_texts(texts)),
        files=FLAT_FILES,
        lacks=("pairing", "conversations", *_UNKNOWN),
        unpaired=True,
    ),
    Shape(
        name="kto-conversational",
        title="KTO and BCO, conversational: prompt and completion are lists of turns",
        own=_schema(TURNS, "prompt", "completion", label=pa.bool_()),
        make=lambda texts: _labelled(_talks(texts)),
        files=NESTED_FILES,
        lacks=("pairing", *_UNKNOWN),
        turns="both",
        unpaired=True,
    ),
    Shape(
        name="reward",
        title="TRL reward model, standard: prompt, chosen and rejected are texts, with a margin",
        own=_schema(TEXT, *ROLES, margin=pa.float64()),
        make=lambda texts: _with_margin(texts, _texts(texts)),
        files=FLAT_FILES,
        lacks=("no_margin", "conversations", *_UNKNOWN),
        knobs=("margin",),
    ),
    Shape(
        name="reward-conversational",
        title="TRL reward model, conversational: lists of turns, with a margin",
        own=_schema(TURNS, *ROLES, margin=pa.float64()),
        make=lambda texts: _with_margin(texts, _talks(texts)),
        files=NESTED_FILES,
        lacks=("no_margin", *_UNKNOWN),
        turns="both",
        knobs=("margin",),
    ),
)
