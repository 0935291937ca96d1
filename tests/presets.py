"""Rows for presets: factories, as in `tests.factories`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.curate.presets import PRESETS, Kept, PresetInputs


def given(
    *,
    ids: Sequence[int] | None = None,
    seed: int = 42,
    source: Sequence[str] = (),
    texts: Mapping[str, str] | None = None,
    vectors: object = None,
    settled: Sequence[bool] | None = None,
    prompts: Sequence[int] | None = None,
    **signals: Sequence[float | None],
) -> PresetInputs:
    """Return rows with these signals, None unknown; pair and prompt ids are rows unless given."""
    n = len(next(iter(signals.values())))
    names = tuple(sorted(set(source))) or ("a",)
    return PresetInputs(
        row_id=np.arange(n),
        pair_id=np.arange(n) if ids is None else np.asarray(ids, np.int64),
        prompt_id=np.arange(n) if prompts is None else np.asarray(prompts, np.int64),
        source=np.array([names.index(s) for s in source] or [0] * n, np.int64),
        sources=names,
        signals={role: np.array(values, np.float64) for role, values in signals.items()},
        seed=seed,
        texts=texts or {},
        vectors=None if vectors is None else np.array(vectors, np.float64),
        settled=None if settled is None else np.array(settled, np.bool_),
    )


def kept(name: str, inputs: PresetInputs, **params: float) -> Kept:
    """Return what a preset keeps, with its defaults but for `params`."""
    spec = PRESETS.get(name)
    return spec.select(inputs, spec.settled(params))
