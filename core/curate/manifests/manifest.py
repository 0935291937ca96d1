"""`manifest.json`: how an export was made, from what, and what is in its files.

It speaks of content only: no path, no time, no host, so that the same recipe gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import platform
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from core.curate.counts import Counts
from core.curate.recipe import Recipe
from core.schema import SCHEMA_VERSION, RunInfo, SignalColumn
from core.schema.relabel import Head
from core.store.layout import APPLICATION

NAME = "manifest.json"
LEFT_OUT = "rows_left_out_open_to_relabel"
"""The key of `Manifest.hidden_rows`; it is not there where no row was hidden."""


@dataclass(frozen=True)
class SplitEntry:
    """One split."""

    name: str
    rows: int
    prompts: int


@dataclass(frozen=True)
class SourceEntry:
    """A source of the store and what it gave."""

    name: str
    format: str
    revision: str | None
    licence: str | None
    rows: int


@dataclass(frozen=True)
class FileEntry:
    """One file of the export, the manifest excepted."""

    path: str
    """Relative to the folder, with forward slashes."""
    rows: int | None
    """None where the file holds no pairs."""
    bytes: int
    sha256: str


@dataclass(frozen=True)
class ScorerEntry:
    """A run whose numbers the recipe used: what of it makes them, and nothing of the machine."""

    run_id: str
    scorer: str
    model: str | None = None
    revision: str | None = None
    """Commit on the hub, or SHA-256 of a folder's files."""
    reference: str | None = None
    reference_revision: str | None = None
    dtype: str | None = None
    chat_template_hash: str | None = None
    tokenizer_hash: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    responses: int = 0
    """Responses, or pairs for a judge, that it scored."""


@dataclass(frozen=True)
class Manifest:
    """All of it."""

    fingerprint: str
    """Of the store's content."""
    sentence: str
    """The filter in words."""
    recipe: Recipe
    """Its filter holds no hidden rows: see `hidden_rows`."""
    counts: Counts
    splits: tuple[SplitEntry, ...]
    shared_prompts: int
    """Prompts in more than one split; 0 unless the source's splits were kept."""
    sources: tuple[SourceEntry, ...]
    columns: tuple[str, ...]
    losses: tuple[str, ...]
    """What the store knows of these pairs and the files cannot hold; sentences."""
    noise: tuple[float, float] | None
    """Lowest and highest estimate of the store's share of reversed labels."""
    log: Head | None = None
    """Event of the votes' log up to which it was read; None where nothing of it was asked."""
    annotators: Mapping[str, object] = field(default_factory=dict)
    """Who voted and how far they agree: `cards.people.people_told`; empty without verdicts."""
    uses: Mapping[str, str] = field(default_factory=dict)
    """Role of a preset's need → the column that it read."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Why the preset left rows out → how many."""
    facts: Mapping[str, float] = field(default_factory=dict)
    """Means, deviations and cuts that the preset used."""
    leakage: Mapping[str, object] = field(default_factory=dict)
    """What links prompts across splits: the report as plain values."""
    contamination: Mapping[str, object] = field(default_factory=dict)
    """Which pairs ask what an evaluation asks: the report as plain values."""
    scorers: tuple[ScorerEntry, ...] = ()
    files: tuple[FileEntry, ...] = ()
    application: str = APPLICATION
    schema_version: int = SCHEMA_VERSION
    versions: Mapping[str, str] = field(default_factory=dict)
    hidden_rows: int = 0
    """Rows that were open to whoever exported: they are counted, not named."""


def scorers(
    columns: Iterable[SignalColumn], runs: Iterable[RunInfo], used: Iterable[str]
) -> tuple[ScorerEntry, ...]:
    """Return the runs that the `used` columns come from, by name; `columns`, `runs`: the store's.

    A column of no single run, such as suspicion, may come from all of them.
    """
    names = set(used)
    wanted = {column.run_id for column in columns if column.name in names}
    return tuple(
        ScorerEntry(**{name: getattr(run, name) for name in ScorerEntry.__dataclass_fields__})
        for run in sorted(runs, key=lambda run: run.run_id)
        if None in wanted or run.run_id in wanted
    )


def versions() -> Mapping[str, str]:
    """Return the versions of all that shapes the bytes."""
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
    return {
        "assay": str(project["project"]["version"]),
        "python": platform.python_version(),
        **{library: version(library) for library in ("duckdb", "pyarrow")},
    }


def manifest_text(manifest: Manifest) -> str:
    """Return the JSON text, the same for equal manifests; `manifests.reading` reads it.

    Rows that were open to whoever exported are counted, not named; where none was, nothing is said.
    """
    said = asdict(manifest)
    hidden = len(said["recipe"]["filter"].pop("hidden")) or said["hidden_rows"]
    del said["hidden_rows"]
    if hidden:
        said[LEFT_OUT] = hidden
    text = json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    if not _encodes(text):  # half of a character, in a name or a search: only an escape holds it
        text = json.dumps(said, indent=2, sort_keys=True, allow_nan=False)
    return f"{text}\n"


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def file_entry(folder: Path, path: Path, rows: int | None = None) -> FileEntry:
    """Describe a file as it lies on the disk."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileEntry(path.relative_to(folder).as_posix(), rows, path.stat().st_size, digest)
