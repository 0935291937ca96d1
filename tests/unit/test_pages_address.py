"""A parameter of the link: our own late word is not taken for a person's."""

from __future__ import annotations

from pages.components.address import Followed


def test_a_late_address_does_not_lead_back() -> None:
    followed = Followed("b", "a", ["b"])
    for said in ("a", "a", "b"):
        followed.hear(said)
        assert followed.value == "b"
    followed.hear("a")
    assert followed.value == "a", "then it is the browser's way back"


def test_presses_faster_than_the_address_lead_on() -> None:
    followed = Followed("d", "a", ["b", "c", "d"])
    for said in ("a", "b", "d"):
        followed.hear(said)
        assert followed.value == "d"
    assert not followed.due


def test_a_link_is_followed_whatever_is_due() -> None:
    followed = Followed("b", "a", ["b"])
    followed.hear("z")
    assert followed == Followed("z", "z")
    followed.hear("")
    assert followed.value == ""
