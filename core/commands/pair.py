"""`pair`: one pair, all its rows, numbers and votes."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from core.commands.command import Command, Outcome
from core.errors import StoreError, UsageError
from core.schema import id_number
from core.settings import Settings
from core.store.instance import open_store
from core.views.browse import find_rows, pair_detail
from core.views.results import PairDetail


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("pair_id", help="16 hexadecimal digits")


def _run(args: Namespace, settings: Settings) -> Outcome:
    pair_id = args.pair_id.lower()
    if id_number(pair_id) is None:
        raise UsageError(f"{args.pair_id!r} is no pair id.", "It has 16 hexadecimal digits.")
    store = open_store(settings.store, settings.memory, settings.threads)
    try:
        found = [pair_detail(store, row) for row in find_rows(store, pair_id)]
    finally:
        store.close()
    rows = [row for row in found if row is not None]
    if not rows:
        raise StoreError(
            f"The store holds no pair {pair_id}.", "Ids stand on Browse and in exports."
        )
    lines = tuple(line for row in rows for line in _lines(row))
    return Outcome({"pair_id": pair_id, "rows": [asdict(row) for row in rows]}, lines)


def _lines(row: PairDetail) -> list[str]:
    label = f"tie ({row.tie_kind})" if row.tie_kind else f"label {row.label_kind}"
    lines = [f"{row.source}, {row.split}, row {row.row}: {label}"]
    for name, turns in (("prompt", row.prompt), ("chosen", row.chosen), ("rejected", row.rejected)):
        lines += [f"  {name} · {turn.role}: {turn.content}" for turn in turns]
    known = {name: value for name, value in row.signals.items() if value is not None}
    lines += [f"  {name} = {value:.4g}" for name, value in known.items()]
    lines += [f"  vote of {vote.annotator}: {vote.winner or vote.tie_kind}" for vote in row.votes]
    return lines


COMMAND = Command("pair", "show one pair: its rows, numbers and votes", _arguments, _run)
