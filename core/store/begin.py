"""Begin a run, or go on with one: only numbers that were made alike may join it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import ScoreError
from core.schema import RunInfo
from core.store.files import place, write_json
from core.store.layout import RUNS, Generation, parts_before, read_generation
from core.store.parts import Part
from core.store.runs import alike, differences, read_run, write_info
from core.store.standing import drop_parts, standing

TEMPLATE = "template.jinja"
"""Copy of --template in the run's folder: the file itself may change or go."""
PLACES = "places.json"
"""Where the folders of its models lie on this machine; not in `run.json`, which may travel."""


@dataclass(frozen=True)
class Own:
    """What --resume needs that is no part of the run."""

    template: Path | None = None
    places: Mapping[str, str] = field(default_factory=dict)
    """Option (model, reference) → folder."""


@dataclass(frozen=True)
class Begun:
    """A run that can be filled."""

    info: RunInfo
    parts: tuple[Part, ...] = ()
    """Its parts so far."""
    counted: tuple[Part, ...] = ()
    """Those whose responses need no scoring."""
    writes: bool = True
    """Its `run.json` may change now; that of a former run that is served may not."""


def begin(root: Path, made: RunInfo, *, whole: bool) -> Begun:
    """Return what there is of a run, and its `run.json` to be; call while holding its lock.

    A `whole` one is made anew each time, and the former stays until the swap. Raise ScoreError
    when the run's numbers were made in another way.
    """
    generation = read_generation(root)
    old = _former(root, generation, made.run_id)
    if old and old.scorer != made.scorer:
        raise ScoreError(
            f"The run {made.run_id!r} was made by {old.scorer}, not by {made.scorer}.",
            "Give this one another name: --name OTHER.",
        )
    parts = standing(root, generation, made.run_id)
    merged = {name for part in parts for name in part.replaces}
    drop_parts(root, generation, made.run_id, merged)
    if whole:
        drop_parts(root, generation, made.run_id, [part.name for part in parts])
        return Begun(made, writes=made.run_id not in generation.runs)
    if old:
        _check_alike(old, made)
        made = replace(
            old,
            state=made.state,
            device=made.device,
            versions=made.versions,
            parameters=made.parameters,
            notes=(*old.notes, *_moved(old, made)),
        )
    return Begun(made, parts, tuple(part for part in parts if alike(part.made, made)))


def read_places(folder: Path) -> dict[str, str]:
    """Return where the folders of a run's models lie, by option."""
    try:
        found = json.loads((folder / PLACES).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def write_begun(root: Path, begun: Begun, own: Own) -> None:
    """Write `run.json` and what --resume needs, before the first shard."""
    folder = root / RUNS / begun.info.run_id
    if own.template:
        text = own.template.read_bytes()
        place(folder / TEMPLATE, lambda temp: temp.write_bytes(text))
    if own.places:
        write_json(folder / PLACES, own.places)
    if begun.writes:
        write_info(root, begun.info)


def _former(root: Path, generation: Generation, run_id: str) -> RunInfo | None:
    """Return the run that stands under that name; one that was removed does not."""
    if not (root / RUNS / run_id / "run.json").exists():
        return None
    removed = run_id not in generation.runs and parts_before(root, run_id)
    if removed and not standing(root, generation, run_id):
        return None
    return read_run(root / RUNS / run_id)


def _moved(old: RunInfo, made: RunInfo) -> tuple[str, ...]:
    """Return what is another than before, though its numbers may join."""
    changed = {"device": (old.device, made.device)} if old.device != made.device else {}
    changed |= {
        name: (old.versions.get(name), version)
        for name, version in made.versions.items()
        if old.versions.get(name) != version
    }
    sentences = (f"Went on with {n} {now}, before {was}." for n, (was, now) in changed.items())
    return tuple(sentences)


def _check_alike(old: RunInfo, made: RunInfo) -> None:
    changed = differences(old, made)
    if changed:
        raise ScoreError(
            f"The run {old.run_id!r} was made in another way: {'; '.join(changed)}.",
            "Its numbers and new ones would not fit together; make another run: --name OTHER.",
        )
