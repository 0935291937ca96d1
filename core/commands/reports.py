"""What an import says: the guess with its first pairs, and the counts afterwards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from core.commands.command import Outcome
from core.commands.ingest import Tally
from core.formats import ImportPlan
from core.schema import ImportReport

SUMS = ("new_pairs", "duplicates", "contradictions", "ties", "unpaired", "votes", "ratings", "gold")
SIDES = ("prompt", "chosen", "rejected")
COUNTED = ("rows", "ties", "votes", "ratings", "gold", "skipped")
PREVIEW_CHARS = 160


def preview_lines(plan: ImportPlan) -> tuple[str, ...]:
    """Say what the source was taken for, why, and show the first pairs."""
    lines = [f"{plan.info.origin}: read as {plan.info.format} ({plan.recognition.why})."]
    for pair in plan.preview.pairs.to_pylist()[:3]:
        names = ("prompt", "first", "second") if pair["tie_kind"] else SIDES
        for name, side in zip(names, SIDES, strict=True):
            text = " ".join(_flat(pair[f"{side}_text"], pair[f"{side}_messages"]).split())
            lines.append(f"  {name:>8}  {text[:PREVIEW_CHARS]}")
        lines.append("")
    return tuple(lines)


def _flat(text: str | None, messages: str | None) -> str:
    if messages is None:
        return text or ""
    return " / ".join(f"{turn['role']}: {turn['content']}" for turn in json.loads(messages))


def dry_run(plans: Sequence[ImportPlan]) -> Outcome:
    """Read everything, write nothing: what import would take the sources for, and its counts."""
    sources = [_counted(plan) for plan in plans]
    lines: list[str] = []
    for plan, found in zip(plans, sources, strict=True):
        lines += preview_lines(plan)
        lines.append(
            ", ".join(f"{found[name]:,} {name}" for name in COUNTED) + "; nothing written."
        )
        lines += _listed(found["reasons"], found["losses"])
    return Outcome({**sources[0], "sources": sources}, tuple(lines))


def _counted(plan: ImportPlan) -> dict[str, Any]:
    tally, ties = Tally(), 0
    for batch in tally.counted(plan.batches()):
        ties += batch.pairs.num_rows - batch.pairs["tie_kind"].null_count
    return {
        "source": plan.info.origin,
        "format": plan.info.format,
        "why": plan.recognition.why,
        "rows": tally.rows,
        "ties": ties,
        "votes": tally.votes,
        "ratings": tally.ratings,
        "gold": tally.gold,
        "skipped": tally.reasons.total(),
        "reasons": dict(tally.reasons.most_common()),
        "losses": dict(tally.losses.most_common()),
    }


def _listed(reasons: Mapping[str, int], losses: Mapping[str, int]) -> list[str]:
    """Return a line per reason of quarantine, and per thing that is not kept."""
    return [
        *(f"  {count:,} × {reason}" for reason, count in reasons.items()),
        *(f"  not kept, {count:,} ×: {what}" for what, count in losses.items()),
    ]


def report_lines(report: ImportReport) -> tuple[str, ...]:
    """Say the counts of one import."""
    lines = [
        f"{report.rows:,} pairs read as {report.format}, {report.new_pairs:,} new; the store holds "
        f"{report.pairs:,} rows, {report.unique_pairs:,} different pairs.",
        ", ".join(f"{getattr(report, name):,} {name.replace('_', ' ')}" for name in SUMS[1:]) + ".",
    ]
    if report.runs:
        lines.append(f"Scores joined the runs {', '.join(report.runs)}.")
    if report.skipped:
        lines.append(f"{report.skipped:,} rows were quarantined, see {report.quarantine}:")
    lines += _listed(report.reasons, report.losses)
    return (*lines, f"{report.seconds} s.")


def joined(reports: Sequence[ImportReport]) -> Mapping[str, object]:
    """Return one object for several imports: the last one's totals, sums of the rest."""
    if len(reports) == 1:
        return asdict(reports[0])
    total = asdict(reports[-1])
    for name in (*SUMS, "rows", "skipped"):
        total[name] = sum(getattr(report, name) for report in reports)
    for name in ("reasons", "losses"):
        total[name] = dict(sum((Counter(getattr(r, name)) for r in reports), Counter()))
    total["seconds"] = round(sum(report.seconds for report in reports), 2)
    total["runs"] = sorted({run for report in reports for run in report.runs})
    return total
