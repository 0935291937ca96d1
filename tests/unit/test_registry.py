"""Parameters of registered entries: their type, their bounds, and what is no number."""

from __future__ import annotations

import pytest

from core.errors import UsageError
from core.registry import Param, settle

PARAMS = (
    Param("folds", "Folds", 5, 2, 50, "How many parts."),
    Param("share", "Share", 0.5, 0.0, 1.0, "Of all rows."),
)


def test_what_is_not_given_is_the_default() -> None:
    found = settle("made", PARAMS, {})
    assert found == {"folds": 5, "share": 0.5}
    assert [type(value) for value in found.values()] == [int, float]


@pytest.mark.parametrize("given", ["7", 7, 7.0, "7.0", "7e0", " 7 "])
def test_a_whole_number_may_be_written_in_any_way(given: object) -> None:
    found = settle("made", PARAMS, {"folds": given})["folds"]
    assert (found, type(found)) == (7, int)


@pytest.mark.parametrize("given", ["7.5", 2.000001, "nan", "inf", float("-inf"), "seven", None, ""])
def test_what_is_no_whole_number_is_never_rounded(given: object) -> None:
    with pytest.raises(UsageError, match="folds of made cannot be") as caught:
        settle("made", PARAMS, {"folds": given})
    assert caught.value.hint == "How many parts."


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("folds", 1, "It is 2 to 50."),
        ("folds", 51, "It is 2 to 50."),
        ("share", -0.01, "It is 0 to 1."),
        ("share", "1.01", "It is 0 to 1."),
        ("share", "inf", "It is 0 to 1."),
        ("share", "nan", "It is 0 to 1."),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_the_bounds(
    name: str, given: object, said: str
) -> None:
    with pytest.raises(UsageError, match=f"{name} of made cannot be") as caught:
        settle("made", PARAMS, {name: given})
    assert caught.value.hint == said


@pytest.mark.parametrize(
    ("name", "given"), [("folds", 2), ("folds", 50), ("share", 0), ("share", 1)]
)
def test_the_bounds_themselves_are_allowed(name: str, given: int) -> None:
    assert settle("made", PARAMS, {name: given})[name] == given


def test_an_unknown_parameter_is_named_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="made has no parameter 'fold'") as caught:
        settle("made", PARAMS, {"fold": 3})
    assert caught.value.hint == "Known: folds, share."
    with pytest.raises(UsageError) as caught:
        settle("bare", (), {"fold": 3})
    assert caught.value.hint == "Known: none."
