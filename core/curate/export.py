"""From a recipe to a folder that a trainer loads as it stands, or to one zip file of it."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.curate.cards import card
from core.curate.cards.people import people_told
from core.curate.judged import Given
from core.curate.manifests import manifest
from core.curate.manifests.manifest import FileEntry, Manifest, SourceEntry
from core.curate.plan import Plan, check_writable, plan, split_entries
from core.curate.reading import parts
from core.curate.recipe import Recipe
from core.curate.selection import Selection
from core.curate.written.folder import check_target, new_folder
from core.curate.written.tables import Tables, tables_of
from core.curate.written.writers import FILES, FORMATS
from core.errors import ExportError
from core.store.instance import Store
from core.views.overview import overview

ARCHIVE_PAIRS = 20_000
"""Pairs a download may have: it is made in memory."""

Watch = Callable[[Iterator[pa.Table], int], Iterator[pa.Table]]
"""Gets the tables of a split and its number of rows, and passes the tables on."""


def write(
    store: Store,
    recipe: Recipe,
    out: Path,
    given: Given | None = None,
    watch: Watch | None = None,
) -> Manifest:
    """Write the export to the new folder `out`; it is there whole or not at all.

    Raises:
        ExportError: `out` is taken, nothing is left to write, a split would be empty, or the disk
            refuses.
    """
    check_target(out)
    planned = plan(store, recipe, given)
    check_writable(planned)
    with new_folder(out) as folder:
        return _fill(folder, store, planned, watch or _unwatched)


def archive(store: Store, recipe: Recipe, given: Given | None = None) -> bytes:
    """Return the same folder as a zip file; raise ExportError when it is too large for that."""
    planned = plan(store, recipe, given)
    check_writable(planned)
    rows = planned.selection.counts.selected
    if rows > ARCHIVE_PAIRS:
        raise ExportError(
            f"{rows:,} pairs are too many for a download, which holds {ARCHIVE_PAIRS:,}.",
            "Write them with python -m core export.",
        )
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        _fill(Path(folder), store, planned, _unwatched)
        return _zipped(Path(folder))


def _fill(folder: Path, store: Store, planned: Plan, watch: Watch) -> Manifest:
    (folder / "data").mkdir()
    tables = tables_of(store, planned)
    files = tuple(
        _write_split(folder, planned, tables, index, watch)
        for index in range(len(planned.splits.names))
    )
    made = _manifest(store, planned, tables, files)
    readme = folder / card.NAME
    readme.write_text(card.card_text(made), "utf-8", newline="\n")
    made = replace(made, files=(*files, manifest.file_entry(folder, readme)))
    (folder / manifest.NAME).write_text(manifest.manifest_text(made), "utf-8", newline="\n")
    return made


def _write_split(
    folder: Path, planned: Plan, tables: Tables, index: int, watch: Watch
) -> FileEntry:
    shape, kind = FORMATS.get(planned.recipe.format), FILES.get(planned.recipe.file)
    places = np.flatnonzero(planned.splits.member == index)
    path = folder / "data" / f"{planned.splits.names[index]}-00000-of-00001.{kind.name}"
    watched = watch(tables.of(places), places.size)
    columns = tables.columns
    rows = kind.write(path, shape.schema_of(columns), shape.rows(watched, columns))
    return manifest.file_entry(folder, path, rows)


def _manifest(
    store: Store, planned: Plan, tables: Tables, files: tuple[FileEntry, ...]
) -> Manifest:
    chosen, judged = planned.selection, planned.given.judged
    used = (*chosen.uses.values(), *tables.uses)
    return Manifest(
        fingerprint=store.generation.fingerprint,
        sentence=chosen.sentence,
        recipe=planned.recipe,
        counts=chosen.counts,
        splits=split_entries(planned),
        shared_prompts=planned.splits.shared_prompts,
        sources=_sources(store, chosen),
        columns=tuple(FORMATS.get(planned.recipe.format).schema_of(tables.columns).names),
        losses=planned.losses,
        noise=_noise(store),
        log=planned.given.head,
        annotators=people_told(judged, chosen.verdicts) if judged else {},
        uses=chosen.uses,
        left_out=chosen.left_out,
        facts=chosen.facts,
        leakage=planned.leakage.plain(),
        contamination=planned.hits.plain() if planned.hits else {},
        scorers=manifest.scorers(store.signal_columns, store.runs, used),
        files=files,
        versions=manifest.versions(),
    )


def _sources(store: Store, selection: Selection) -> tuple[SourceEntry, ...]:
    rows = np.bincount(selection.source.index, minlength=len(selection.source.names))
    given = dict(zip(selection.source.names, rows.tolist(), strict=True))
    return tuple(
        SourceEntry(part.name, part.format, part.revision, part.licence, given[part.name])
        for part in parts(store)
        if given.get(part.name)
    )


def _noise(store: Store) -> tuple[float, float] | None:
    """Return the range over the whole store; sums of floats vary in their last digits."""
    noise = overview(store).noise
    return (round(noise[0], 3), round(noise[1], 3)) if noise else None


def _unwatched(tables: Iterator[pa.Table], rows: int) -> Iterator[pa.Table]:
    return tables


def _zipped(folder: Path) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            # A zip entry has a time; a fixed one keeps the bytes the same.
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            out.writestr(entry, path.read_bytes())
    return held.getvalue()
