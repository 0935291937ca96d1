"""Margins: chosen minus rejected, positive where the numbers agree with the label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from core.schema import Bools, Floats, Ints, SignalInputs
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector

LEAK = "This run's numbers move with the label under test, so they are no evidence about it."


def difference(chosen: Floats, rejected: Floats, tie: Bools) -> Floats:
    """Return chosen − rejected per row, shape (n,); NaN on ties and where either is not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        margin = chosen - rejected
    return np.where(tie | ~np.isfinite(margin), np.nan, margin)


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


def sampled(values: Floats, most: int) -> Floats:
    """Return at most about `most` of some values: sorted, evenly spread, whatever their order."""
    if len(values) <= most:
        return values
    return np.sort(values)[:: -(-len(values) // most)]


def rows_by_source(source: Ints) -> Iterator[tuple[int, Ints]]:
    """Yield every source's index and its rows."""
    order = np.argsort(source, kind="stable")
    found, starts = np.unique(source[order], return_index=True)
    for index, rows in zip(found, np.split(order, starts[1:]), strict=False):
        yield int(index), rows


def mean_standard_margin(inputs: SignalInputs) -> Floats:
    """Return the mean standardised margin of the reward runs that cover each row, shape (n,).

    NaN where none does; runs that leak the label are left out.
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


def _explicit(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    return {
        run_id: Values(difference(run.chosen, run.rejected, inputs.tie), LEAK * run.leaks_label)
        for run_id, run in inputs.rewards.items()
        if np.isfinite(run.chosen).any() and np.isfinite(run.rejected).any()
    }


def _rating(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    margin = difference(inputs.rating_chosen, inputs.rating_rejected, inputs.tie)
    known = np.isfinite(inputs.rating_chosen).any() and np.isfinite(inputs.rating_rejected).any()
    return {"": Values(margin)} if known else {}


SIGNALS.register(
    SignalSpec(
        name="explicit_margin",
        title="Explicit margin",
        family="Margins",
        formula="reward_chosen − reward_rejected",
        latex=r"m^{\mathrm{exp}}_k = r_k(x, y_w) - r_k(x, y_l)",
        direction="Positive: the scorer agrees with the label. Negative: it is against it.",
        unit="reward units of the run",
        lower=None,
        upper=None,
        needs="A run: `score crossfit` makes one without a GPU; an import can bring scores along.",
        paper="Bradley and Terry 1952; Ouyang et al. 2022, arXiv:2203.02155",
        limits="Runs have different scales: compare signs and ranks between runs, not sizes.",
        example="Rewards 1.5 and 0.25 give 1.25; a tie gives nothing.",
        vectors=(
            Vector(
                {
                    "rewards": {"rm": ([1.5, 0.0, 2.0, 1.0], [0.25, 3.0, np.nan, 0.0])},
                    "tie": [False, False, False, True],
                },
                (1.25, -3.0, None, None),
            ),
        ),
        compute=_explicit,
        per_run=True,
        signed=True,
    )
)
SIGNALS.register(
    SignalSpec(
        name="rating_margin",
        title="Rating margin",
        family="Margins",
        formula="mean rating of chosen − mean rating of rejected",
        latex=r"m^{\mathrm{rating}} = \bar{s}(y_w) - \bar{s}(y_l)",
        direction="Positive: the ratings that came with the source agree with the label.",
        unit="rating points",
        lower=None,
        upper=None,
        needs="A source with ratings of responses, such as `score_chosen` and `score_rejected`.",
        paper="Cui et al. 2023, arXiv:2310.01377",
        limits="Where the label was made from the ratings it cannot disagree with them.",
        example="Ratings 8 and 6.5 give 1.5.",
        vectors=(
            Vector(
                {"rating_chosen": [8.0, 3.0, np.nan], "rating_rejected": [6.5, 7.0, 1.0]},
                (1.5, -4.0, None),
            ),
        ),
        compute=_rating,
        signed=True,
    )
)
