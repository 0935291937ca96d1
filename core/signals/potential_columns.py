"""Alignment potential as a stored signal: which runs stand for the explicit and implicit margin."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.registry import Param
from core.schema import Floats, LogpValues, SignalInputs
from core.signals.committee import mean_known
from core.signals.implicit import length_normalised_margin
from core.signals.margins import LEAK, difference
from core.signals.potential import map_official, z_scores
from core.signals.remember import remembered
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector


@remembered
def explicit_evidence(inputs: SignalInputs) -> tuple[Floats, str] | None:
    """Return E, shape (n,), and the sentence that says what it is made of; None without a run.

    The margin of the only run that does not leak the label, or the mean of several runs' z-scored
    margins over the runs that cover the row. A run whose margins are all equal does not count.
    """
    margins = {
        run_id: difference(run.chosen, run.rejected, inputs.tie)
        for run_id, run in inputs.rewards.items()
        if not run.leaks_label
    }
    known = {run_id: m for run_id, m in margins.items() if np.isfinite(m).any()}
    scores = {run_id: z_scores(margin) for run_id, margin in known.items()}
    told = [run_id for run_id, score in scores.items() if (score > 0).any()]
    told = told or list(known)[:1]
    if not told:
        return None
    if len(told) == 1:
        return known[told[0]], f"Explicit: the margin of {told[0]}."
    mean = mean_known(scores[run_id] for run_id in told)
    return mean, f"Explicit: the mean of the z-scored margins of {', '.join(told)}."


def _potential(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    found = explicit_evidence(inputs)
    if found is None:
        return {}
    explicit, said = found
    made = {}
    for run_id, run in inputs.logps.items():
        implicit = np.abs(length_normalised_margin(run, inputs.tie))
        if np.isfinite(implicit).any():
            made[run_id] = _of_policy(explicit, implicit, params["logp_weight"], said, run)
    return made


def _of_policy(
    explicit: Floats, implicit: Floats, logp_weight: float, said: str, run: LogpValues
) -> Values:
    values = map_official(explicit, implicit, logp_weight)
    notes = [said, LEAK * run.leaks_label]
    known = np.isfinite(values)
    if not known.any():
        notes.append("No row has both margins.")
    elif not values[known].any() and not (_varies(explicit[known]) or _varies(implicit[known])):
        values = np.full(len(values), np.nan)
        notes.append("Not defined, because neither margin varies.")
    return Values(values, " ".join(note for note in notes if note))


def _varies(values: Floats) -> bool:
    return bool((z_scores(values) > 0).any())


SIGNALS.register(
    SignalSpec(
        name="alignment_potential",
        title="Alignment potential",
        family="Potential",
        formula="z(explicit margin) − lambda·z(|length-normalised margin|), population deviations",
        latex=(
            r"M_{AP} = z\left(m^{\mathrm{exp}}\right)"
            r" - \lambda \, z\left(\left|m^{\mathrm{len}}\right|\right)"
        ),
        direction=(
            "High: the reward models are sure of the label and the policy does not tell the two "
            "responses apart yet; such pairs have the most to teach."
        ),
        unit="standard deviations",
        lower=None,
        upper=None,
        needs=(
            "A run of `score policy`, and a run of rewards that does not come from the label: "
            "`score crossfit` makes one without a GPU."
        ),
        paper="Huang et al., ICML 2025, arXiv:2503.01864",
        limits=(
            "z-scores are over the rows that have both margins, so values of two stores do not "
            "compare. The policy is the one before training. A reversed label has a negative "
            "explicit margin and so a low potential; that is no proof of one. Which pairs are "
            "worth training on is unsettled: other work keeps small or middle margins."
        ),
        example=(
            "Explicit 0.10, 0.04, 0.02, 0.12, 0.06 and length-normalised 0.05, 0.60, 0.02, 0.70, "
            "0.10: 1.694, −1.797, −0.360, 0.019, 0.445."
        ),
        vectors=(
            Vector(
                {
                    "rewards": {"rm": ([0.1, 0.04, 0.02, 0.12, 0.06, 1.0], [0.0] * 6)},
                    "logps": {
                        "policy": {
                            "policy_chosen": [-1.0, -1.0, -1.02, -1.0, -1.1, np.nan],
                            "policy_rejected": [-1.05, -1.6, -1.0, -1.7, -1.0, -1.0],
                            "chosen_tokens": [1.0] * 6,
                            "rejected_tokens": [1.0] * 6,
                        }
                    },
                },
                (1.694, -1.797, -0.360, 0.019, 0.445, None),
                tol=1e-3,
            ),
        ),
        compute=_potential,
        params=(
            Param(
                name="logp_weight",
                title="Lambda",
                default=1.0,
                low=0.0,
                high=5.0,
                help="Weight of the implicit margin: 1 in the paper, 2.5 in its self-play.",
            ),
        ),
        per_run=True,
    )
)
