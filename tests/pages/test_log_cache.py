"""Which cached answers a vote makes old: those that depend on votes, and no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.curate.preview import preview
from core.curate.recipe import Recipe
from core.schema import Condition, PairFilter
from core.views.browse import count, pair_detail
from core.views.overview import overview
from core.views.voted import row_votes
from pages.components import cached

VOTED = PairFilter(conditions=(Condition("votes_cast", ">=", 1.0),))
PLAIN = PairFilter(conditions=(Condition("suspicion", ">=", 0.5),), hidden=(3,))


class _Opened:
    """As much of a store as a key is made of."""

    fingerprint = "f"


@pytest.fixture
def head(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The head that the store's tables hold, and how often that was asked for."""
    asked: list[int] = []

    def voted(opened: object) -> int:
        asked.append(1)
        return 40 + len(asked)

    monkeypatch.setattr(cached, "_voted", voted)
    return asked


@pytest.mark.parametrize(
    ("question", "args", "kwargs"),
    [
        (count, (PLAIN,), {}),
        (pair_detail, (3, (4,)), {}),
        (overview, (), {}),
        (preview, (Recipe(filter=PLAIN),), {}),
    ],
)
def test_a_vote_leaves_other_answers_alone(
    head: list[int], question: object, args: tuple, kwargs: dict
) -> None:
    first, second = (cached._key(_Opened(), question, args, kwargs) for _ in range(2))
    assert first == second
    assert head == []


@pytest.mark.parametrize(
    ("question", "args", "kwargs"),
    [
        (count, (VOTED,), {}),
        (count, (), {"filter": VOTED}),
        (preview, (Recipe(filter=VOTED),), {}),
        (row_votes, (3,), {}),
    ],
)
def test_answers_that_depend_on_votes_have_the_head_in_their_key(
    head: list[int], question: object, args: tuple, kwargs: dict
) -> None:
    first, second = (cached._key(_Opened(), question, args, kwargs) for _ in range(2))
    assert first[0] == ("f", 41)
    assert second[0] == ("f", 42)


def test_who_has_pairs_open_never_gets_the_answer_of_who_has_none(head: list[int]) -> None:
    keys = {cached._key(_Opened(), count, (PairFilter(hidden=h),), {}) for h in ((), (1,), (2,))}
    assert len(keys) == 3
