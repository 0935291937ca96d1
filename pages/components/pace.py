"""How far a person is, at their own pace, and when a break is due."""

from __future__ import annotations

import time

import streamlit as st

from core.relabel.queues import Progress
from pages.components.seat import Seat, here
from pages.components.words import counted

PAUSE_SECONDS = 300.0
"""So long without an answer is a pause."""
BREAK_SECONDS = 3000.0
"""Work without a pause after which a break is proposed."""


def touch(seat: Seat, now: float | None = None) -> None:
    """Note that an answer was given; after a pause the work begins anew."""
    now = time.monotonic() if now is None else now
    if not seat.touched or now - seat.touched >= PAUSE_SECONDS:
        seat.since, seat.reminded = now, False
    seat.touched = now


def due(seat: Seat) -> bool:
    """Return whether a break is to be proposed."""
    return not seat.reminded and seat.touched - seat.since >= BREAK_SECONDS


def line(found: Progress) -> str:
    """Return how far this person is."""
    if found.practice_left:
        return (
            f"Practice: {found.practice_left} to go. These answers are not counted, "
            "and each is followed by its solution."
        )
    said = [f"{found.answered:,} answered", f"{found.wanted:,} wanted in this queue"]
    if found.median_seconds is not None:
        said += [f"{seconds(found.median_seconds)} each", left(found)]
    return " · ".join(said)


def seconds(value: float) -> str:
    """Return a time per answer."""
    return f"{value:.0f} s" if value >= 10 else f"{value:.1f} s"


def left(found: Progress) -> str:
    """Return how long the rest takes one person at their own pace."""
    minutes = found.wanted * (found.median_seconds or 0.0) / 60
    if minutes < 90:
        return f"about {counted(max(1, round(minutes)), 'minute')} left at your pace"
    return f"about {counted(round(minutes / 60), 'hour')} left at your pace"


def remind(seat: Seat) -> None:
    """Propose a break, once."""
    if due(seat):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("You have worked for 50 minutes without a pause. A few minutes away help.")
            st.button("Put away", key="relabel_reminder", type="tertiary", on_click=_away)


def _away() -> None:
    seat = here()
    seat.act()
    seat.reminded = True
