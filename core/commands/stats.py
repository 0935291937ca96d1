"""`stats`: what is in the store."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from core.commands.command import Command, Outcome
from core.settings import Settings
from core.store.instance import Store, open_store


def _arguments(parser: ArgumentParser) -> None:
    """Take nothing but what every command takes."""


def _run(args: Namespace, settings: Settings) -> Outcome:
    store = open_store(settings.store, settings.memory, settings.threads)
    try:
        return _stats(store)
    finally:
        store.close()


def _stats(store: Store) -> Outcome:
    counts = store.query("stats_counts").to_pylist()[0]
    data = {
        **counts,
        "sources": store.query("stats_sources").to_pylist(),
        "runs": [run.run_id for run in store.runs],
        "signals": [column.name for column in store.signal_columns],
        "fingerprint": store.generation.fingerprint,
        "search": store.generation.search is not None,
    }
    lines = [", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in counts.items())]
    lines += [f"  {s['name']}: {s['pairs']:,} pairs, {s['format']}" for s in data["sources"]]
    lines += [f"{what}: {', '.join(data[what]) or 'none'}" for what in ("runs", "signals")]
    return Outcome(data, tuple(lines))


COMMAND = Command("stats", "say what is in the store", _arguments, _run)
