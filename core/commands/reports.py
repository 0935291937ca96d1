"""What an import says: the guess with its first pairs, and the counts afterwards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from core.formats import ImportPlan
from core.schema import ImportReport

SUMS = ("new_pairs", "duplicates", "contradictions", "ties", "unpaired", "votes", "ratings", "gold")
PREVIEW_CHARS = 160


def preview_lines(plan: ImportPlan) -> tuple[str, ...]:
    """Say what the source was taken for, why, and show the first pairs."""
    lines = [f"{plan.info.origin}: read as {plan.info.format} ({plan.recognition.why})."]
    for pair in plan.preview.pairs.to_pylist()[:3]:
        for side in ("prompt", "chosen", "rejected"):
            text = " ".join(_flat(pair[f"{side}_text"], pair[f"{side}_messages"]).split())
            lines.append(f"  {side:>8}  {text[:PREVIEW_CHARS]}")
        lines.append("")
    return tuple(lines)


def _flat(text: str | None, messages: str | None) -> str:
    if messages is None:
        return text or ""
    return " / ".join(f"{turn['role']}: {turn['content']}" for turn in json.loads(messages))


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
        lines += [f"  {count:,} × {reason}" for reason, count in report.reasons.items()]
    lines += [f"Not kept: {what} ({count:,} rows)." for what, count in report.losses.items()]
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
