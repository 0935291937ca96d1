"""`manifest.json`: how an export was made, from what, and what is in its files.

It speaks of content only: no path, no time, no host, so that the same recipe gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import platform
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from core.curate.recipe import Recipe
from core.curate.selection import Counts
from core.schema import SCHEMA_VERSION

NAME = "manifest.json"


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
class Manifest:
    """All of it."""

    fingerprint: str
    """Of the store's content."""
    sentence: str
    """The filter in words."""
    recipe: Recipe
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
    files: tuple[FileEntry, ...] = ()
    application: str = "assay"
    schema_version: int = SCHEMA_VERSION
    versions: Mapping[str, str] = field(default_factory=dict)


def versions() -> Mapping[str, str]:
    """Return the versions of all that shapes the bytes."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    return {
        "assay": str(project["project"]["version"]),
        "python": platform.python_version(),
        **{library: version(library) for library in ("duckdb", "pyarrow")},
    }


def manifest_text(manifest: Manifest) -> str:
    """Return the JSON text, the same for equal manifests.

    Rows that were open to whoever exported are counted, not named; where none was, nothing is said.
    """
    said = asdict(manifest)
    if hidden := said["recipe"]["filter"].pop("hidden"):
        said["rows_left_out_open_to_relabel"] = len(hidden)
    return json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def file_entry(folder: Path, path: Path, rows: int | None = None) -> FileEntry:
    """Describe a file as it lies on the disk."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileEntry(path.relative_to(folder).as_posix(), rows, path.stat().st_size, digest)
