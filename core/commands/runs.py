"""`runs`: list the store's runs, adopt one made on another machine, take one out."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict, replace
from pathlib import Path

from core.commands.command import Command, Outcome
from core.commands.generation import advance
from core.errors import ScoreError, UnknownName, UsageError
from core.schema import RunInfo
from core.settings import Settings
from core.store.adopt import Adopted, adopt
from core.store.instance import open_store
from core.store.layout import read_generation
from core.store.lock import writing
from core.store.runs import read_run


def list_runs(settings: Settings) -> tuple[RunInfo, ...]:
    """Return the runs of the current generation."""
    store = open_store(settings.store, settings.memory, settings.threads)
    try:
        return store.runs
    finally:
        store.close()


def add_run(settings: Settings, folder: Path) -> Adopted:
    """Adopt a run folder; raise ScoreError when it is none or its name is taken."""
    name = read_run(folder).run_id
    with writing(settings.store, f"runs add {folder}"):
        generation = read_generation(settings.store)
        if name in generation.runs:
            raise ScoreError(
                f"The store has a run {name!r} already.",
                f"Remove it first: python -m core runs remove {name}.",
            )
        store = open_store(settings.store, settings.memory, settings.threads)
        known = store.query("adopt_responses")["response_id"].to_numpy()
        store.close()
        adopted = adopt(settings.store, folder, known)
        runs = {**generation.runs, name: adopted.parts}
        advance(settings, replace(generation, runs=runs))
    return adopted


def remove_run(settings: Settings, name: str) -> None:
    """Take a run out of the store; its files go when no generation names them."""
    with writing(settings.store, f"runs remove {name}"):
        generation = read_generation(settings.store)
        if name not in generation.runs:
            raise UnknownName("run", name, generation.runs)
        runs = {run: parts for run, parts in generation.runs.items() if run != name}
        advance(settings, replace(generation, runs=runs))


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=("list", "add", "remove"))
    parser.add_argument("what", nargs="?", help="a run's folder (add) or name (remove)")


def _run(args: Namespace, settings: Settings) -> Outcome:
    if args.action != "list" and not args.what:
        raise UsageError(f"runs {args.action} needs a run.", "Give its folder (add) or its name.")
    said: tuple[str, ...] = ()
    if args.action == "add":
        said = (_said(add_run(settings, Path(args.what))),)
    elif args.action == "remove":
        remove_run(settings, args.what)
    runs = list_runs(settings)
    lines = (*said, *(_line(run) for run in runs))
    return Outcome({"runs": [asdict(run) for run in runs]}, lines)


def _said(adopted: Adopted) -> str:
    return (
        f"{adopted.info.run_id} came in: {adopted.here:,} of its {adopted.info.responses:,} "
        f"responses are in this store, {adopted.finite:,} rewards are numbers."
    )


def _line(run: RunInfo) -> str:
    leaks = "; moves with the label, kept out of suspicion" if run.leaks_label else ""
    return f"{run.run_id}: {run.scorer}, {run.responses:,} responses, {run.state}{leaks}"


COMMAND = Command("runs", "list, add or remove scored runs", _arguments, _run)
