"""Suspicion: the probability that a label is reversed, from all runs that are evidence about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from core.registry import Param
from core.schema import Floats, Ints, SignalInputs
from core.signals.margins import difference
from core.signals.mixture import fit_mirrored
from core.signals.noise import FEWEST, Noise, noise_of
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector


def committee_margin(inputs: SignalInputs) -> Floats:
    """Return the mean standardised margin of the runs that cover each row, shape (n,), NaN if none.

    Each run's margin is divided by its population deviation within the source; a run that is
    constant there says nothing, and one that leaks the label is left out.
    """
    total, runs = np.zeros(len(inputs.row_id)), np.zeros(len(inputs.row_id))
    for run in inputs.rewards.values():
        if not run.leaks_label:
            margins = difference(run.chosen, run.rejected, inputs.tie)
            standard = standardised(margins, inputs.source, len(inputs.source_names))
            known = np.isfinite(standard)
            total[known] += standard[known]
            runs += known
    total[runs == 0] = np.nan
    return total / np.maximum(runs, 1)


def standardised(margins: Floats, source: Ints, sources: int) -> Floats:
    """Return margins in units of their population deviation within the source, shape (n,).

    NaN where unknown and where all of a source's margins are equal.
    """
    known = np.flatnonzero(np.isfinite(margins))
    kept, group = margins[known], source[known]
    n = np.maximum(np.bincount(group, minlength=sources), 1)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        mean = np.bincount(group, kept, sources) / n
        deviation = np.sqrt(np.bincount(group, (kept - mean[group]) ** 2, sources) / n)
        # Equal numbers leave a rounding error of their size; it is no spread.
        deviation[~(deviation > 1e-9 * np.abs(mean)) | np.isinf(deviation)] = np.nan
        result = np.full(len(margins), np.nan)
        result[known] = kept / deviation[group]
    return result


def rows_by_source(source: Ints) -> Iterator[tuple[int, Ints]]:
    """Yield every source's index and its rows."""
    order = np.argsort(source, kind="stable")
    found, starts = np.unique(source[order], return_index=True)
    for index, rows in zip(found, np.split(order, starts[1:]), strict=False):
        yield int(index), rows


def _suspicion(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    margins = committee_margin(inputs)
    if not np.isfinite(margins).any():
        return {}
    given = params["noise_rate"]
    suspicion, notes = np.full(len(margins), np.nan), []
    for index, rows in rows_by_source(inputs.source):
        noise = noise_of(margins[rows])
        if noise.n:
            notes.append(_note(inputs.source_names[index], noise, given))
        if noise.above_chance:
            rate = given or noise.assumed
            suspicion[rows] = fit_mirrored(margins[rows], 1 - rate).flipped(margins[rows])
    return {"": Values(suspicion, " ".join(note for note in notes if note))}


def _note(source: str, noise: Noise, given: float) -> str:
    if not noise.above_chance:
        return f"{source}: no suspicion, because {noise.reason}."
    if given:
        return f"{source}: the noise rate was set to {given:.0%}."
    if noise.reason:
        return (
            f"{source}: {noise.reason}, so {noise.assumed:.0%} is assumed, the middle of what an "
            f"agreement of {noise.agreement:.0%} leaves possible; the order within the source does "
            "not depend on it."
        )
    return ""


_VECTOR = Vector(
    {"rewards": {"rm": ([-2.0, -1.0, 0.5, 1.0, 1.5, 2.0, 0.5, 1.0] * 8, [0.0] * 64)}},
    (0.999999, 0.997936, 0.005653, 0.000129, 0.000003, 0.0, 0.005653, 0.000129) * 8,
    params={"noise_rate": 0.2},
)
SIGNALS.register(
    SignalSpec(
        name="suspicion",
        title="Suspicion",
        family="Suspicion",
        formula=(
            "P(reversed | m) = (1−a)·N(m; −mu, s²) / (a·N(m; mu, s²) + (1−a)·N(m; −mu, s²)), "
            "m = mean of the runs' margins, each divided by its deviation within the source"
        ),
        latex=(
            r"q(m) = \frac{(1-a)\,\mathcal{N}(m; -\mu, s^2)}"
            r"{a\,\mathcal{N}(m; \mu, s^2) + (1-a)\,\mathcal{N}(m; -\mu, s^2)}"
        ),
        direction="Near 1: the label looks reversed. Near 0: the runs agree with it.",
        unit="probability",
        lower=0.0,
        upper=1.0,
        needs=(
            "A run whose scores do not come from the label itself: `score crossfit` makes one "
            "without a GPU."
        ),
        paper="PerpCorrect, NeurIPS 2024 (two mirrored Gaussians)",
        limits=(
            f"As good as its runs. NULL in a source with fewer than {FEWEST} labelled rows with a "
            "margin, or where the runs agree with the labels no better than chance. Margins of "
            "weak scorers do not tell the noise rate: then the middle of what their agreement "
            "leaves possible is assumed and noted; the order within a source does not depend on "
            "it, the height does. a is kept from 0.5 to 0.99, so no label is ever beyond suspicion."
        ),
        example=(
            "64 rows with margins −2, −1, 0.5, 1, 1.5, 2, 0.5, 1 in turn and a noise rate of 0.2: "
            "1.0000, 0.9979, 0.0057, 0.0001, 0.0000, 0.0000, 0.0057, 0.0001."
        ),
        vectors=(_VECTOR,),
        compute=_suspicion,
        params=(
            Param(
                name="noise_rate",
                title="Noise rate",
                default=0.0,
                low=0.0,
                high=0.45,
                help="Share of labels taken to be reversed; 0 estimates it from the margins.",
            ),
        ),
    )
)
