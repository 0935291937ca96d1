"""Team's audit: how noisy the labels are, by pairs drawn at random, and whether to go on."""

from __future__ import annotations

import streamlit as st

from core.charts.audit import audit_figure, audit_table, audit_text
from core.relabel.audithistory import audit_history
from core.relabel.auditing import TARGET, AuditReport
from core.relabel.goldcheck import checked_audit
from core.relabel.standing import QueueRow, queue_rows
from core.relabel.state import State
from core.signals.audit import AuditRate, Rate
from pages.components import chart, problems, teamdo, teamrule
from pages.components.teamdo import Team
from pages.components.words import counted, plain

KEY = "audited"
TARGETS = (0.005, 0.01, 0.02, 0.03, 0.05)
_TARGET = "audit_target"
_FEW = 10
"""Judged pairs drawn at random below which a rate is told as an interval alone."""


def report(
    state: State, queue: str, rule: str, params: tuple[tuple[str, float], ...], target: float
) -> AuditReport:
    """Return the audit of a queue."""
    found = teamrule.found(state, rule, params)
    return checked_audit(state, queue, rule, params, found, target)


def show(team: Team) -> None:
    """Draw the audit of one queue."""
    rows = [row for row in team.ask(queue_rows) if row.items]
    if not rows:
        problems.empty(
            "There is no queue to audit by.",
            "Every queue holds pairs drawn at random, and a noise rate follows from those. Make "
            "one under Queues; the kind random asks about drawn pairs alone.",
            "python -m core queue make NAME --kind random",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = _chosen(rows)
        target = _target()
        chosen = teamrule.choose()
    st.caption(f"It speaks of: {plain(row.sentence, 400)}.")
    told = team.ask(report, row.id, chosen.rule, chosen.params, target)
    _headline(told, row)
    if told.found.judged:
        _sources(told.found)
        points = team.ask(audit_history, row.id, chosen.rule, chosen.params)
        if len(points) > 1:
            st.subheader("As the answers came in", anchor=False)
            chart.show(
                audit_figure(points, chart.theme()),
                "audit",
                audit_text(points),
                lambda: audit_table(points),
            )
    _how()


def _chosen(rows: list[QueueRow]) -> QueueRow:
    by_id = {row.id: row for row in rows}
    return by_id[teamdo.pick("Queue", KEY, {row.id: row.name for row in rows}, "queue")]


def _target() -> float:
    chosen = st.selectbox(
        "Stop when the rate is known to",
        TARGETS,
        TARGETS.index(TARGET),
        format_func=lambda half: f"± {100 * half:g} points",
        key=_TARGET,
        width=220,
    )
    return TARGET if chosen is None else chosen


def _headline(told: AuditReport, row: QueueRow) -> None:
    found, rate = told.found, told.found.rate
    if rate is None:
        st.markdown("**The noise rate is not known yet.**")
        st.caption(f"{plain(found.why)} {counted(found.judged, 'pair')} of it are judged.")
    else:
        _rate(rate)
        _mistakes(told)
        _naive(found)
        _more(told)
    (st.success if told.stop.reached else st.info)(
        plain(told.stop.sentence, 800),
        icon=":material/flag:" if told.stop.reached else ":material/directions_run:",
    )
    if told.note:
        st.caption(plain(told.note))
    if told.without_winner:
        n = counted(told.without_winner, "judged pair")
        st.caption(f"{n} without a better answer: counted as not reversed.")


def _rate(rate: Rate) -> None:
    said = f"### {100 * rate.rate:.1f}\u00a0% of labels are reversed"
    pairs, judged = counted(rate.pairs, "pair"), counted(rate.judged, "judged pair")
    if rate.judged == rate.pairs:
        st.markdown(said)
        st.caption(
            f"All {pairs} of the filter were judged, so chance has no part in it; what people err "
            "about has."
        )
        return
    few = min(h.judged for h in rate.strata if h.judged < h.pairs)
    between = f"{100 * rate.low:.1f} to {100 * rate.high:.1f}\u00a0%"
    st.markdown(f"{said}, {between}" if few >= _FEW else f"### {between} of labels are reversed")
    drawn = "" if few >= _FEW else f" Too few random pairs for one number: {few} of {_FEW}."
    st.caption(f"95 % interval, for all {pairs} of the filter, from {judged}.{drawn}")


def _mistakes(told: AuditReport) -> None:
    """Say in a line how often those who judged are right, and the rate without their mistakes."""
    said, gold, freed = [], told.accuracy, told.corrected
    if freed is not None:
        said.append(
            f"**Corrected for mistakes of the people who judged: {100 * freed.rate:.1f}\u00a0%**, "
            f"{100 * freed.low:.1f} to {100 * freed.high:.1f}\u00a0%."
        )
    if gold is not None and gold.right.share is not None:
        what = "answers" if gold.votes == 1 else f"verdicts of {gold.votes} votes"
        said.append(
            f"On silent gold {100 * gold.right.share:.0f}\u00a0% of {gold.right.n:,} {what} are "
            f"right, {100 * (gold.right.low or 0.0):.0f} to "
            f"{100 * (gold.right.high or 0.0):.0f}\u00a0%."
        )
    st.caption(" ".join([*said, plain(told.correction, 800)]))


def _naive(found: AuditRate) -> None:
    if found.naive is None or found.rate is None or found.naive <= found.rate.rate:
        return
    st.caption(
        f"The naive rate, reversed among all {found.judged:,} judged pairs, is "
        f"{100 * found.naive:.1f}\u00a0%. It overstates: suspects are judged first because they "
        "look wrong, so they are noisier than the rest. Each pair counts here by its chance of "
        "having been drawn, as the log has it."
    )


def _more(told: AuditReport) -> None:
    if told.more is not None:
        st.caption(f"About {told.more:,} more random audits halve the interval.")


def _sources(found: AuditRate) -> None:
    lines = [_line("All", found), *(_line(plain(name), one) for name, one in _by_name(found))]
    st.table(lines, hide_index=True, border="horizontal", alt="Noise rate by source")


def _by_name(found: AuditRate) -> list[tuple[str, AuditRate]]:
    return sorted(found.sources.items())


def _line(name: str, found: AuditRate) -> dict[str, str]:
    rate = found.rate
    said = (
        f"{100 * rate.rate:.1f}\u00a0% ({100 * rate.low:.1f} to {100 * rate.high:.1f})"
        if rate
        else plain(found.why)
    )
    naive = "–" if found.naive is None else f"{100 * found.naive:.1f}\u00a0%"
    return {
        "Source": name,
        "Noise rate, 95 % interval": said,
        "Naive rate": naive,
        "Judged": f"{found.judged:,}",
        "Ranked, still open": f"{found.ranked_open:,}",
    }


def _how() -> None:
    with st.expander("How it is reckoned"):
        st.markdown(
            "A queue holds **ranked** pairs and pairs **drawn at random from all of the filter**. "
            "While ranked pairs are open, only the drawn ones tell the rate. Once every ranked "
            "pair is judged they are known whole, and the drawn ones tell of the rest: "
            "Horvitz and Thompson's estimate in Hájek's form per stratum, with Wilson intervals "
            "and the correction for a finite set. The chance of being drawn was written into the "
            "log with the queue and is never clipped. Per source, its own pairs are taken.\n\n"
            "People err, and an error calls a right label reversed more often than the other way "
            "round, since most labels are right. Silent gold tells how often: with a share *s* of "
            "reversed labels and a share *f* of right ones that are called reversed, the rate *r* "
            "becomes (*r* − *f*) / (*s* − *f*) (Rogan and Gladen 1978). Both are taken as known "
            "in the interval, and gold as hard as the rest. Rates by source are not corrected."
        )
