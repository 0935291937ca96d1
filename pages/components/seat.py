"""What one browser session has before it on Relabel; no acknowledged answer is here alone."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import streamlit as st

from core.schema.relabel import Answer, BlindItem

EARLY = "A press came before the next pair was on screen; it was not counted."
EARLY_SECONDS = 3.0
_STATE = "relabel"


@dataclass(frozen=True)
class Unsent:
    """An answer that the log did not take, and why."""

    item: BlindItem
    answer: Answer
    why: str


@dataclass
class Seat:
    """Where a person works."""

    item: BlindItem | None = None
    """The pair last sent to this session."""
    drawn_at: float = 0.0
    """When its texts were sent first, on the server's clock."""
    answerable: bool = False
    """Its texts were sent, not only its place."""
    last_token: str = ""
    """Of the pair that this session answered last."""
    leaked: bool = False
    """One of its answers names a maker."""
    strength: int | None = None
    """For the next vote alone."""
    recalled: int | None = None
    """Strength of an answer that was taken back, for its pair."""
    saved: str = ""
    """When the log acknowledged the last answer, as it is shown."""
    warning: str = ""
    """What went otherwise with the last press."""
    unsent: Unsent | None = None
    practised: tuple[BlindItem, Answer] | None = None
    """What was answered in practice, while its solution is on the page."""
    uncovered: str = ""
    """Token of the pair whose warning was read."""
    acted: bool = False
    """A callback ran before this run."""
    whole: bool = True
    """The whole page is being drawn, not the pair alone."""
    guideline: str = ""
    """Hash of the guideline on the page."""
    begun: set[str] = field(default_factory=set)
    """Queues whose start was left behind."""
    since: float = 0.0
    """When the work without a pause began."""
    touched: float = 0.0
    """When a key was last pressed."""
    reminded: bool = False
    """The reminder of a break was put away."""

    kept_until: float = 0.0
    """Until then the warning stays, whatever is pressed."""

    def act(self) -> None:
        """Begin a callback: what was said of the press before is over."""
        self.acted = True
        if time.monotonic() >= self.kept_until:
            self.warning = ""

    def drop(self) -> None:
        """Say that a press was not counted, for long enough that who presses fast can read it."""
        self.warning = EARLY
        self.kept_until = time.monotonic() + EARLY_SECONDS


def here() -> Seat:
    """Return the seat of this browser session."""
    found: Seat = st.session_state.setdefault(_STATE, Seat())
    return found
