"""Who says what about a pair: labels and votes as evidence, each as good as who gave it.

Labels of nobody in particular are one labeller per source. A repeated label of such a labeller is
taken for a copy and says nothing new; the opposite one does. Named people count once per side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.schema import BarKind, Bools, EvidenceBar, Floats, Ints, Labeller, SignalInputs
from core.signals.logistic import logit, sigmoid

LOWEST, HIGHEST = 0.5, 0.99
"""Of a reliability: nobody's word counts for its opposite, and nobody's is beyond doubt."""
_PRIOR_LABELS = 20.0
"""Labels of average reliability that a person is taken to have made before."""
_ROUNDS = 100
_TOLERANCE = 1e-6
"""Of a reliability."""


@dataclass(frozen=True)
class Judgements:
    """Every word on a pair once, shape (m,) each; signs are against the pair's own order."""

    pair: Ints
    labeller: Ints
    sign: Floats
    """1 for the response that the pair's first row chose, −1 for the other."""
    pairs: int
    pair_of: Ints
    """Pair of every row, shape (n,)."""
    sign_of: Floats
    """Sign of every row's label, shape (n,); 0 on ties."""
    own: Ints
    """Labeller of every row, shape (n,), −1 where votes stand for the label."""
    named: Bools
    """Per labeller: a person."""


def judgements(inputs: SignalInputs) -> Judgements:
    """Collect the labels of all rows and the votes on them."""
    pair = np.unique(inputs.pair_id, return_inverse=True)[1]
    sign = _signs(pair, inputs.chosen_id, inputs.tie)
    own = _owners(inputs)
    said = np.flatnonzero((own >= 0) & ~inputs.tie)
    parts = [(pair[said], own[said], sign[said])]
    if inputs.votes is not None:
        votes = inputs.votes
        heard = np.flatnonzero((votes.side != 0) & ~inputs.tie[votes.row_id])
        rows = votes.row_id[heard]
        parts.append((pair[rows], votes.labeller[heard], votes.side[heard] * sign[rows]))
    who = [np.concatenate([part[i] for part in parts]) for i in range(3)]
    once = _once(who[0], who[1], who[2], len(named := _named(inputs)))
    return Judgements(
        pair=who[0][once],
        labeller=who[1][once],
        sign=who[2][once],
        pairs=int(pair.max(initial=-1)) + 1,
        pair_of=pair,
        sign_of=sign,
        own=own,
        named=named,
    )


def label_logits(said: Judgements, skill: Floats) -> Floats:
    """Return the logits of all words on each row's label, shape (n,), positive for it.

    skill: logit of each labeller's reliability. An unnamed labeller speaks through the row's own
    label and through opposite ones; a row whose label sums up votes has the votes alone.
    """
    of = said.named[said.labeller]
    word = said.sign[of] * skill[said.labeller[of]]
    people = np.bincount(said.pair[of], word, said.pairs)[said.pair_of] * said.sign_of
    anonymous = np.zeros(len(said.pair_of))
    for sign in (1.0, -1.0):
        some = ~of & (said.sign == sign)
        total = np.bincount(said.pair[some], skill[said.labeller[some]], said.pairs)
        against = said.sign_of == -sign
        anonymous[against] -= total[said.pair_of[against]]
    own = (said.own >= 0) & (said.sign_of != 0)
    mine = np.flatnonzero(own)
    mine = mine[~said.named[said.own[mine]]]
    anonymous[mine] += skill[said.own[mine]]
    return people + anonymous


def words_of(
    said: Judgements, skill: Floats, labellers: Sequence[Labeller], row: int
) -> tuple[EvidenceBar, ...]:
    """Return what is said about one row's label, word by word; the sum is its `label_logits`."""
    label, own = said.sign_of[row], int(said.own[row])
    bars = []
    if own >= 0 and label and not said.named[own]:
        bars.append(EvidenceBar("label", labellers[own].source, float(skill[own])))
    for i in np.flatnonzero((said.pair == said.pair_of[row]) & (label != 0)):
        who, side = int(said.labeller[i]), said.sign[i] * label
        logit_of = float(side * skill[who])
        if said.named[who]:
            kind: BarKind = "label" if who == own and side > 0 else "vote"
            bars.append(EvidenceBar(kind, labellers[who].annotator or "", logit_of))
        elif side < 0:
            bars.append(EvidenceBar("other label", labellers[who].source, logit_of))
    return tuple(bars)


def reliabilities(said: Judgements, evidence: Floats, base: Floats) -> Floats:
    """Return every labeller's share of right words, shape (labellers,), by RE-PO's fixed point.

    evidence, shape (n,): logits for each row's label, NaN where none; base, shape (labellers,): the
    reliability to start from, the source's own; people are drawn towards it as if they had made 20
    labels before, unnamed labellers keep it. Several people on a pair tell of each other as with
    Dawid and Skene, the runs being one more voice.

    Source: Cao et al., ICLR 2026, arXiv:2509.24159; Dawid and Skene 1979.
    """
    if not said.named.any():
        return base
    facing = _by_pair(said, evidence)
    of = np.flatnonzero(said.named[said.labeller])
    n = np.bincount(said.labeller[of], minlength=len(base))
    eta = base
    for _ in range(_ROUNDS):
        skill = logit(np.clip(eta, LOWEST, HIGHEST))
        total = facing + np.bincount(said.pair, said.sign * skill[said.labeller], said.pairs)
        right = sigmoid(said.sign[of] * total[said.pair[of]])
        met = np.bincount(said.labeller[of], right, len(base)) + _PRIOR_LABELS * base
        moved = np.where(said.named, met / (n + _PRIOR_LABELS), base)
        still = np.abs(moved - eta).max() <= _TOLERANCE
        eta = moved
        if still:
            break
    return np.asarray(np.clip(eta, LOWEST, HIGHEST), np.float64)


def told(
    labellers: Sequence[Labeller], said: Judgements, evidence: Floats, eta: Floats
) -> tuple[Labeller, ...]:
    """Return the people with their reliability and its 90 % interval; unnamed ones are left out.

    The interval is Wald's, from the information sum ((2p − 1) / P(word))² that their words hold
    beside everybody else's, p being the probability that a word is right by the others alone.
    """
    if not said.named.any():
        return ()
    known = np.isfinite(_by_pair(said, evidence, unknown=np.nan))[said.pair]
    skill = logit(np.clip(eta, LOWEST, HIGHEST))
    own = said.sign * skill[said.labeller]
    total = _by_pair(said, evidence) + np.bincount(said.pair, own, said.pairs)
    p = sigmoid(said.sign * (total[said.pair] - own))
    lean = (2 * p - 1) / (eta[said.labeller] * p + (1 - eta[said.labeller]) * (1 - p))
    n = np.bincount(said.labeller[known], minlength=len(labellers))
    told_by = np.bincount(said.labeller[known], lean[known] ** 2, len(labellers))
    half = 1.645 / np.sqrt(told_by + _PRIOR_LABELS / (eta * (1 - eta)))
    return tuple(
        replace(
            who,
            n=int(n[i]),
            reliability=float(eta[i]),
            low=float(max(eta[i] - half[i], 0.0)),
            high=float(min(eta[i] + half[i], 1.0)),
        )
        for i, who in enumerate(labellers)
        if who.annotator is not None and n[i]
    )


def _owners(inputs: SignalInputs) -> Ints:
    """Return whose label each row has: where the votes it sums up are not known, its source's."""
    if not len(inputs.labeller):
        return inputs.source
    heard = np.zeros(len(inputs.row_id), np.bool_)
    if inputs.votes is not None:
        heard[inputs.votes.row_id] = True
    unnamed = {who.source: i for i, who in enumerate(inputs.labellers) if who.annotator is None}
    of_source = np.array([unnamed.get(name, -1) for name in inputs.source_names], np.int64)
    lost = (inputs.labeller < 0) & ~heard
    return np.where(lost, of_source[inputs.source], inputs.labeller)


def _signs(pair: Ints, chosen_id: Ints, tie: Bools) -> Floats:
    first = np.zeros(int(pair.max(initial=-1)) + 1, chosen_id.dtype)
    rows = np.flatnonzero(~tie)[::-1]
    # Written from the last row to the first, so that the first one stays.
    first[pair[rows]] = chosen_id[rows]
    return np.where(tie, 0.0, np.where(chosen_id == first[pair], 1.0, -1.0))


def _named(inputs: SignalInputs) -> Bools:
    if not len(inputs.labellers):
        return np.zeros(len(inputs.source_names), np.bool_)
    return np.array([who.annotator is not None for who in inputs.labellers], np.bool_)


def _once(pair: Ints, labeller: Ints, sign: Floats, labellers: int) -> Ints:
    key = (pair * max(labellers, 1) + labeller) * 2 + (sign > 0)
    return np.array(np.unique(key, return_index=True)[1], np.int64)


def _by_pair(said: Judgements, evidence: Floats, unknown: float = 0.0) -> Floats:
    """Return the evidence for each pair's first response: that of its first row with some."""
    found = np.full(said.pairs, unknown)
    rows = np.flatnonzero(np.isfinite(evidence) & (said.sign_of != 0))[::-1]
    found[said.pair_of[rows]] = evidence[rows] * said.sign_of[rows]
    return found
