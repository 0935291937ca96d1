"""`runs`: list the store's runs, adopt those made on another machine, take one out."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from core.commands.command import Command, Outcome
from core.commands.generation import advance
from core.commands.request import proceed
from core.errors import ScoreError, UnknownName, UsageError
from core.schema import Ints, RunInfo
from core.settings import Settings
from core.store.adopt import Found, check_run, copy_parts, counted
from core.store.instance import Store, open_store
from core.store.layout import read_generation
from core.store.lock import scoring, writing
from core.store.merge import MOST_PARTS, merge_parts
from core.store.parts import Tally
from core.store.remote import is_uri, remote
from core.store.runs import read_run, write_info
from core.store.standing import Unfinished, discard, drop_parts, run_names, standing, unfinished


@dataclass(frozen=True)
class Listed:
    """The runs of a store."""

    runs: tuple[RunInfo, ...]
    """Of the current generation."""
    unfinished: tuple[Unfinished, ...]


def list_runs(settings: Settings) -> Listed:
    """Return the runs of the current generation, and those in the making or stopped."""
    with closing(open_store(settings.store, settings.memory, settings.threads)) as store:
        return Listed(store.runs, unfinished(settings.store, store.generation))


def add_runs(settings: Settings, folders: Sequence[Path]) -> tuple[Found, ...]:
    """Adopt run folders in one swap; raise ScoreError when one is none or its name is taken."""
    root, names = settings.store, [read_run(folder).run_id for folder in folders]
    what = f"runs add {' '.join(map(str, folders))}"
    read_generation(root)
    with ExitStack() as locks:
        for name in sorted(set(names)):
            locks.enter_context(scoring(root, name, what))
        locks.enter_context(writing(root, what))
        _check_names(root, names)
        found = _checked(settings, folders)
        try:
            _take_over(settings, found)
        except BaseException:
            for name in names:
                discard(root, read_generation(root), name)
            raise
    return found


def remove_run(settings: Settings, name: str) -> None:
    """Take a run out of the store, or what a stopped one has left.

    Its files go when no generation names them.
    """
    root = settings.store
    names = run_names(root, read_generation(root))
    if name not in names:
        raise UnknownName("run", name, names)
    with scoring(root, name, f"runs remove {name}"), writing(root, f"runs remove {name}"):
        generation = read_generation(root)
        if name in generation.runs:
            runs = {run: parts for run, parts in generation.runs.items() if run != name}
            generation = advance(settings, replace(generation, runs=runs))
        discard(root, generation, name)


def _check_names(root: Path, names: Sequence[str]) -> None:
    generation = read_generation(root)
    begun = {job.info.run_id for job in unfinished(root, generation)}
    for at, name in enumerate(names):
        if name in generation.runs or name in names[:at]:
            raise ScoreError(
                f"The store has a run {name!r} already.",
                f"Remove it first: python -m core runs remove {name}.",
            )
        if name in begun and standing(root, generation, name):
            raise ScoreError(
                f"The store has begun a run {name!r} that is not finished.",
                f"Finish it, or remove it first: python -m core runs remove {name}.",
            )


def _checked(settings: Settings, folders: Sequence[Path]) -> tuple[Found, ...]:
    with closing(open_store(settings.store, settings.memory, settings.threads)) as store:
        return tuple(check_run(folder, partial(_known, store)) for folder in folders)


def _known(store: Store, key: str) -> Ints:
    table = store.query("adopt_pairs" if key == "pair_id" else "adopt_responses")
    ids: Ints = table[key].to_numpy()
    return ids


def _take_over(settings: Settings, found: Sequence[Found]) -> None:
    root, generation = settings.store, read_generation(settings.store)
    runs = dict(generation.runs)
    for run in found:
        parts = copy_parts(root, run)
        tally = Tally.joined(part.tally for part in parts)
        if len(parts) > MOST_PARTS:
            merged = merge_parts(root, run.info, parts)
            drop_parts(root, generation, run.info.run_id, merged.replaces)
            parts = (merged,)
        write_info(root, counted(run.info, tally))
        runs[run.info.run_id] = tuple(part.name for part in parts)
    advance(settings, replace(generation, runs=runs))


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=("list", "add", "remove"))
    parser.add_argument("what", nargs="*", help="folders of runs (add) or a run's name (remove)")


def _run(args: Namespace, settings: Settings) -> Outcome:
    said: tuple[str, ...] = ()
    if args.action == "list" and args.what:
        raise UsageError("runs list takes no name.", "It lists all of them.")
    if args.action == "add":
        if not args.what:
            raise UsageError("runs add needs a run's folder.", "Give one or more.")
        with ExitStack() as fetched:
            folders = [
                fetched.enter_context(remote(place).fetched()) if is_uri(place) else Path(place)
                for place in args.what
            ]
            said = tuple(map(_said, add_runs(settings, folders)))
    elif args.action == "remove":
        if len(args.what) != 1:
            raise UsageError("runs remove needs the name of one run.", "runs list shows them.")
        remove_run(settings, args.what[0])
    listed = list_runs(settings)
    data = {"runs": [asdict(run) for run in listed.runs]}
    begun = [
        {**asdict(job.info), "running": job.running, "scored": job.scored}
        for job in listed.unfinished
    ]
    return Outcome({**data, "unfinished": begun}, (*said, *_lines(listed, settings)))


def _said(found: Found) -> str:
    what = found.key.removesuffix("_id")
    return (
        f"{found.info.run_id} came in: {found.here:,} of its {found.info.responses:,} "
        f"{what}s are in this store, {found.finite:,} have a number."
    )


def _lines(listed: Listed, settings: Settings) -> Iterator[str]:
    for run in listed.runs:
        leaks = "; moves with the label, kept out of suspicion" if run.leaks_label else ""
        yield f"{run.run_id}: {run.scorer}, {run.responses:,} scored, {run.state}{leaks}"
    for job in listed.unfinished:
        state = "is being made" if job.running else "was stopped"
        ends = "" if job.running else f"; {proceed(job.info, settings.store)} goes on with it"
        yield f"{job.info.run_id}: {job.info.scorer} {state}, {job.scored:,} scored{ends}"


COMMAND = Command("runs", "list, add or remove scored runs", _arguments, _run)
