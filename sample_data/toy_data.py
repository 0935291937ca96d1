"""The pairs that the toy models learn from and those that they are held out from."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.commands.demo import Sample, read_samples
from core.commands.import_ import Request, import_source
from core.curate.reading import filtered_rows
from core.curate.written.textbatches import texts
from core.schema import Ints, PairFilter
from core.scorers.folds import mixed
from core.settings import Settings
from core.store.filters import compile_filter
from core.store.instance import open_store

SEED = 42
Messages = tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Pair:
    """A row of the samples."""

    source: str
    row: int
    """Its number in the source's file, from 0."""
    prompt_id: int
    prompt: Messages
    chosen: Messages
    rejected: Messages
    tie: bool


@dataclass(frozen=True)
class Halves:
    """All pairs, by the half that their prompt is in."""

    learnt: tuple[Pair, ...]
    held_out: tuple[Pair, ...]


def read_halves(scratch: Path) -> Halves:
    """Import the samples into a store in `scratch` and cut their prompts in two.

    Dialogues that open alike stay together: one may hold the other's answer as an earlier turn.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    settings = Settings(store=scratch)
    for sample in read_samples():
        _import(settings, sample, sample.files[0])
    pairs = _pairs(settings)
    learnt = _learnt(pairs)
    return Halves(
        tuple(pair for pair, taken in zip(pairs, learnt, strict=True) if taken),
        tuple(pair for pair, taken in zip(pairs, learnt, strict=True) if not taken),
    )


def write_held_out(held_out: Iterable[Pair], scratch: Path) -> Settings:
    """Make a store in `scratch` of the held-out rows alone; return its settings."""
    shutil.rmtree(scratch, ignore_errors=True)
    rows: dict[str, set[int]] = {}
    for pair in held_out:
        rows.setdefault(pair.source, set()).add(pair.row)
    settings = Settings(store=scratch / "store")
    for sample in read_samples():
        file = scratch / sample.name / sample.files[0].name
        file.parent.mkdir(parents=True)
        with gzip.open(sample.files[0], "rb") as lines, gzip.open(file, "wb") as kept:
            kept.writelines(line for n, line in enumerate(lines) if n in rows[sample.name])
        _import(settings, sample, file)
    return settings


def _import(settings: Settings, sample: Sample, file: Path) -> None:
    """Import a sample's texts: where it has several files, they differ in scores alone."""
    request = Request(str(file), name=sample.name, map=sample.map, licence=sample.licence)
    import_source(settings, request, index=False)


def _pairs(settings: Settings) -> tuple[Pair, ...]:
    store = open_store(settings.store)
    try:
        rows = filtered_rows(store, compile_filter(PairFilter(), store.columns))
        found = [row for table in texts(store, rows.row_id) for row in table.to_pylist()]
    finally:
        store.close()
    return tuple(
        Pair(
            source=row["source"],
            row=row["row"],
            prompt_id=prompt_id,
            prompt=_messages(row, "prompt", "user"),
            chosen=_messages(row, "chosen", "assistant"),
            rejected=_messages(row, "rejected", "assistant"),
            tie=tie,
        )
        for row, prompt_id, tie in zip(found, rows.prompt_id.tolist(), rows.tie, strict=True)
    )


def _messages(row: Mapping[str, str | None], part: str, role: str) -> Messages:
    text = row[f"{part}_text"]
    if text is not None:
        return ({"role": role, "content": text},)
    return tuple(json.loads(row[f"{part}_messages"] or "[]"))


def _learnt(pairs: tuple[Pair, ...]) -> np.ndarray:
    """Return whether each pair is learnt from: by the least prompt_id that opens as it does."""
    least: dict[str, int] = {}
    for pair in pairs:
        opening = pair.prompt[0]["content"].strip()
        least[opening] = min(least.get(opening, pair.prompt_id), pair.prompt_id)
    leaders: Ints = np.array([least[pair.prompt[0]["content"].strip()] for pair in pairs])
    taken: np.ndarray = mixed(leaders, SEED) % np.uint64(2) == 0
    return taken
