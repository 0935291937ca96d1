"""What Overview and Scorers say of the whole store, less the rows that are hidden from somebody.

Browse and the charts leave hidden rows out, so a count of all rows beside one of theirs would show
the hidden label as the difference. The whole is counted once per generation and takes up to a
second; the hidden rows are few and change with every vote: they are counted by themselves and taken
away. Every number here is a sum over rows, so what is left is exactly what a count without them is.

What was stored when the signals were made stays as it is: noise estimates, what the runs weigh, how
reliable people are, what a run has scored. These tell how often a label is called right, of all
rows together; none tells which of two texts it is, as the count of the longer ones would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.views.results import (
    Overview,
    RunHealth,
    RunsAgreement,
    ScoredRun,
    ScoredRuns,
    Share,
    SourceRow,
)
from core.views.wilson import share


def overview_without(whole: Overview, part: Overview) -> Overview:
    """Return what is left of an overview of all rows; texts and sources are counted whole."""
    return replace(
        whole,
        pairs=whole.pairs - part.pairs,
        unique_pairs=whole.unique_pairs - part.unique_pairs,
        ties=whole.ties - part.ties,
        votes=whole.votes - part.votes,
        sources=_sources(whole.sources, part.sources),
        runs=_health(whole.runs, part.runs),
        longer_wins=less(whole.longer_wins, part.longer_wins),
        duplicates=whole.duplicates - part.duplicates,
        contradictions=whole.contradictions - part.contradictions,
        gold_noise=less(whole.gold_noise, part.gold_noise),
    )


def runs_without(whole: ScoredRuns, part: ScoredRuns) -> ScoredRuns:
    """Return what is left of the runs against all rows."""
    parts = {run.info.run_id: run for run in part.runs}
    return ScoredRuns(
        rows=whole.rows - part.rows,
        runs=tuple(_scored(run, parts[run.info.run_id]) for run in whole.runs),
        agreement=_agreement(whole.agreement, part.agreement),
        longer_labelled=less(whole.longer_labelled, part.longer_labelled),
    )


def less(whole: Share, part: Share) -> Share:
    """Return the share among the rows that are left."""
    return share(whole.k - part.k, whole.n - part.n)


def _sources(whole: Sequence[SourceRow], part: Sequence[SourceRow]) -> tuple[SourceRow, ...]:
    parts = {row.name: row for row in part}
    return tuple(_source(row, parts[row.name]) if row.name in parts else row for row in whole)


def _source(whole: SourceRow, part: SourceRow) -> SourceRow:
    return replace(
        whole,
        pairs=whole.pairs - part.pairs,
        unique_pairs=whole.unique_pairs - part.unique_pairs,
        ties=whole.ties - part.ties,
        votes=whole.votes - part.votes,
        gold=whole.gold - part.gold,
    )


def _health(whole: Sequence[RunHealth], part: Sequence[RunHealth]) -> tuple[RunHealth, ...]:
    parts = {run.run_id: run for run in part}
    return tuple(
        replace(
            run,
            covered=run.covered - parts[run.run_id].covered,
            rows=run.rows - parts[run.run_id].rows,
            agreement=less(run.agreement, parts[run.run_id].agreement),
            gold_agreement=less(run.gold_agreement, parts[run.run_id].gold_agreement),
        )
        for run in whole
    )


def _scored(whole: ScoredRun, part: ScoredRun) -> ScoredRun:
    return replace(
        whole,
        covered=whole.covered - part.covered,
        agreement=less(whole.agreement, part.agreement),
        gold_agreement=less(whole.gold_agreement, part.gold_agreement),
        ties=less(whole.ties, part.ties),
        longer=less(whole.longer, part.longer),
    )


def _agreement(whole: RunsAgreement, part: RunsAgreement) -> RunsAgreement:
    return replace(whole, same=whole.same - part.same, both=whole.both - part.both)
