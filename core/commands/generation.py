"""From a draft (pairs and runs) to a served generation: signals computed, pointer swapped."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from core.commands.progress import step
from core.commands.relabelling import desk_of
from core.errors import LogError, StoreMissing, UsageError
from core.relabel.tables import Tables
from core.schema import SignalColumn, SignalInputs
from core.settings import Settings
from core.signals.compute import compute_signals
from core.signals.noise_estimates import noise_estimates
from core.signals.suspicion_model import judge_labels
from core.store.inputs import signal_inputs
from core.store.instance import Store
from core.store.keys import signal_keys
from core.store.layout import Generation, read_generation
from core.store.publish import SignalsFile, publish

_CALIBRATED = ("suspicion", "evidence")
"""Signals that gold sets the scale of."""


def current(settings: Settings) -> Generation | None:
    """Return the current generation, None when there is no store yet."""
    try:
        return read_generation(settings.store)
    except StoreMissing:
        return None


def votes_as_gold(settings: Settings) -> bool:
    """Return what `assay.toml` says of `votes_as_gold`: true where it says nothing."""
    path = settings.store / "assay.toml"
    said = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
    found = said.get("votes_as_gold", True)
    if not isinstance(found, bool):
        raise UsageError(f"The setting votes_as_gold cannot be {found!r}.", "Use true or false.")
    return found


def advance(settings: Settings, draft: Generation, votes: bool | None = None) -> Generation:
    """Compute the draft's signals and make it current; call while holding the writer lock.

    `votes` says whether what people said on Relabel counts as gold; None: as `assay.toml` says.
    """
    votes = votes_as_gold(settings) if votes is None else votes
    store = Store(settings.store, replace(draft, signals=""), settings.memory, settings.threads)
    try:
        inputs = signal_inputs(store, votes_as_gold=votes and _filled(store, settings))
        signals = compute_signals(inputs)
        judged = judge_labels(inputs)
        noise = noise_estimates(inputs, judged)
        rows = signal_keys(store, inputs)
    finally:
        store.close()
    for name in signals.table.column_names[1:]:
        rows = rows.append_column(name, signals.table[name])
    columns = tuple(_noted(signals.columns, inputs))
    content = SignalsFile(rows, columns, signals.absent, judged.models, judged.labellers, noise)
    return publish(settings.store, draft, content)


def _filled(store: Store, settings: Settings) -> bool:
    """Return whether the votes are there; a log that is away stops no import, and it is said."""
    if not settings.log and current(settings) is None:
        return False  # of a store that is being made there is no log yet
    try:
        with desk_of(settings) as desk:
            Tables().fill(store, desk.ask, desk.state.seq)
    except LogError as error:
        step(f"No vote counts as gold this time. {error}")
        return False
    return True


def _noted(columns: tuple[SignalColumn, ...], inputs: SignalInputs) -> Iterator[SignalColumn]:
    """Say in the notes of what gold calibrates how many pairs have theirs from people."""
    n = len(np.unique(inputs.pair_id[inputs.gold_voted]))
    said = f"On {n:,} {'pair' if n == 1 else 'pairs'} votes of Relabel count as gold."
    for column in columns:
        note = f"{column.note} {said}".strip()
        yield replace(column, note=note) if n and column.signal in _CALIBRATED else column
