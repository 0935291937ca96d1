"""What an export tells of people: how many votes, how far they agree. No names but those given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from core.curate.judged import Judged
from core.schema import Ints
from core.signals.agreement import agreement

_DIGITS = 3
"""Sums of floats vary in their last digits from machine to machine."""


Told = dict[str, object]


def people_told(
    judged: Judged,
    verdicts: Mapping[str, int] | None = None,
    audit: Mapping[str, object] | None = None,
) -> Told:
    """Return the manifest's `annotators`: plain values, the same on every machine.

    Keys: `annotators` (name → votes), `reviewers` (names), `votes` (that judge), `pairs` (with such
    a vote), `agreement` (the fields of `signals.agreement.Agreement`), all of the whole log up to
    the manifest's head; `verdicts` (what they did → rows, before the preset); and `audit`, where
    there is one: `rate`, `low`, `high` (shares), `judged`, `pairs` (counts).
    """
    votes, people = judged.votes.judged(), judged.people
    cast = np.bincount(votes.person, minlength=len(votes.people)).tolist()
    by_name = {people.annotators[who]: n for who, n in zip(votes.people, cast, strict=True)}
    told: Told = {
        "annotators": dict(sorted(by_name.items(), key=lambda entry: _numbered(entry[0]))),
        "reviewers": sorted(people.reviewers.values(), key=_numbered),
        "votes": int(votes.unit.size),
        "pairs": int(np.unique(votes.unit).size),
        "agreement": _agreement(votes.unit, votes.person, votes.value),
        "verdicts": dict(verdicts or {}),
    }
    return told | ({"audit": _rounded(audit)} if audit else {})


def _agreement(unit: Ints, person: Ints, value: Ints) -> Told:
    return _rounded(asdict(agreement(unit, person, value)))


def _rounded(values: Mapping[str, object]) -> Told:
    return {k: round(v, _DIGITS) if isinstance(v, float) else v for k, v in values.items()}


def _numbered(name: str) -> tuple[int, str]:
    return len(name), name  # annotator-10 comes behind annotator-9
