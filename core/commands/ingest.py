"""The counting side of an import: what was read, what was left out, whose scores came along."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pyarrow.compute as pc

from core.errors import ScoreError
from core.schema import ImportReport, PairBatch, RunInfo, Skipped
from core.store.build import PairsBuilder
from core.store.files import place
from core.store.layout import RUNS
from core.store.lock import is_running
from core.store.parts import write_part
from core.store.runs import check_run_id, news, read_run, read_scores, write_info
from core.store.standing import is_begun

KEPT_SKIPPED = 10_000
"""Quarantined rows kept with their text; beyond, they are only counted."""


@dataclass
class Tally:
    """Sums over the batches of one import."""

    rows: int = 0
    votes: int = 0
    ratings: int = 0
    gold: int = 0
    unpaired: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)

    def counted(self, batches: Iterable[PairBatch]) -> Iterator[PairBatch]:
        """Yield the batches and add them up."""
        for batch in batches:
            self.rows += batch.pairs.num_rows
            self.votes += batch.votes.num_rows
            self.ratings += batch.ratings.num_rows
            self.gold += batch.gold.num_rows
            self.unpaired += batch.unpaired
            self.reasons.update(skip.reason for skip in batch.skipped)
            self.losses.update(batch.losses)
            self.skipped.extend(batch.skipped[: max(0, KEPT_SKIPPED - len(self.skipped))])
            yield batch

    def said(self) -> str:
        """Return why rows were left out, the most frequent reason first."""
        total = self.reasons.total()
        if not total:
            return "it has no rows"
        reason, count = self.reasons.most_common(1)[0]
        first = next((s for s in self.skipped if s.reason == reason), None)
        where = f" (first in line {first.line})" if first else ""
        return f"all {total:,} rows were quarantined, {count:,} of them because {reason}{where}"

    def report(self, format_name: str, builder: PairsBuilder) -> ImportReport:
        """Return the counts of the import, once its rows are in the file."""
        counts = builder.counts()
        return ImportReport(
            format=format_name,
            rows=self.rows,
            pairs=builder.total(),
            unique_pairs=builder.unique(),
            new_pairs=builder.total() - builder.first_row_id,
            duplicates=counts["duplicates"],
            contradictions=counts["contradictions"],
            ties=counts["ties"],
            unpaired=self.unpaired,
            votes=self.votes,
            ratings=self.ratings,
            gold=self.gold,
            runs=tuple(builder.scores()),
            skipped=self.reasons.total(),
            reasons=dict(self.reasons.most_common()),
            losses=dict(self.losses.most_common()),
            seconds=0.0,
        )


def write_quarantine(root: Path, name: str, tally: Tally) -> str | None:
    """Write the skipped rows as JSON Lines into the store's quarantine; return the file."""
    if not tally.skipped:
        return None
    safe = (
        "".join(c if c.isalnum() or c in "-_." else "_" for c in name)[:80].strip(".") or "source"
    )
    path = root / "quarantine" / f"{safe}.jsonl"
    path.parent.mkdir(exist_ok=True)
    lines = "".join(json.dumps(asdict(skip), ensure_ascii=True) + "\n" for skip in tally.skipped)
    place(path, lambda temp: temp.write_text(lines, "utf-8"))
    return str(path)


def adopt_scores(
    root: Path, builder: PairsBuilder, runs: Mapping[str, tuple[str, ...]], tally: Tally
) -> dict[str, tuple[str, ...]]:
    """Write the scores that came along as parts of imported runs; return all runs' parts."""
    result = {run: tuple(parts) for run, parts in runs.items()}
    for run, leaks in builder.scores().items():
        known = result.get(run, ())
        info = _imported(root, run, bool(known))
        stored = read_scores(root, run, known)
        fresh = news(stored, builder.run_scores(run))
        replaced = int(pc.sum(pc.is_in(fresh["response_id"], stored["response_id"])).as_py() or 0)
        if replaced:
            tally.losses[f"the former scores of the run {run}, which new ones replace"] += replaced
        if fresh.num_rows or not known:
            result[run] = (*known, write_part(root, run, fresh, info))
        count = read_scores(root, run, result[run]).num_rows
        write_info(root, replace(info, leaks_label=info.leaks_label or leaks, responses=count))
    return result


def _imported(root: Path, run: str, exists: bool) -> RunInfo:
    folder = root / RUNS / check_run_id(run)
    if not exists:
        if is_running(folder) or is_begun(root, run):
            raise ScoreError(
                f"The store has begun a run {run!r}; imported scores cannot join it.",
                "Give the scores another run name in the mapping.",
            )
        return RunInfo(run_id=run, scorer="imported")
    info = read_run(folder)
    if info.scorer != "imported":
        raise ScoreError(
            f"The run {run!r} was made by the scorer {info.scorer!r}; imported scores "
            "cannot join it.",
            "Give the scores another run name in the mapping.",
        )
    return info
