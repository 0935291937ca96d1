"""How far a person is, at their own pace, and when a break is due."""

from __future__ import annotations

import math
import time

import streamlit as st

from core.relabel.queues import Progress
from pages.components import cached
from pages.components.seat import Seat, here
from pages.components.words import counted

PAUSE_SECONDS = 300.0
"""So long without an answer is a pause."""
BREAK_SECONDS = 3000.0
"""Work without a pause after which a break is proposed."""
REFRESH_ANSWERS = 20
"""What a queue wants is looked at anew after so many own answers."""
STEP_ANSWERS, STEP_SHARE = 10, 0.05
"""It is said in steps of so many answers, or of that share of all."""


def touch(seat: Seat, now: float | None = None) -> None:
    """Note that an answer was given; after a pause the work begins anew."""
    now = time.monotonic() if now is None else now
    if not seat.touched or now - seat.touched >= PAUSE_SECONDS:
        seat.since, seat.reminded = now, False
    seat.touched = now


def due(seat: Seat) -> bool:
    """Return whether a break is to be proposed."""
    return not seat.reminded and seat.touched - seat.since >= BREAK_SECONDS


def line(found: Progress, person: str, queue_id: str, pairs: int) -> str:
    """Return how far this person is; of two lines around a press, nothing tells what it was for.

    pairs: how many the queue has: one person is asked about each once.

    Own answers of every purpose count alike. What the queue wants falls with an answer for a label
    alone, so of that only coarse steps are said.
    """
    if found.practice_left:
        return (
            f"Practice: {found.practice_left} to go. These answers are not counted, "
            "and each is followed by its solution."
        )
    wanted, step = coarse(found, person, queue_id), step_of(found.total)
    few = "fewer than" if wanted <= step else "about"
    said = [f"{found.answered:,} answered", f"{few} {wanted:,} wanted in this queue"]
    if found.median_seconds is not None:
        said += [
            f"{seconds(found.median_seconds)} each",
            left(min(wanted, pairs), found.median_seconds),
        ]
    return " · ".join(said)


def coarse(found: Progress, person: str, queue_id: str) -> int:
    """Return what the queue wants in whole steps, never 0, as it was at the last look.

    Kept for all sessions: a page that is loaded anew after a press looks no sooner.
    """
    step = step_of(found.total)
    now = min(max(1, math.ceil(found.wanted / step)) * step, max(step, found.total))
    return cached.first(now, queue_id, person, found.total, found.answered // REFRESH_ANSWERS)


def step_of(total: int) -> int:
    """Return the step in which the answers of a queue that wants `total` are said."""
    return max(STEP_ANSWERS, math.ceil(STEP_SHARE * total))


def seconds(value: float) -> str:
    """Return a time per answer."""
    return f"{value:.0f} s" if value >= 10 else f"{value:.1f} s"


def left(wanted: int, each: float) -> str:
    """Return how long `wanted` answers take one person at `each` seconds."""
    minutes = wanted * each / 60
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
