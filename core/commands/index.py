"""`index`: the search index of the current generation, built after an import's swap."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace

from core.commands.command import Command, Outcome
from core.commands.progress import track
from core.settings import Settings
from core.store.instance import open_store
from core.store.layout import swap
from core.store.lock import writing
from core.store.search import build_index


@dataclass(frozen=True)
class IndexReport:
    """What `index` did."""

    documents: int
    seconds: float
    bytes: int


def build(settings: Settings) -> IndexReport:
    """Build the index of the current generation and swap it in; nothing to do when it is there."""
    with writing(settings.store, "index"):
        started = time.monotonic()
        store = open_store(settings.store, settings.memory, settings.threads)
        generation = store.generation
        name = generation.pairs.replace("pairs-", "search-").removesuffix(".duckdb")
        documents = store.total
        try:
            if generation.search is None:
                batches = track(
                    store.stream("search_texts"),
                    "index",
                    unit="pairs",
                    total=documents,
                    size=lambda batch: batch.num_rows,
                )
                build_index(settings.store, name, batches)
                swap(settings.store, replace(generation, search=name))
        finally:
            store.close()
        size = sum(path.stat().st_size for path in (settings.store / name).iterdir())
        return IndexReport(documents, round(time.monotonic() - started, 2), size)


def _arguments(parser: ArgumentParser) -> None:
    """Take nothing but what every command takes."""


def _run(args: Namespace, settings: Settings) -> Outcome:
    report = build(settings)
    line = (
        f"{report.documents:,} pairs indexed in {report.seconds} s ({report.bytes / 1e6:,.1f} MB)."
    )
    return Outcome(vars(report), (line,))


COMMAND = Command("index", "build the search index", _arguments, _run)
