"""Every number of a pair, grouped by meaning, with its place among the store's other rows."""

from __future__ import annotations

import streamlit as st

from core.signals.spec import SIGNALS
from core.views.percentiles import Ladders, ladders
from core.views.results import PairDetail, SignalChoice
from pages.components import cached, render
from pages.components.reader import GOLD_SIGNAL
from pages.components.render import Meter, Row, Table
from pages.components.words import counted, number, plain

_HEADS = ("Signal", "Value", "Percentile")


def show(detail: PairDetail, choices: tuple[SignalChoice, ...]) -> None:
    """Draw the rewards of each run, then the signals by family; say which are unknown."""
    places = cached.ask(ladders)
    scored = {score.run_id for score in detail.scores}
    told = [
        choice
        for choice in choices
        if choice.column.name != GOLD_SIGNAL and choice.column.run_id not in scored
    ]
    known = [c for c in told if detail.signals.get(c.column.name) is not None]
    rewards = _rewards(detail, choices, places)
    found = [*rewards, *_families(detail, known, places)]
    if found:
        render.tables(found, _legend(known))
    if not rewards:
        st.caption("No run has scored these answers.")
    _notes(places, [c.title for c in told if c not in known])


def _families(detail: PairDetail, known: list[SignalChoice], places: Ladders) -> list[Table]:
    """Return a table per family, in the order in which its first signal is stored."""
    rows: dict[str, list[Row]] = {}
    for choice in known:
        value = detail.signals[choice.column.name]
        share = Meter(places.share(choice.column.name, value))
        said = f"{number(value)} {choice.unit}" if _has_unit(choice) else number(value)
        row = Row((choice.title, said, share), _said(choice))
        rows.setdefault(_family(choice), []).append(row)
    return [Table(family, _HEADS, tuple(of), quiet=True) for family, of in rows.items()]


def _rewards(detail: PairDetail, choices: tuple[SignalChoice, ...], places: Ladders) -> list[Table]:
    """Return each run's two rewards with the margin between them."""
    names = {c.column.run_id: c.column.name for c in choices if c.column.run_id}
    rows = [
        Row(
            (
                score.run_id,
                number(score.chosen),
                number(score.rejected),
                number(detail.signals.get(names.get(score.run_id, ""))),
                Meter(_share(detail, names.get(score.run_id, ""), places)),
            )
        )
        for score in detail.scores
    ]
    sides = ("First", "Second") if detail.tie_kind else ("Chosen", "Rejected")
    heads = ("Run", *sides, "Margin", "Percentile")
    return [Table("Rewards", heads, tuple(rows))] if rows else []


def _share(detail: PairDetail, name: str, places: Ladders) -> float | None:
    return places.share(name, detail.signals.get(name))


def _family(choice: SignalChoice) -> str:
    return SIGNALS.get(choice.column.signal).family


def _has_unit(choice: SignalChoice) -> bool:
    """Return whether the unit is short enough to stand with each number."""
    return choice.unit in ("nats", "logits", "characters")


def _said(choice: SignalChoice) -> str:
    return f"{choice.direction} Unit: {choice.unit}." if choice.unit else choice.direction


def _legend(known: list[SignalChoice]) -> list[tuple[str, str]]:
    margin = ("Margin", "Chosen minus rejected; positive agrees with the label.")
    place = ("Percentile", "Rows of the whole store with a lower value, of 100 that have one.")
    return [place, margin, *((choice.title, _said(choice)) for choice in known)]


def _notes(places: Ladders, unknown: list[str]) -> None:
    about = "" if places.exact else "Percentiles are from a sample of 50,000 rows, within 0.5. "
    if unknown:
        with st.expander(
            f"{counted(len(unknown), 'signal')} unknown for this pair", type="compact"
        ):
            st.caption(plain(", ".join(unknown), 4000))
    if about:
        st.caption(about)
