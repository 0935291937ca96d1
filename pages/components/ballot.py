"""What a press does on Relabel: every write of the page happens in one of these callbacks.

A press counts for the pair whose texts were on screen. The key of every button names its pair, so
a press on a pair that is gone finds no button, or one that says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from core.errors import AssayError, LogError, RelabelError, UsageError
from core.schema.relabel import STRENGTHS, Answer, BlindItem, Person, Receipt
from pages.components import cached, pace, reasons, who
from pages.components.seat import Seat, Unsent, here

TWICE = "Two answers came at once; none was counted. Press again."
ELSEWHERE = "This pair was answered before, perhaps in another tab; that answer stands."
LATE = "Others had answered enough meanwhile: the answer is kept beside, and not counted."
T = TypeVar("T")
CHOICES = ("a", "b", "tie", "both_bad", "cannot_judge")


def key(name: str, token: str) -> str:
    """Return the key of a button that belongs to one showing."""
    return f"relabel_{name}_{token}"


def cast(token: str, choice: str) -> None:
    """Take a vote for what is on screen."""
    seat = here()
    seat.act()
    item = seat.item
    if item is None or item.token != token or not seat.answerable:
        seat.drop()
    elif sum(_pressed(key(name, token)) for name in CHOICES) > 1:
        # Two presses met in one run, and nobody knows which came first.
        seat.warning = TWICE
    else:
        _send(seat, item, _answer(seat, item, choice))


def send_again() -> None:
    """Send the answer that the log did not take; by its token it is never counted twice."""
    seat = here()
    seat.act()
    if seat.unsent is not None:
        _send(seat, seat.unsent.item, seat.unsent.answer)


def skip(token: str) -> None:
    """Leave the pair on screen to others."""
    seat = here()
    seat.act()
    if seat.item is None or seat.item.token != token:
        seat.drop()
    elif _tried(seat, lambda name: _skipped(name, token)):
        _behind(seat, token)


def undo(token: str, seq: int) -> None:
    """Take back the vote `seq`, unless another pair came on screen since the press."""
    seat = here()
    seat.act()
    if token != (seat.item.token if seat.item else ""):
        seat.drop()
    else:
        take_back(seq)


def take_back(seq: int) -> BlindItem | None:
    """Take an own vote back; its pair comes on screen next. Return the pair, None if refused."""
    seat = here()
    seat.act()
    said = cached.desk().ask(lambda state: state.votes.get(seq))
    opened = _tried(seat, lambda name: cached.desk().undo(name, seq))
    if opened is not None:
        seat.saved, seat.practised, seat.item = "", None, None
        seat.warning = "The answer is taken back; its pair is open again."
        if said is not None:
            seat.recalled = said.answer.strength
            reasons.recall(opened.token, said.answer)
    return opened


def strengthen(token: str, strength: int) -> None:
    """Choose how strong the next vote is; the same again takes it back."""
    seat = here()
    seat.act()
    if seat.item is not None and seat.item.token == token:
        seat.strength = None if seat.strength == strength else strength


def uncover(token: str) -> None:
    """Show the texts of a pair that a warning stands before."""
    seat = here()
    seat.act()
    seat.uncovered = token


def go_on() -> None:
    """Leave a solution behind."""
    seat = here()
    seat.act()
    seat.practised = None


def _pressed(name: str) -> bool:
    return st.session_state.get(name) is True


def _answer(seat: Seat, item: BlindItem, choice: str) -> Answer:
    winners = {"a": item.left_id, "b": item.right_id}
    # A strength pressed in the same moment has not had its own callback yet.
    now = [n for n in STRENGTHS if _pressed(key(f"strength_{n}", item.token))]
    return Answer(
        winner_id=winners.get(choice),
        tie=None if choice in winners else choice,
        strength=now[-1] if now else seat.strength,
        **reasons.given(item.token),
        seconds=round(time.monotonic() - seat.drawn_at, 3),
        masked=bool(st.session_state.get("relabel_masked")),
        leaked=seat.leaked,
    )


def _send(seat: Seat, item: BlindItem, answer: Answer) -> None:
    seat.unsent = None
    try:
        receipt = cached.desk().vote(_person().name, item.token, answer)
    except RelabelError as error:
        seat.warning = str(error)
        _behind(seat, item.token)
    except (LogError, UsageError, OSError) as error:
        seat.unsent = Unsent(item, answer, str(error))
    else:
        pace.touch(seat)
        _acknowledged(seat, item, receipt)
        _behind(seat, item.token)


def _acknowledged(seat: Seat, item: BlindItem, receipt: Receipt) -> None:
    vote = receipt.vote
    if receipt.repeated:
        if item.token == seat.last_token:
            seat.drop()
        else:
            seat.warning = ELSEWHERE
        return
    seat.last_token = item.token
    seat.saved = f"Saved {datetime.fromtimestamp(vote.at / 1e6, zone()):%H:%M:%S}"
    if vote.late:
        seat.warning = LATE
    if item.purpose == "practice":
        seat.saved, seat.practised = "", (item, vote.answer)


def _behind(seat: Seat, token: str) -> None:
    """Forget what belonged to a pair that was answered or left."""
    seat.strength = None
    if seat.item is not None and seat.item.token == token:
        seat.item, seat.answerable = None, False


def _tried(seat: Seat, step: Callable[[str], T]) -> T | None:
    """Do a step as whoever is at the page; where it is refused, say why and return None."""
    try:
        return step(_person().name)
    except (AssayError, OSError) as error:
        seat.warning = str(error)
        return None


def _skipped(name: str, token: str) -> bool:
    cached.desk().skip(name, token)
    return True


def _person() -> Person:
    found = who.known()
    if isinstance(found, Person):
        return found
    raise RelabelError("You are no longer on the list of this project.", "It was not saved.")


def zone() -> tzinfo:
    """Return the time zone of the browser, UTC where it says none."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
