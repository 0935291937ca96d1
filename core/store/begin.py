"""Begin a run, or go on with one: only numbers that were made alike may join it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import ScoreError
from core.schema import RunInfo
from core.store.files import place
from core.store.layout import RUNS, Generation, parts_before, read_generation
from core.store.parts import Part
from core.store.runs import alike, differences, read_run, write_info
from core.store.standing import drop_parts, standing

TEMPLATE = "template.jinja"
"""Copy of --template in the run's folder: the file itself may change or go."""


@dataclass(frozen=True)
class Begun:
    """A run that can be filled."""

    info: RunInfo
    parts: tuple[Part, ...] = ()
    """Its parts so far."""
    counted: tuple[Part, ...] = ()
    """Those whose responses need no scoring."""


def begin(root: Path, made: RunInfo, template: Path | None, *, whole: bool) -> Begun:
    """Write `run.json` of a run that starts or goes on; call while holding its lock.

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
        if made.run_id not in generation.runs:
            write_info(root, made)
        return Begun(made)
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
    if template:
        text = template.read_bytes()
        place(root / RUNS / made.run_id / TEMPLATE, lambda temp: temp.write_bytes(text))
    write_info(root, made)
    return Begun(made, parts, tuple(part for part in parts if alike(part.made, made)))


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
