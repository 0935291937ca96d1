"""From what a person typed (file, folder, glob, saved dataset) to a list of files with splits."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path

from core.errors import SourceError
from core.formats.kinds import SUPPORTED, check_regular, kind_of_name
from core.formats.splits import DEFAULT_SPLIT, guess_split
from core.formats.streams import codec_of, damage

_ABOUT_DATASETS = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
_NOT_ROWS = frozenset((*_ABOUT_DATASETS, "manifest.json", "config.json", "package.json"))
_LICENCE = re.compile(r"\A---\n(?:.*\n)*?licen[sc]e:[ \t]*([\w.+-]+)[ \t]*\n", re.MULTILINE)


@dataclass(frozen=True)
class SourceFile:
    """One file to read and the split its rows belong to."""

    path: Path
    split: str


@dataclass(frozen=True)
class Listing:
    """What a path stands for."""

    files: tuple[SourceFile, ...]
    name: str
    """Default name of the source."""
    licence: str | None = None


def list_files(text: str) -> Listing:
    """Find the files behind a path; raise SourceError when there is none to read."""
    path = Path(text).expanduser()
    if has_magic(text) and not os.path.lexists(path):
        return _listing(_glob(text), path.parent.name or "glob", None)
    if path.is_dir():
        return _saved(path) or _folder(path)
    check_regular(path)
    split = guess_split(Path(path.name)) or DEFAULT_SPLIT
    return Listing((SourceFile(path, split),), _stem(path))


def _stem(path: Path) -> str:
    plain = path.with_suffix("") if codec_of(path) else path
    return plain.stem


def _glob(text: str) -> list[Path]:
    found = sorted(Path(p) for p in glob(os.path.expanduser(text), recursive=True))
    files = [p for p in found if not p.is_dir()]
    if not files:
        raise SourceError(f"No file matches {text}.", "Check the pattern, in quotes.")
    return files


def _folder(folder: Path) -> Listing:
    files = [p for p in _walk(folder) if kind_of_name(p)]
    if not files:
        raise SourceError(f"{folder} holds no data file.", f"Import reads {SUPPORTED}.")
    kinds = sorted({str(kind_of_name(p)) for p in files})
    if len(kinds) > 1:
        raise SourceError(
            f"{folder} holds files of several kinds ({', '.join(kinds)}).",
            f"They may be the same rows twice; name one kind, such as '{folder}/*.parquet'.",
        )
    return _listing(files, folder.resolve().name, folder)


def _walk(folder: Path) -> list[Path]:
    """Return the visible files below; links to folders are not followed, so no loop is."""
    found = []
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "_")))
        found += [Path(base) / n for n in names if not n.startswith(".") and n not in _NOT_ROWS]
    return sorted(found)


def _listing(paths: Sequence[Path], name: str, root: Path | None) -> Listing:
    inside = [p.relative_to(root) if root else Path(p.name) for p in paths]
    files = [
        SourceFile(path, guess_split(part) or DEFAULT_SPLIT)
        for path, part in zip(paths, inside, strict=True)
    ]
    return Listing(tuple(files), name, licence_of(root / "README.md") if root else None)


def licence_of(card: Path) -> str | None:
    """Return the licence that a card's front matter names."""
    if not card.is_file() or card.stat().st_size > 1 << 20:
        return None
    found = _LICENCE.match(card.read_text("utf-8", "replace"))
    return found.group(1) if found else None


def _saved(folder: Path) -> Listing | None:
    """Return the Arrow files of a folder that `save_to_disk` made, in their order."""
    if (folder / "dataset_dict.json").is_file():
        splits = _json(folder / "dataset_dict.json").get("splits")
        if not isinstance(splits, list):
            raise SourceError(f"{folder / 'dataset_dict.json'} names no splits.")
        files = [f for s in splits for f in _saved_split(_inside(folder, s), str(s))]
    elif (folder / "state.json").is_file() and (folder / "dataset_info.json").is_file():
        files = _saved_split(folder, None)
    else:
        return None
    return Listing(tuple(files), folder.resolve().name, _saved_licence(files[0].path.parent))


def _saved_split(folder: Path, split: str | None) -> list[SourceFile]:
    state = _json(folder / "state.json")
    if state.get("_indices_data_files"):
        raise SourceError(
            f"{folder} was saved with an index over its rows by an old version of datasets.",
            "Save it again with flatten_indices().",
        )
    listed = state.get("_data_files")
    names = [f.get("filename") for f in listed or () if isinstance(f, dict)]  # type: ignore[attr-defined]
    if not names:
        raise SourceError(f"{folder / 'state.json'} names no data files.")
    name = split or str(state.get("_split") or DEFAULT_SPLIT)
    return [SourceFile(_inside(folder, n), name) for n in names]


def _inside(folder: Path, name: object) -> Path:
    if not isinstance(name, str) or Path(name).name != name or name in ("", ".", ".."):
        raise SourceError(f"{folder} names {name!r}, which is no file inside it.")
    return folder / name


def _saved_licence(folder: Path) -> str | None:
    path = folder / "dataset_info.json"
    found = _json(path).get("license") if path.is_file() else None
    return found or None if isinstance(found, str) else None


def _json(path: Path) -> dict[str, object]:
    with damage(path):
        text = path.read_bytes() if path.is_file() else b"null"
    try:
        value = json.loads(text)
    except ValueError as error:
        raise SourceError(f"{path} is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise SourceError(f"{path} is missing or holds no object.")
    return value
