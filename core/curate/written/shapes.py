"""What a shape of rows must say about itself, and the parts that shapes are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from core.curate.written.knobs import KNOBS
from core.errors import ExportError, UsageError
from core.schema import Bools, Ints

TEXT = pa.string()
TURNS = pa.list_(pa.struct([("role", TEXT), ("content", TEXT)]))
PROVENANCE = pa.schema(
    [("pair_id", TEXT), ("source", TEXT), ("source_split", TEXT), ("row", pa.int64())]
)
"""Columns that lead every row back to where it came from."""
ROLES = {"prompt": "user", "chosen": "assistant", "rejected": "assistant"}
"""Who speaks where a side is one text."""
FLAT_FILES = ("jsonl", "jsonl.gz", "jsonl.zst", "parquet", "csv", "arrow")
NESTED_FILES = ("jsonl", "jsonl.gz", "jsonl.zst", "parquet", "arrow")

LOSSES = {
    "ties": "Ties: such rows are left out.",
    "votes": "Who voted, single votes and their reasons; of a label only its provenance is told.",
    "columns": "Ratings, gold labels, scores and the sources' own columns, besides what was asked "
    "for.",
    "tools": "Tool calls and turns without a text: such pairs are left out.",
    "keys": "Keys of a turn besides its role and its content, such as a name.",
    "strength": "How much better the chosen answer was said to be.",
    "models": "Which models wrote the answers.",
    "conversations": "Conversations: a store with any of them needs a conversational format.",
    "answer_turns": "Answers of several turns: a store with any of them needs trl-conversational.",
    "boundary": "Where the prompt ends: the trainer takes what both texts begin with for the "
    "prompt, also where it belongs to the answers.",
    "turn_boundary": "Where the prompt ends: the trainer takes the turns that both sides begin "
    "with for the prompt, also where they belong to the answers.",
    "pairing": "Which answers were compared, where one stands in several pairs of a split: with "
    "the same label it is written once, with the numbers of its first pair.",
    "no_margin": "Which margins are unknown: they are 0, as if no margin had been asked for.",
    "strength_scale": "Strengths besides 1, 2 and 3: they are rounded to the nearest of those; a "
    "pair without one gets 1.",
}
"""What a shape may lose → the sentence that says so before anything is written."""
ALWAYS = ("ties", "votes", "columns", "tools", "keys")

Columns = Mapping[str, pa.Array]


@dataclass(frozen=True)
class Shape:
    """What one row looks like to whoever reads it.

    Tables of texts have the columns of `PROVENANCE`, of each side of `ROLES` a `_text` and a
    `_messages` (JSON, or null where the text is one turn), `chosen_id`, `rejected_id`,
    `chosen_model`, `rejected_model`, `strength`, `flipped`, `provenance` and the knobs.
    """

    name: str
    title: str
    own: pa.Schema
    """The columns a reader of this shape knows; those of PROVENANCE follow, then chosen ones."""
    make: Callable[[pa.Table], Columns]
    """Texts → the columns of `own`."""
    files: tuple[str, ...]
    """Kinds of file it may be written to; the first is the usual one."""
    lacks: tuple[str, ...]
    """Names in LOSSES, besides ALWAYS."""
    turns: Literal["", "prompt", "both"] = ""
    """Which sides can hold conversations."""
    knobs: tuple[str, ...] = ()
    """Knobs that its own columns are made from: the texts must have them."""
    unpaired: bool = False
    """A row is one answer; there are up to two of each pair."""
    nest: str = ""
    """Name of the struct that holds PROVENANCE and the chosen columns; empty: they stand apart."""

    @property
    def losses(self) -> tuple[str, ...]:
        """Return what it cannot hold; sentences."""
        return tuple(LOSSES[key] for key in (*self.lacks, *ALWAYS))

    def check_file(self, kind: str) -> None:
        """Raise UsageError for a kind of file that cannot hold it."""
        if kind not in self.files:
            raise UsageError(
                f"{self.name} is not written as {kind}.", f"Use --file {' or '.join(self.files)}."
            )

    def schema_of(self, columns: tuple[str, ...] = ()) -> pa.Schema:
        """Return the columns of a file; `columns` are names of KNOBS, written after the others."""
        further = pa.schema([*PROVENANCE, *_knob_fields(self, columns)])
        if self.nest:
            return self.own.append(pa.field(self.nest, pa.struct(list(further))))
        return pa.schema([*self.own, *further])

    def rows(self, tables: Iterable[pa.Table], columns: tuple[str, ...] = ()) -> Iterator[pa.Table]:
        """Yield the rows of one file; memory is a table's, and 8 bytes per answer of unpaired."""
        seen = Seen()
        for table in tables:
            made = self.project(table, columns)
            yield made.filter(pa.array(seen.fresh(_answers(table)))) if self.unpaired else made

    def project(self, texts: pa.Table, columns: tuple[str, ...] = ()) -> pa.Table:
        """Return a table of `schema_of(columns)`; of an unpaired shape answers may repeat."""
        schema = self.schema_of(columns)
        made = dict(self.make(texts))
        names = [*PROVENANCE.names, *(field.name for field in _knob_fields(self, columns))]
        further = [_whole(texts[name]) for name in names]
        if self.unpaired:
            further = [interleaved(column, column) for column in further]
        if self.nest:
            fields = list(schema.field(self.nest).type)
            made[self.nest] = pa.StructArray.from_arrays(further, fields=fields)
        else:
            made.update(zip(names, further, strict=True))
        return pa.Table.from_arrays([made[name] for name in schema.names], schema=schema)


class Seen:
    """Which answers stand in a file already; 8 bytes each."""

    def __init__(self) -> None:
        self._known = np.empty(0, np.int64)

    def fresh(self, answers: Ints) -> Bools:
        """Return which of them are new, each at its first place, shape of `answers`."""
        values, first = np.unique(answers, return_index=True)
        at = np.searchsorted(self._known, values)
        new = np.append(self._known, 0)[at] != values
        self._known = np.insert(self._known, at[new], values[new])
        made = np.zeros(answers.size, np.bool_)
        made[first[new]] = True
        return made


def swap_sides(texts: pa.Table, flipped: Bools) -> pa.Table:
    """Return the texts with chosen and rejected swapped where `flipped`, shape (rows,).

    The strength of such a row is dropped: it said how much better the other answer was.
    """
    if not flipped.any():
        return texts
    swap, made = pa.array(flipped), {}
    for what in ("text", "messages", "model", "id"):
        chosen, rejected = _whole(texts[f"chosen_{what}"]), _whole(texts[f"rejected_{what}"])
        made[f"chosen_{what}"] = pc.if_else(swap, rejected, chosen)
        made[f"rejected_{what}"] = pc.if_else(swap, chosen, rejected)
    made["strength"] = pc.if_else(swap, pa.scalar(None, pa.float64()), _whole(texts["strength"]))
    return pa.table({name: made.get(name, texts[name]) for name in texts.column_names})


def text_of(texts: pa.Table, side: str) -> pa.Array:
    """Return the text of a side, one string per row."""
    return _whole(texts[f"{side}_text"])


def turns_of(texts: pa.Table, side: str) -> pa.Array:
    """Return a side as a list of turns per row, of type TURNS."""
    text, messages = text_of(texts, side), _whole(texts[f"{side}_messages"])
    if messages.null_count == len(messages):
        roles = pa.repeat(pa.scalar(ROLES[side], TEXT), len(text))
        return _lists(np.ones(len(text), np.int64), roles, text)
    talks = [
        [(ROLES[side], said)] if talk is None else _parsed(talk)
        for said, talk in zip(text.to_pylist(), messages.to_pylist(), strict=True)
    ]
    flat = [turn for talk in talks for turn in talk]
    sizes = np.fromiter(map(len, talks), np.int64, len(talks))
    roles, contents = ([turn[i] for turn in flat] for i in (0, 1))
    return _lists(sizes, pa.array(roles, TEXT), pa.array(contents, TEXT))


def answer_of(texts: pa.Table, side: str, format_name: str) -> pa.Array:
    """Return the text of an answer; raise ExportError where one has several turns."""
    text, messages = text_of(texts, side), _whole(texts[f"{side}_messages"])
    if messages.null_count == len(messages):
        return text
    talks = [None if talk is None else _parsed(talk) for talk in messages.to_pylist()]
    many = sum(talk is not None and len(talk) != 1 for talk in talks)
    if many:
        raise ExportError(
            f"Answers of several turns cannot be written as {format_name}, and there are some.",
            "Use --format trl-conversational.",
        )
    said = zip(text.to_pylist(), talks, strict=True)
    return pa.array([one if talk is None else talk[0][1] for one, talk in said], TEXT)


def turns_and(first: pa.Array, second: pa.Array) -> pa.Array:
    """Return the turns of both per row, in that order."""
    lists = pa.chunked_array([first, second]).combine_chunks()
    sizes = pc.list_value_length(lists).to_numpy().reshape(2, -1)
    order = interleaved_places(len(first))
    turns = lists.take(pa.array(order)).flatten()
    return pa.ListArray.from_arrays(_offsets(sizes.sum(axis=0)), turns)


def interleaved(first: pa.Array, second: pa.Array) -> pa.Array:
    """Return both in turns: first[0], second[0], first[1] and so on."""
    joined = pa.chunked_array([first, second]).combine_chunks()
    return joined.take(pa.array(interleaved_places(len(first))))


def interleaved_places(n: int) -> Ints:
    """Return 0, n, 1, n + 1 …: the places of two arrays that stand one after the other."""
    return np.arange(2 * n, dtype=np.int64).reshape(2, n).T.ravel()


def chosen_first(texts: pa.Table) -> pa.Array:
    """Return per row whether the chosen answer is shown as the first one: a fair draw.

    It hangs on the ids of the pair and of its answers alone, so a swapped label moves no answer.
    """
    digit = pc.utf8_slice_codeunits(column_of(texts, "pair_id"), 15, 16)
    even = pc.is_in(digit, pa.array(list("02468ace")))
    less = pc.less(column_of(texts, "chosen_id"), column_of(texts, "rejected_id"))
    return pc.xor(less, even)


def column_of(texts: pa.Table, name: str) -> pa.Array:
    """Return a column of a table as one array."""
    return _whole(texts[name])


def _knob_fields(shape: Shape, columns: tuple[str, ...]) -> list[pa.Field]:
    return [
        pa.field(name, KNOBS.get(name).type)
        for name in columns
        if shape.nest or name not in shape.own.names
    ]


def _answers(texts: pa.Table) -> Ints:
    """Return the answers' ids, those of rejected ones negated, in the order of an unpaired file."""
    chosen, rejected = texts["chosen_id"].to_numpy(), texts["rejected_id"].to_numpy()
    return np.stack([chosen, -rejected], axis=1).ravel()


def _parsed(messages: str) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in orjson.loads(messages)]


def _lists(sizes: Ints, roles: pa.Array, contents: pa.Array) -> pa.Array:
    turns = pa.StructArray.from_arrays([roles, contents], names=["role", "content"])
    return pa.ListArray.from_arrays(_offsets(sizes), turns)


def _offsets(sizes: Ints) -> pa.Array:
    return pa.array(np.concatenate([[0], np.cumsum(sizes)]), pa.int32())


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
