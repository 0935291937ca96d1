"""What every run says about the labels of every source it covers: made once, with the signals."""

from __future__ import annotations

import numpy as np

from core.schema import Floats, NoiseRow, SignalInputs
from core.signals.margins import difference
from core.signals.noise import noise_of
from core.signals.suspicion import rows_by_source

SAMPLE_ROWS = 20_000
"""Margins used per run and source; of more, evenly spread ones."""


def noise_rows(inputs: SignalInputs) -> tuple[NoiseRow, ...]:
    """Judge each run that does not leak the label, source by source; see `noise_of`."""
    return tuple(
        _row(run_id, inputs.source_names[index], known)
        for run_id, values in inputs.rewards.items()
        if not values.leaks_label
        for index, rows in rows_by_source(inputs.source)
        if len(known := _known(difference(values.chosen, values.rejected, inputs.tie)[rows]))
    )


def _known(margins: Floats) -> Floats:
    known = margins[np.isfinite(margins)]
    return known[:: max(1, len(known) // SAMPLE_ROWS)]


def _row(run_id: str, source: str, margins: Floats) -> NoiseRow:
    noise = noise_of(margins)
    told = noise.interval if noise.rate is not None else None
    return NoiseRow(
        run_id=run_id,
        source=source,
        n=noise.n,
        rate=noise.rate,
        low=told.low if told else None,
        high=told.high if told else None,
        at_most=noise.at_most,
        reason=noise.reason,
    )
