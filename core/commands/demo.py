"""demo: build the demo store from sample_data when it is not there, and open it in the browser.

Every step is a whole generation and does nothing twice, so that a build that was stopped or killed
is found incomplete and simply goes on with the next `demo`.
"""

from __future__ import annotations

import tomllib
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

from core.commands.command import Command, Outcome
from core.commands.progress import step
from core.commands.serve import ROOT, start
from core.errors import StoreError, StoreMissing
from core.settings import Settings

SAMPLES = ROOT / "sample_data"
MADE = ("crossfit", "textstats")
"""Scorers of which a run is made here: they need no model."""


@dataclass(frozen=True)
class Sample:
    """One source of sample_data/demo.toml."""

    name: str
    licence: str
    files: tuple[Path, ...]
    map: Path | None


@dataclass(frozen=True)
class Found:
    """What of the demo a folder holds."""

    pairs: int = 0
    sources: frozenset[str] = frozenset()
    runs: frozenset[str] = frozenset()
    indexed: bool = False


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--port", metavar="N", type=int, help="port; 0 takes a free one (8501)")
    parser.add_argument("--build-only", action="store_true", help="build the store, open nothing")


def run(args: Namespace, settings: Settings) -> Outcome:
    pairs = build(settings)
    said = f"The demo store in {settings.store} holds {pairs:,} preference pairs."
    if args.build_only:
        return Outcome({"pairs": pairs, "url": None}, (said,))
    app = start(settings)
    return Outcome(
        {"pairs": pairs, "url": app.url}, (said, f"Assay is at {app.url}"), then=app.wait
    )


def build(settings: Settings) -> int:
    """Make the demo store whole; return how many pairs it holds."""
    samples = read_samples()
    names = {sample.name for sample in samples}
    found = look(settings)
    if found.sources and not found.sources & names:
        raise StoreError(
            f"{settings.store} holds a store of yours, not the demo.",
            "Open it with python -m core serve, or build the demo elsewhere with --store DIR.",
        )
    if found.indexed and names <= found.sources and {*MADE, *shipped()} <= found.runs:
        return found.pairs
    _build(settings, samples, found.runs)
    return look(settings).pairs


def read_samples() -> tuple[Sample, ...]:
    """Return the sources in the order in which they are imported."""
    listed = tomllib.loads((SAMPLES / "demo.toml").read_text("utf-8"))["sources"]
    return tuple(
        Sample(
            name=entry["name"],
            licence=entry["licence"],
            files=tuple(SAMPLES / file for file in entry["files"]),
            map=SAMPLES / entry["map"] if "map" in entry else None,
        )
        for entry in listed
    )


def look(settings: Settings) -> Found:
    """Return what of the demo stands in the store's folder."""
    from core.store.instance import open_store

    try:
        store = open_store(settings.store, settings.memory, settings.threads)
    except StoreMissing:
        return Found()
    rows = store.query("overview_sources")
    found = Found(
        pairs=sum(rows["pairs"].to_pylist()),
        sources=frozenset(rows["name"].to_pylist()),
        runs=frozenset(store.generation.runs),
        indexed=store.generation.search is not None,
    )
    store.close()
    return found


def shipped() -> dict[str, Path]:
    """Return the folders of the runs that come with the samples, by their names."""
    return {path.parent.name: path.parent for path in sorted(SAMPLES.glob("scores/*/run.json"))}


def _build(settings: Settings, samples: tuple[Sample, ...], runs: frozenset[str]) -> None:
    from core.commands import import_, index, scoring
    from core.commands.request import Request
    from core.commands.runs import add_runs

    step(f"Building the demo store in {settings.store}; this is done once.")
    for sample in samples:
        for file in sample.files:
            step(f"Importing {file.relative_to(SAMPLES)}")
            request = import_.Request(
                str(file), name=sample.name, map=sample.map, licence=sample.licence
            )
            import_.import_source(settings, request, index=False)
    missing = [folder for name, folder in shipped().items() if name not in runs]
    if missing:
        step(f"Adding {len(missing)} runs of toy models and embeddings")
        add_runs(settings, missing)
    for scorer in MADE:
        if scorer not in runs:
            step(f"Scoring with {scorer}")
            scoring.score_store(settings, Request(scorer))
    step("Indexing the texts")
    index.build(settings)


COMMAND = Command(
    "demo", "build the demo store from sample_data and open it in the browser", arguments, run
)
