"""Team's agreement: how far people agree beyond chance, and contested apart from wrong."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from core.charts.alpha import TITLES, alpha_figure, alpha_table, alpha_text
from core.relabel.agreed import agreed, split_or_wrong, two_by_two
from core.relabel.verdicts import Verdict
from core.signals.agreement import Agreement
from core.views.settle import labels_of, pairs_by_source
from core.views.team import Agreed
from pages.components import cached, chart, problems, teamdo, teamrule
from pages.components.teamdo import Team
from pages.components.words import counted, plain

_MAJORITY = teamrule.Chosen("majority", ())
_EACH = " A pair that is in several sources counts for each of them."
_KINDS = {"all": "", "queue": "Queue", "source": "Source"}


def show(team: Team) -> None:
    """Draw the agreement."""
    told = teamrule.now(team, _MAJORITY)
    if not told:
        problems.empty(
            "Nobody has voted yet.",
            "Agreement needs pairs that two people judged: make a queue with two or more answers "
            "per pair.",
        )
        return
    pairs = tuple(verdict.pair_id for verdict in told)
    _statistics(team.ask(agreed, cached.ask_large(pairs_by_source, pairs)))
    st.subheader("Contested is not wrong", anchor=False)
    _split_or_wrong(told, cached.ask_large(labels_of, pairs))
    _two(team)


def _statistics(rows: tuple[Agreed, ...]) -> None:
    whole, several = rows[0].alpha, rows[-1].kind == "source"
    st.caption(
        f"1 is perfect, 0 is chance. From {counted(whole.units, 'pair')} that two people or more "
        f"judged, {counted(whole.votes, 'vote')} of {whole.people} people; “cannot judge” is left "
        f"out. Intervals are 95 %, by drawing whole pairs anew.{_EACH if several else ''}"
    )
    lines = [
        {
            "Votes of": _name(row),
            "Pairs judged twice": f"{row.alpha.units:,}",
            "People": str(row.alpha.people),
            "Krippendorff's α": _told(row.alpha),
            "κ": _kappa(row),
        }
        for row in rows
    ]
    st.table(lines, hide_index=True, border="horizontal", alt="Agreement of people")
    known = tuple(row for row in rows if row.alpha.value is not None)
    if known:
        chart.show(
            alpha_figure(known, chart.theme()),
            "agreed",
            alpha_text(known),
            lambda: alpha_table(rows),
            caption=False,
        )


def _kappa(row: Agreed) -> str:
    """Return κ with whose it is; nothing where it is not defined for the reason α is not."""
    if row.kappa.value is None and row.kappa.why == row.alpha.why:
        return "–"
    return f"{TITLES[row.kappa.statistic]}: {_told(row.kappa)}"


def _name(row: Agreed) -> str:
    kind = _KINDS[row.kind]
    return f"{kind} {plain(row.name, 80)}".strip()


def _told(found: Agreement) -> str:
    """Return a statistic with its interval, or the sentence that says why not."""
    if found.value is None:
        return plain(found.why)
    if found.low is None or found.high is None:
        return f"{found.value:.2f}. {plain(found.why)}"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _split_or_wrong(told: Iterable[Verdict], rows: Iterable[tuple[int, int | None]]) -> None:
    found = split_or_wrong(told, rows)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**People split** over {teamdo.told(found.split)} of pairs judged twice.")
        st.caption(
            "No majority is large enough. People rightly differ, the prompt says too little, or "
            "the guideline is unclear: no label is wrong, and none is flipped or removed."
        )
    with right:
        st.markdown(f"**People contradict the label** of {teamdo.told(found.against)} they settle.")
        st.caption(
            "They agree with each other and not with the label. Queues of suspects are picked for "
            "that: this is no rate of the whole set, which is on Audit."
        )


def _two(team: Team) -> None:
    found = team.ask(two_by_two)
    if len(found) < 2:
        return
    with st.expander("Two by two"):
        lines = [
            {
                "Who": f"{plain(two.first)} and {plain(two.second)}",
                "Pairs both judged": f"{two.kappa.units:,}",
                "Cohen's κ": _told(two.kappa),
            }
            for two in sorted(found, key=lambda two: -(two.kappa.value or -2.0))
        ]
        st.table(lines, hide_index=True, border="horizontal", alt="Agreement of every two people")
