"""Is an export what its manifest says, and does its recipe make the same bytes again?"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.curate.manifests.manifest import NAME, FileEntry, Manifest, manifest_text, versions
from core.curate.reading import parts
from core.errors import AssayError
from core.store.instance import Store

Again = Callable[[Path], Manifest]
"""Re-executes the recipe into a new folder."""

MOST = 50
"""Differences that are told; of two unlike stores everything differs."""
_OF_CLIENTS = frozenset((".git", ".gitattributes", ".cache"))
"""What a client of a hub puts beside the files that it fetched; no trainer reads them."""
_APART = frozenset(("application", "schema_version", "versions", "files", "fingerprint", "log"))
"""Told in sentences of their own."""
_KEYS = ("path", "run_id", "name")
"""What entries of a list are called by."""
_SHOWN = 80


@dataclass(frozen=True)
class Report:
    """What was found."""

    differences: tuple[str, ...]
    """Sentences; none where the export is what it says."""
    causes: tuple[str, ...] = ()
    """What may have made them: other versions, rows that the manifest does not name."""

    @property
    def ok(self) -> bool:
        """Say whether everything is as the manifest says."""
        return not self.differences


def folder_differences(folder: Path, stated: Manifest) -> list[str]:
    """Return what of a folder is not as its manifest says: files changed, missing, too many."""
    there = dict(_files(folder))
    said = {entry.path: entry for entry in stated.files}
    found = [f"{path} is not in the manifest." for path in sorted(there.keys() - said.keys())]
    found += [f"{path} is missing." for path in sorted(said.keys() - there.keys())]
    for path in sorted(said.keys() & there.keys()):
        if why := _changed(there[path], said[path]):
            found.append(f"{path} {why}.")
    return found


def verify(stated: Manifest, store: Store, again: Again) -> list[str]:
    """Return how a recipe, executed anew on a store, comes out otherwise than a manifest says."""
    found = _store_differences(stated, store)
    with tempfile.TemporaryDirectory(prefix="assay-verify-") as temp:
        try:
            made = again(Path(temp) / "export")
        except AssayError as error:
            return [*found, f"The recipe cannot be executed on this store: {error.message}"]
    return found + list(_differences(stated, made))


def report(stated: Manifest, differences: Sequence[str]) -> Report:
    """Return differences with what may have made them."""
    told = list(differences[:MOST])
    if len(differences) > MOST:
        told.append(f"There are {len(differences) - MOST:,} more differences.")
    return Report(tuple(told), tuple(_causes(stated)))


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield every file below a folder by its path inside; links are not followed."""
    for base, folders, names in os.walk(folder):
        if Path(base) == folder:
            folders[:] = [name for name in folders if name not in _OF_CLIENTS]
            names = [name for name in names if name != NAME and name not in _OF_CLIENTS]
        linked = [name for name in folders if (Path(base) / name).is_symlink()]
        for name in (*names, *linked):
            path = Path(base) / name
            yield path.relative_to(folder).as_posix(), path


def _changed(path: Path, said: FileEntry) -> str:
    """Return in what a file differs, empty in nothing."""
    if path.is_symlink() or not path.is_file():
        return "is not a regular file"
    if (size := path.stat().st_size) != said.bytes:
        return f"has {size:,} bytes, the manifest says {said.bytes:,}"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return "" if digest == said.sha256 else "has another SHA-256 than the manifest says"


def _store_differences(stated: Manifest, store: Store) -> list[str]:
    here = store.generation.fingerprint
    if here == stated.fingerprint:
        return []
    found = [
        f"The store holds other content, with the fingerprint {here[:16]}…, than the one that the "
        f"export was made from, {stated.fingerprint[:16]}…."
    ]
    known = {part.name: part for part in parts(store)}
    for source in stated.sources:
        part = known.get(source.name)
        if part is None:
            found.append(f"The store has no source {source.name!r}.")
        elif part.revision != source.revision:
            found.append(
                f"The source {source.name!r} has the revision {part.revision}, "
                f"the export's had {source.revision}."
            )
    return found


def _differences(stated: Manifest, made: Manifest) -> Iterator[str]:
    said, now = (json.loads(manifest_text(manifest)) for manifest in (stated, made))
    if stated.log != made.log:
        yield "The log's event is another one than the manifest says."
    for key in sorted((said.keys() | now.keys()) - _APART):
        yield from _unlike(key, said.get(key), now.get(key))
    yield from _files_unlike(stated.files, made.files)


def _files_unlike(stated: Sequence[FileEntry], made: Sequence[FileEntry]) -> Iterator[str]:
    said, now = ({entry.path: entry for entry in files} for files in (stated, made))
    for path in sorted(said.keys() | now.keys()):
        if path not in now:
            yield f"The recipe makes no file {path}."
        elif path not in said:
            yield f"The recipe makes a file {path}, which the manifest does not have."
        elif said[path] != now[path]:
            yield (
                f"{path}: the recipe makes other bytes (SHA-256 {now[path].sha256[:16]}…) than the "
                f"manifest says ({said[path].sha256[:16]}…)."
            )


def _unlike(place: str, said: object, now: object) -> Iterator[str]:
    """Yield a sentence for every value that differs, by its place in the manifest."""
    if isinstance(said, dict) and isinstance(now, dict):
        for key in sorted(said.keys() | now.keys()):
            yield from _unlike(f"{place}.{key}", said.get(key), now.get(key))
    elif isinstance(said, list) and isinstance(now, list):
        yield from _unlike_lists(place, said, now)
    elif said != now:
        yield f"{place} is {_shown(said)} in the manifest; the recipe gives {_shown(now)}."


def _unlike_lists(place: str, said: list[object], now: list[object]) -> Iterator[str]:
    one, two = _by_key(said), _by_key(now)
    if one is not None and two is not None:
        for key in dict.fromkeys((*one, *two)):
            yield from _unlike(f"{place}[{key}]", one.get(key), two.get(key))
        if one == two and said != now:
            yield f"{place} has another order in the manifest than the recipe gives."
    elif said != now:
        yield f"{place} is {_shown(said)} in the manifest; the recipe gives {_shown(now)}."


def _by_key(items: list[object]) -> Mapping[object, object] | None:
    """Return entries by what they are called, None where they are plain values."""
    for key in _KEYS:
        named = {i[key]: i for i in items if isinstance(i, dict) and isinstance(i.get(key), str)}
        if len(named) == len(items):
            return named
    return None


def _shown(value: object) -> str:
    if value is None:
        return "not there"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _causes(stated: Manifest) -> Iterator[str]:
    here = versions()
    for name in sorted(stated.versions.keys() | here.keys()):
        was, now = stated.versions.get(name), here.get(name)
        if was != now:
            yield f"It was made with {name} {was or 'of no version'}; here is {now or 'none'}."
    if stated.hidden_rows:
        yield (
            f"{stated.hidden_rows:,} rows were left out because they were open to whoever exported "
            "on Relabel; the manifest does not name them, so they are not left out again."
        )
