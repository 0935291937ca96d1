"""Saved filters: a name for what a link says, in one small file of the store's folder.

It is a file of its own. A generation is replaced at every import, which a name must survive. The
log of votes is append only and chained, the evidence of what people judged; a name is a convenience
that is given and taken away, and what reads the log should not have to step over it.
"""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.errors import NewerSchema, StoreDamaged, StoreError, StoreLocked, UnknownName, UsageError
from core.store.files import move
from core.store.holder import take
from core.store.layout import APPLICATION, FILTERS

VERSION = 1
NAME_CHARS = 80
MOST = 500
TRIES, TRY_SECONDS = 150, 0.02
"""A save holds the lock for milliseconds: whoever waits for three seconds meets a stuck one."""


@dataclass(frozen=True)
class Saved:
    """A filter as a link says it: kept as text, so that a column that vanished is named later."""

    name: str
    source: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    q: str = ""
    where: str = ""

    def says(self, other: Saved) -> bool:
        """Return whether both are the same filter, whatever they are called."""
        return _asked(self) == _asked(other)


def read(root: Path) -> tuple[Saved, ...]:
    """Return the saved filters, sorted by name; raise StoreDamaged or NewerSchema."""
    path = root / FILTERS
    try:
        seen = path.stat()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StoreDamaged(f"{path} cannot be read: {error.strerror}.") from error
    return _read(path, seen.st_ino, seen.st_mtime_ns, seen.st_size)


def save(root: Path, new: Saved) -> Saved:
    """Add a filter and return it as it is kept; raise UsageError where its name is no name."""
    kept = _checked(new)

    def add(held: tuple[Saved, ...]) -> tuple[Saved, ...]:
        if any(_key(one.name) == _key(kept.name) for one in held):
            raise UsageError(
                f"There is a saved filter {kept.name!r} already.",
                "Choose another name, or remove that one first.",
            )
        if len(held) >= MOST:
            raise UsageError(f"{MOST} filters are saved already.", "Remove one first.")
        return (*held, kept)

    _change(root, add)
    return kept


def remove(root: Path, name: str) -> Saved:
    """Take a filter away and return it, so that it can be saved again; raise UnknownName."""
    gone: list[Saved] = []

    def drop(held: tuple[Saved, ...]) -> tuple[Saved, ...]:
        gone.extend(one for one in held if _key(one.name) == _key(name))
        if not gone:
            raise UnknownName("saved filter", name, [one.name for one in held])
        return tuple(one for one in held if one not in gone)

    _change(root, drop)
    return gone[0]


def _asked(saved: Saved) -> tuple[frozenset[str], frozenset[str], str, str]:
    return frozenset(saved.source), frozenset(saved.split), saved.q.strip(), saved.where.strip()


def _checked(new: Saved) -> Saved:
    """Return the filter with its name on one line; raise UsageError."""
    name = unicodedata.normalize("NFC", " ".join(new.name.split()))
    if not 1 <= len(name) <= NAME_CHARS:
        raise UsageError(
            f"A saved filter needs a name of 1 to {NAME_CHARS} characters; this has {len(name)}."
        )
    kept = Saved(name, new.source, new.split, new.q.strip(), new.where.strip())
    try:
        json.dumps(asdict(kept), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise UsageError("The filter holds half a character, which no file can keep.") from error
    return kept


def _key(name: str) -> str:
    """Return what two names that are read alike have in common."""
    return unicodedata.normalize("NFC", name.casefold())


# --- the file ----------------------------------------------------------------------------------


def _change(root: Path, change: Callable[[tuple[Saved, ...]], tuple[Saved, ...]]) -> None:
    """Replace the file under its lock, so that nobody's filter is lost."""
    with _alone(root):
        path = root / FILTERS
        _write(path, change(_held(path) if path.exists() else ()))


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    tries = iter(range(TRIES))

    def wait(holder: str) -> None:
        if next(tries, None) is None:
            raise StoreLocked(f"The saved filters are being changed by {holder}.", "Try again.")
        time.sleep(TRY_SECONDS)

    try:
        held = take((root / FILTERS).with_suffix(".lock"), "save a filter", wait)
    except OSError as error:
        raise _unwritable(root, error) from error
    with held:
        yield


def _write(path: Path, held: Iterable[Saved]) -> None:
    """Write beside and rename: who is killed, or reads meanwhile, has the file before.

    Its own name, not one of `.build-`: an import sweeps those, and holds another lock.
    """
    ranked = sorted(held, key=lambda one: (_key(one.name), one.name))
    data = {
        "application": APPLICATION,
        "version": VERSION,
        "filters": [asdict(one) for one in ranked],
    }
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")
        move(beside, path)
    except OSError as error:
        raise _unwritable(path.parent, error) from error


def _unwritable(root: Path, error: OSError) -> StoreError:
    return StoreError(
        f"The filter cannot be saved in {root}: {error.strerror or error}.",
        "Nothing was changed; check free space and permissions.",
    )


@lru_cache(maxsize=4)
def _read(path: Path, inode: int, modified: int, size: int) -> tuple[Saved, ...]:
    """Read the file that was seen, once: pages ask at every run, and a change is another file."""
    return _held(path)


def _held(path: Path) -> tuple[Saved, ...]:
    """Read the file; raise StoreDamaged or NewerSchema."""
    damaged = StoreDamaged(
        f"{path} does not hold saved filters.",
        "Repair it, or move it away; everything else works without it.",
    )
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise damaged from error
    if not isinstance(data, dict) or data.get("application") != APPLICATION:
        raise damaged
    version, held = data.get("version"), data.get("filters")
    if isinstance(version, int) and version > VERSION:
        raise NewerSchema(
            f"{path} was written by a later Assay (version {version}, this one reads {VERSION}).",
            "Update Assay; filters cannot be saved or removed until then.",
        )
    if version != VERSION or not isinstance(held, list) or not all(map(_is_filter, held)):
        raise damaged
    return tuple(_saved(entry) for entry in held)


def _is_filter(entry: object) -> bool:
    """Return whether an entry has a name, and of each field what it should be."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"]:
        return False
    texts = all(isinstance(entry.get(key, ""), str) for key in ("q", "where"))
    lists = [entry.get(key, []) for key in ("source", "split")]
    return texts and all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in lists
    )


def _saved(entry: dict[str, Any]) -> Saved:
    return Saved(
        name=entry["name"],
        source=tuple(entry.get("source", ())),
        split=tuple(entry.get("split", ())),
        q=entry.get("q", ""),
        where=entry.get("where", ""),
    )
