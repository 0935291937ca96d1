"""From a draft (pairs and runs) to a served generation: signals computed, pointer swapped."""

from __future__ import annotations

from dataclasses import replace

from core.errors import StoreMissing
from core.settings import Settings
from core.signals.compute import compute_signals
from core.signals.noise_estimates import noise_estimates
from core.signals.suspicion_model import judge_labels
from core.store.inputs import signal_inputs
from core.store.instance import Store
from core.store.keys import signal_keys
from core.store.layout import Generation, read_generation
from core.store.publish import SignalsFile, publish


def current(settings: Settings) -> Generation | None:
    """Return the current generation, None when there is no store yet."""
    try:
        return read_generation(settings.store)
    except StoreMissing:
        return None


def advance(settings: Settings, draft: Generation) -> Generation:
    """Compute the draft's signals and make it current; call while holding the writer lock."""
    store = Store(settings.store, replace(draft, signals=""), settings.memory, settings.threads)
    try:
        inputs = signal_inputs(store)
        signals = compute_signals(inputs)
        judged = judge_labels(inputs)
        noise = noise_estimates(inputs, judged)
        rows = signal_keys(store, inputs)
    finally:
        store.close()
    for name in signals.table.column_names[1:]:
        rows = rows.append_column(name, signals.table[name])
    content = SignalsFile(
        rows, signals.columns, signals.absent, judged.models, judged.labellers, noise
    )
    return publish(settings.store, draft, content)
