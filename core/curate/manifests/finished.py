"""An export on the disk whose every file is as its manifest says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from core.curate.manifests import manifest
from core.curate.manifests.manifest import FileEntry, file_entry
from core.curate.manifests.reading import read_manifest
from core.curate.manifests.verify import folder_differences
from core.curate.recipe import Recipe
from core.errors import ExportError


@dataclass(frozen=True)
class Finished:
    """An export whose files are as its manifest says."""

    folder: Path
    files: tuple[FileEntry, ...]
    """All that is sent, the manifest among them."""
    recipe: str
    """First digits of the recipe's SHA-256."""
    pairs: int


def read_export(folder: Path) -> Finished:
    """Return a finished export after hashing its files.

    Raises:
        ExportError: there is no manifest, or the folder holds other files than it says.
    """
    made = read_manifest(folder)
    found = folder_differences(folder, made)
    if found:
        more = f" There are {len(found) - 1:,} more differences." if len(found) > 1 else ""
        raise ExportError(
            f"{folder} is not what its manifest says: {found[0]}{more}",
            "Nothing was sent; write the export anew, or take away what is not of it.",
        )
    files = (*made.files, file_entry(folder, folder / manifest.NAME))
    return Finished(folder, files, recipe_hash(made.recipe), made.counts.selected)


def recipe_hash(recipe: Recipe) -> str:
    """Return 16 digits that name a recipe: of the SHA-256 of its values as JSON."""
    said = asdict(recipe)
    said["filter"].pop("hidden")
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
