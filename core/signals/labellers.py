"""Who says what about a pair: labels and votes as evidence, each as good as who gave it.

Labels of nobody in particular are one labeller per source. A label that such a labeller repeats is
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
_PRIOR_WORDS = 20.0
"""Words of average reliability that a person is taken to have said before."""
_ROUNDS = 100
_TOLERANCE = 1e-6
"""Of a reliability."""


def label_numbers(source: Ints, pair_id: Ints, chosen_id: Ints) -> Ints:
    """Return a number per row, equal where source, pair and chosen response are, shape (n,)."""
    pair, chosen = (np.unique(ids, return_inverse=True)[1] for ids in (pair_id, chosen_id))
    sources = int(source.max(initial=0)) + 1
    _, both = np.unique(pair * (len(pair) + 1) + chosen, return_inverse=True)
    return np.asarray(both * sources + source, np.int64)


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
    named = _named(inputs)
    once = _once(who[0], _persons(inputs, named)[who[1]], who[2], len(named))
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

    skill: logit of each labeller's reliability. People add up; of unnamed labellers the surest one
    on each side speaks, and none on the side that people of the pair already took: such a label
    sums up their votes. Both labels of a pair get opposite logits.
    """
    return pair_logits(said, skill)[said.pair_of] * said.sign_of


def pair_logits(said: Judgements, skill: Floats) -> Floats:
    """Return the logits of all words for each pair's first response, shape (pairs,)."""
    of = said.named[said.labeller]
    word = said.sign[of] * skill[said.labeller[of]]
    people = np.asarray(np.bincount(said.pair[of], word, said.pairs), np.float64)
    total = people.copy()
    for sign in (1.0, -1.0):
        some = ~of & (said.sign == sign)
        surest = np.zeros(said.pairs)
        np.maximum.at(surest, said.pair[some], skill[said.labeller[some]])
        total += np.where(sign * people > 0, 0.0, sign * surest)
    return total


def words_of(
    said: Judgements, skill: Floats, labellers: Sequence[Labeller], row: int
) -> tuple[EvidenceBar, ...]:
    """Return what is said about one row's label, word by word; the sum is its `label_logits`."""
    label = said.sign_of[row]
    here = np.flatnonzero((said.pair == said.pair_of[row]) & (label != 0))
    who, side = said.labeller[here], said.sign[here] * label
    named = said.named[who]
    people = [
        EvidenceBar(
            "label" if one == said.own[row] and for_it > 0 else "vote",
            labellers[one].annotator or "",
            float(for_it * skill[one]),
        )
        for one, for_it in zip(who[named], side[named], strict=True)
    ]
    leaning = sum(bar.logit for bar in people)
    sides: tuple[tuple[BarKind, float], ...] = (("label", 1.0), ("other label", -1.0))
    unnamed = [
        EvidenceBar(kind, labellers[surest].source, float(sign * skill[surest]))
        for kind, sign in sides
        if len(those := who[~named & (side == sign)]) and sign * leaning <= 0
        for surest in (int(those[np.argmax(skill[those])]),)
    ]
    return (*unnamed, *people)


def reliabilities(said: Judgements, evidence: Floats, base: Floats) -> Floats:
    """Return every labeller's share of right words, shape (labellers,), by RE-PO's fixed point.

    evidence, shape (n,): logits for each row's label, NaN where none; base, shape (labellers,): the
    reliability to start from, the source's own. People are drawn towards it as if they had said 20
    words before that tell as much as theirs do; unnamed labellers keep it. Several people on a pair
    tell of each other as with Dawid and Skene, the runs being one more voice.

    Source: Cao et al., ICLR 2026, arXiv:2509.24159; Dawid and Skene 1979.
    """
    if not said.named.any():
        return base
    facing = _by_pair(said, evidence)
    of = np.flatnonzero(said.named[said.labeller])
    n = np.bincount(said.labeller[of], minlength=len(base))
    drawn = _prior_words(said, facing, base)
    eta = base
    for _ in range(_ROUNDS):
        total = facing + pair_logits(said, logit(np.clip(eta, LOWEST, HIGHEST)))
        right = sigmoid(said.sign[of] * total[said.pair[of]])
        met = np.bincount(said.labeller[of], right, len(base)) + drawn * base
        moved = np.where(said.named, met / np.maximum(n + drawn, 1e-9), base)
        still = np.abs(moved - eta).max() <= _TOLERANCE
        eta = moved
        if still:
            break
    return np.asarray(np.clip(eta, LOWEST, HIGHEST), np.float64)


def _prior_words(said: Judgements, facing: Floats, eta: Floats) -> Floats:
    """Return 20 words times how much a word of each labeller tells, at least 1."""
    n = np.maximum(np.bincount(said.labeller, minlength=len(eta)), 1)
    told = np.bincount(said.labeller, _leans(said, facing, eta) ** 2, len(eta)) / n
    return np.asarray(np.clip(_PRIOR_WORDS * told, 1.0, _PRIOR_WORDS), np.float64)


def _leans(said: Judgements, facing: Floats, eta: Floats) -> Floats:
    """Return 2p − 1 per word, p being the chance that it is right by the others alone."""
    skill = logit(np.clip(eta, LOWEST, HIGHEST))
    total = facing + pair_logits(said, skill)
    return 2 * sigmoid(said.sign * total[said.pair] - skill[said.labeller]) - 1


def told(
    labellers: Sequence[Labeller], said: Judgements, evidence: Floats, eta: Floats
) -> tuple[Labeller, ...]:
    """Return the people with their reliability and its 90 % interval; unnamed ones are left out.

    The interval is Wald's, from the information sum ((2p − 1) / P(word))² that their words hold
    beside everybody else's, p being the probability that a word is right by the others alone.
    """
    if not said.named.any():
        return ()
    facing = _by_pair(said, evidence)
    known = np.isfinite(_by_pair(said, evidence, unknown=np.nan))[said.pair]
    lean = _leans(said, facing, eta)
    of = eta[said.labeller]
    lean = lean / (of * (1 + lean) / 2 + (1 - of) * (1 - lean) / 2)
    n = np.bincount(said.labeller[known], minlength=len(labellers))
    told_by = np.bincount(said.labeller[known], lean[known] ** 2, len(labellers))
    half = 1.645 / np.sqrt(told_by + _prior_words(said, facing, eta))
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


def _persons(inputs: SignalInputs, named: Bools) -> Ints:
    """Return a number per labeller, equal for people of the same name, whatever their source.

    A data set and its copy under another name bring the same votes: they count once on a pair.
    """
    numbers = np.arange(len(named))
    first: dict[str, int] = {}
    for i, who in enumerate(inputs.labellers):
        if who.annotator is not None:
            numbers[i] = first.setdefault(who.annotator, i)
    return numbers


def _once(pair: Ints, person: Ints, sign: Floats, persons: int) -> Ints:
    key = (pair * max(persons, 1) + person) * 2 + (sign > 0)
    return np.array(np.unique(key, return_index=True)[1], np.int64)


def _by_pair(said: Judgements, evidence: Floats, unknown: float = 0.0) -> Floats:
    """Return the evidence for each pair's first response: the mean over its rows with some."""
    rows = np.flatnonzero(np.isfinite(evidence) & (said.sign_of != 0))
    n = np.bincount(said.pair_of[rows], minlength=said.pairs)
    total = np.bincount(said.pair_of[rows], evidence[rows] * said.sign_of[rows], said.pairs)
    return np.where(n > 0, total / np.maximum(n, 1), unknown)
