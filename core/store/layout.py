"""The store's folder: its marker, the pointer to the current generation, and old files' removal.

`current.json` names one whole generation; readers follow it, writers replace it atomically. The
generation before stays for readers that still hold it; what is older goes at the next swap.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.errors import NewerSchema, StoreDamaged, StoreError, StoreMissing
from core.schema import SCHEMA_VERSION
from core.store.files import BUILD_PREFIX, remove, write_json
from core.store.holder import is_held, remove_free

APPLICATION = "assay"
POINTER = "current.json"
LOCK = "store.lock"
RUNS = "runs"
RUN_LOCK = "lock"
"""In a run's folder, held while it is made."""
FILTERS = "filters.json"
"""Saved filters, see `core.store.saved`; they belong to no generation."""
OURS = (POINTER, LOCK, RUNS, "quarantine", "assay.toml", FILTERS, "filters.lock", "secret",
        "exports")  # fmt: skip


@dataclass(frozen=True)
class Generation:
    """Files that belong together, relative to the store's folder."""

    fingerprint: str
    """SHA-256 over the content, see `core.store.build`."""
    pairs: str
    signals: str
    search: str | None = None
    runs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """run_id → its finished parts."""

    @property
    def key(self) -> str:
        """Return what changes with every change of what is served; a part of cache keys."""
        runs = ",".join(f"{run}:{len(parts)}" for run, parts in sorted(self.runs.items()))
        return f"{self.pairs}|{self.signals}|{self.search}|{runs}"


def read_generation(root: Path) -> Generation:
    """Return the current generation; raise a StoreError's kind that says why there is none."""
    return _as_generation(root, _read_pointer(root))


def trial_name(generation: Generation) -> str:
    """Return the file of a generation's trials: it has the digits of the signals' file."""
    return _trial_name(generation.signals)


def kept_name(generation: Generation, name: str) -> str:
    """Return the file of what was found in a generation's texts: it has the digits of its pairs."""
    return f"{_kept_prefix(generation.pairs)}{name}.npz"


def _kept_prefix(pairs: object) -> str:
    return f"found-{Path(str(pairs)).stem.removeprefix('pairs-')}-"


def _trial_name(signals: object) -> str:
    return f"detect-{Path(str(signals)).stem.removeprefix('signals-')}.json"


def swap(root: Path, new: Generation) -> None:
    """Make `new` current and remove files that neither it nor the one before names."""
    old = _read_pointer(root) if (root / POINTER).exists() else None
    previous = {k: v for k, v in (old or {}).items() if k != "previous"} or None
    data = {"application": APPLICATION, "schema": SCHEMA_VERSION, **asdict(new)}
    write_json(root / POINTER, {**data, "previous": previous})
    outgoing = (old or {}).get("previous")
    _sweep(root, data, previous or {}, outgoing if isinstance(outgoing, dict) else {})


def prepare(root: Path) -> None:
    """Make `root` a store's folder; refuse one that is another program's."""
    if root.exists() and not root.is_dir():
        raise StoreError(f"{root} is a file, not a folder.", "Choose another --store.")
    foreign = _foreign(root) if root.exists() else None
    if foreign and not (root / POINTER).exists():
        raise StoreError(
            f"{root} holds {foreign!r}, which is not Assay's.",
            "Choose an empty or new folder with --store.",
        )
    try:
        (root / RUNS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{root} cannot be used: {error.strerror}.") from error


def sweep_builds(root: Path) -> None:
    """Remove what a killed writer left; call only while holding the writer lock."""
    for path in root.glob(f"{BUILD_PREFIX}*"):
        remove(path)
    for path in root.glob(f"{RUNS}/*/{BUILD_PREFIX}*"):
        if not is_held(path.parent / RUN_LOCK):
            remove(path)


def parts_before(root: Path, run_id: str) -> tuple[str, ...]:
    """Return the parts of a run that the generation before the current one serves."""
    previous = _read_pointer(root).get("previous")
    return _parts(previous, run_id) if isinstance(previous, dict) else ()


def _foreign(root: Path) -> str | None:
    known = (*OURS, BUILD_PREFIX, "pairs-", "signals-", "search-", "detect-", "found-",
             "votes")  # fmt: skip
    names = sorted(path.name for path in root.iterdir())
    return next((n for n in names if not n.startswith(known)), None)


def _read_pointer(root: Path) -> dict[str, object]:
    path = root / POINTER
    if not path.is_file():
        raise StoreMissing(
            f"There is no store in {root}.",
            "Import something first: python -m core import FILE, or python -m core demo.",
        )
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StoreDamaged(f"{path} cannot be read: {error}.") from error
    if not isinstance(data, dict) or data.get("application") != APPLICATION:
        raise StoreDamaged(f"{path} is not Assay's.", "Choose another --store.")
    if int(data.get("schema", 0)) > SCHEMA_VERSION:
        raise NewerSchema(
            f"{root} was written by a later Assay (schema {data['schema']}, this one reads "
            f"{SCHEMA_VERSION}).",
            "Update Assay, or import into another --store.",
        )
    return data


def _as_generation(root: Path, data: Mapping[str, object]) -> Generation:
    runs = data.get("runs")
    if not isinstance(runs, dict) or not all(
        isinstance(data.get(k), str) for k in ("fingerprint", "pairs", "signals")
    ):
        raise StoreDamaged(f"{root / POINTER} lacks the names of its files.")
    search = data.get("search")
    return Generation(
        fingerprint=str(data["fingerprint"]),
        pairs=str(data["pairs"]),
        signals=str(data["signals"]),
        search=search if isinstance(search, str) else None,
        runs={str(run): tuple(parts) for run, parts in runs.items()},
    )


def _sweep(root: Path, *generations: Mapping[str, object]) -> None:
    *kept, outgoing = generations
    named = {g.get(k) for g in kept for k in ("pairs", "signals", "search")}
    named |= {_trial_name(g.get("signals")) for g in kept}
    for pattern in ("pairs-*", "signals-*", "search-*", "detect-*"):
        for path in root.glob(pattern):
            if path.name not in named:
                remove(path)
    prefixes = tuple(_kept_prefix(g.get("pairs")) for g in kept)
    for path in root.glob("found-*"):
        if not path.name.startswith(prefixes):
            remove(path)
    for run in {run for g in generations for run in _runs(g)}:
        _sweep_run(root / RUNS / run, [_parts(g, run) for g in kept], _parts(outgoing, run))


def _sweep_run(folder: Path, kept: Sequence[Sequence[str]], outgoing: Sequence[str]) -> None:
    """Remove the parts of a run that are served no more, and its folder once it holds none.

    Numbers only grow: what no generation ever named is later than what is served, belongs to a
    job, in progress or stopped, and stays.
    """
    if not any(kept):
        for name in outgoing:
            remove(folder / name)
        if not any(folder.glob("part-*")):
            remove_free(folder, folder / RUN_LOCK)
        return
    first = min((name for names in (*kept, outgoing) for name in names), key=_rank)
    for path in folder.glob("part-*"):
        if _rank(path.name) < _rank(first):
            remove(path)


def _rank(part: str) -> tuple[int, str]:
    """Return what sorts parts as their numbers do, however long those are."""
    return len(part), part


def _runs(generation: Mapping[str, object]) -> tuple[str, ...]:
    runs = generation.get("runs")
    return tuple(runs) if isinstance(runs, dict) else ()


def _parts(generation: Mapping[str, object], run_id: str) -> tuple[str, ...]:
    runs = generation.get("runs")
    return tuple(runs.get(run_id, ())) if isinstance(runs, dict) else ()
