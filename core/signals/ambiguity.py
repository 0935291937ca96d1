"""Ambiguity: people, or else models, split over a pair; a matter of the pair, not of the label."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.schema import SignalInputs
from core.signals.bald_columns import committee_bald
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector
from core.signals.votes import vote_entropy

FEWEST_VOTES = 2
"""One vote cannot be split."""


def _ambiguity(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    people = vote_entropy(inputs.votes_chosen, inputs.votes_rejected, inputs.votes_tie)
    votes = inputs.votes_chosen + inputs.votes_rejected + inputs.votes_tie
    people = np.where(votes >= FEWEST_VOTES, people, np.nan)
    models = committee_bald(inputs)
    by_votes = np.isfinite(people)
    values = people if models is None else np.where(by_votes, people, models)
    if not np.isfinite(values).any():
        return {}
    return {"": Values(values, _note(int(by_votes.sum()), int(np.isfinite(values).sum())))}


def _note(by_votes: int, known: int) -> str:
    if by_votes == known:
        return "Made of votes."
    if by_votes == 0:
        return "Made of the runs' disagreement, as no pair has two votes."
    return (
        f"{by_votes:,} rows are made of votes, {known - by_votes:,} of the runs' disagreement, "
        "which is lower by nature: compare only within one kind."
    )


SIGNALS.register(
    SignalSpec(
        name="ambiguity",
        title="Ambiguity",
        family="Ambiguity",
        formula="vote entropy where the pair has two votes or more, else committee disagreement",
        latex=(
            r"A = \begin{cases} H(\text{votes}) & n_{\text{votes}} \ge 2 \\"
            r" B & \text{else} \end{cases}"
        ),
        direction="High: people, or else models, split over the pair: ask, rather than flip.",
        unit="nats",
        lower=0.0,
        upper=float(np.log(3)),
        needs=(
            "A source with two or more votes per pair, or three or more runs of rewards that do "
            "not come from the label itself."
        ),
        paper="Zhang et al. 2024, arXiv:2410.14632; Houlsby et al. 2011, arXiv:1112.5745",
        limits=(
            "A split is no error: most disagreement of people is about the task, not noise. "
            "Votes and models are on different heights; the note says which rows have which."
        ),
        example="Two votes against one give 0.6365; a single vote gives nothing.",
        vectors=(
            Vector(
                {
                    "votes_chosen": [2, 3, 1, 0],
                    "votes_rejected": [1, 0, 0, 0],
                    "votes_tie": [0, 0, 0, 0],
                },
                (0.636514, 0.0, None, None),
            ),
        ),
        compute=_ambiguity,
    )
)
