"""Votes that came with a source: how many sided with the label, and how split they were."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.schema import Bools, Floats, SignalInputs
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector

_NEEDS = "A source with several votes per pair, such as three annotators' columns."


def vote_share(chosen: Floats, rejected: Floats, tie: Bools) -> Floats:
    """Return chosen / (chosen + rejected) votes, shape (n,); NaN on ties and without such votes."""
    total = chosen + rejected
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(tie | ~(total > 0), np.nan, chosen / total)


def vote_entropy(chosen: Floats, rejected: Floats, tied: Floats) -> Floats:
    """Return −Σ p ln p over the three kinds of votes in nats, shape (n,); NaN without votes.

    Source: Shannon 1948; the plural-annotator view of methods 8.13. Bounds 0 … ln 3.
    """
    total = chosen + rejected + tied
    entropy = np.zeros(len(total))
    with np.errstate(invalid="ignore", divide="ignore"):
        for votes in (chosen, rejected, tied):
            share = votes / total
            entropy -= np.where(share > 0, share * np.log(share), 0.0)
    return np.where(total > 0, np.maximum(entropy, 0.0), np.nan)


def _any_votes(inputs: SignalInputs) -> bool:
    columns = (inputs.votes_chosen, inputs.votes_rejected, inputs.votes_tie)
    return any(bool((c > 0).any()) for c in columns)


def _share(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    share = vote_share(inputs.votes_chosen, inputs.votes_rejected, inputs.tie)
    return {"": Values(share)} if _any_votes(inputs) else {}


def _entropy(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    entropy = vote_entropy(inputs.votes_chosen, inputs.votes_rejected, inputs.votes_tie)
    return {"": Values(entropy)} if _any_votes(inputs) else {}


SIGNALS.register(
    SignalSpec(
        name="vote_share",
        title="Vote share",
        family="Votes",
        formula="votes for chosen / (votes for chosen + votes for rejected)",
        latex=r"\alpha = \frac{n_w}{n_w + n_l}",
        direction="1: every voter who chose sided with the label. Below 0.5: most were against it.",
        unit="share",
        lower=0.0,
        upper=1.0,
        needs=_NEEDS,
        paper="Zhang et al. 2025, Community Alignment; Wang et al. 2023, arXiv:2306.05087",
        limits="Tie votes do not count; where the label is the majority it cannot fall below 0.5.",
        example="Two votes for chosen, one for rejected and one tie vote give 2/3.",
        vectors=(
            Vector(
                {
                    "votes_chosen": [2, 0, 0, np.nan, 1],
                    "votes_rejected": [1, 3, 0, 1, 1],
                    "votes_tie": [1, 0, 2, 0, 0],
                    "tie": [False, False, False, False, True],
                },
                (2 / 3, 0.0, None, None, None),
            ),
        ),
        compute=_share,
        mirrored=True,
    )
)
SIGNALS.register(
    SignalSpec(
        name="vote_entropy",
        title="Vote entropy",
        family="Votes",
        formula="−Σ p·ln p over the shares of chosen, rejected and tie votes",
        latex=r"H = -\sum_{v \in \{w, l, t\}} p_v \ln p_v",
        direction="0: all votes are alike. High: people disagree: ambiguity, not suspicion.",
        unit="nats",
        lower=0.0,
        upper=float(np.log(3)),
        needs=_NEEDS,
        paper="Shannon 1948; Zhang et al. 2024, arXiv:2410.14632",
        limits="With few votes it takes few values and is too low on average; one vote gives 0.",
        example="Two votes for chosen and one for rejected give 0.6365.",
        vectors=(
            Vector(
                {
                    "votes_chosen": [2, 3, 1, 0],
                    "votes_rejected": [1, 0, 1, 0],
                    "votes_tie": [0, 0, 1, 0],
                },
                (0.636514, 0.0, 1.098612, None),
            ),
        ),
        compute=_entropy,
    )
)
