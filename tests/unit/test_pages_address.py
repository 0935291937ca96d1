"""A parameter of the link: our own late word is not taken for a person's."""

from __future__ import annotations

from pages.components.address import Followed


def test_a_late_address_does_not_lead_back() -> None:
    followed = Followed("b", "a", [("b", 0.0)])
    for said in ("a", "a", "b"):
        followed.hear(said, 1.0)
        assert followed.value == "b"
    followed.hear("a", 1.0)
    assert followed.value == "a", "then it is the browser's way back"


def test_presses_faster_than_the_address_lead_on() -> None:
    followed = Followed("d", "a", [(word, 0.0) for word in "bcd"])
    for said in ("a", "b", "d"):
        followed.hear(said, 1.0)
        assert followed.value == "d"
    assert not followed.due


def test_a_link_is_followed_whatever_is_due() -> None:
    followed = Followed("b", "a", [("b", 0.0)])
    followed.hear("z", 1.0)
    assert followed == Followed("z", "z")
    followed.hear("", 1.0)
    assert followed.value == ""


def test_to_and_fro_faster_than_the_address_ends_where_it_began() -> None:
    followed = Followed("a", "a", [("b", 0.0), ("a", 0.1)])
    for said in ("a", "b", "b", "a"):
        followed.hear(said, 1.0)
        assert followed.value == "a"
    assert not followed.due


def test_a_word_that_never_came_is_a_way_back_later() -> None:
    followed = Followed("a", "b", [("a", 0.0)])
    followed.hear("a", 60.0)
    assert followed == Followed("a", "a")
    followed.hear("b", 61.0)
    assert followed.value == "b"
