"""Manifests and small finished exports, made without a store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.curate.cards import card
from core.curate.cards.card import card_text
from core.curate.counts import Counts
from core.curate.manifests.manifest import (
    NAME,
    Manifest,
    SourceEntry,
    SplitEntry,
    file_entry,
    manifest_text,
)
from core.curate.recipe import Recipe

ROWS = b'{"prompt":"2+2=","chosen":" 4","rejected":" 5"}\n' * 3
DATA = "data/train-00000-of-00001.jsonl"


def manifest(source: str = "made", licence: str | None = None) -> Manifest:
    """Say of an export that it has three pairs of one source; its strings are the source's name."""
    return Manifest(
        fingerprint="f" * 64,
        sentence=f"source is {source}",
        recipe=replace(Recipe(), format="trl"),
        counts=Counts(5, 1, 0, 1, 0, 0, 3),
        splits=(SplitEntry("train", 3, 2),),
        shared_prompts=0,
        sources=(SourceEntry(source, "made", source, licence, 3),),
        columns=(),
        losses=("scores.",),
        noise=None,
    )


def finished(folder: Path, path: str = DATA, data: bytes = ROWS) -> Path:
    """Write a finished export with one data file and return its folder."""
    (folder / path).parent.mkdir(parents=True)
    (folder / path).write_bytes(data)
    made = replace(manifest(), files=(file_entry(folder, folder / path, 3),))
    (folder / card.NAME).write_text(card_text(made), "utf-8", newline="\n")
    made = replace(made, files=(*made.files, file_entry(folder, folder / card.NAME)))
    (folder / NAME).write_text(manifest_text(made), "utf-8", newline="\n")
    return folder


def held(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder by its path."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }
