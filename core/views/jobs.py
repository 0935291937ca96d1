"""Jobs: how fast a run in the making is, and how long it will take."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from core.store.jobs import FoundJob, find_jobs
from core.store.layout import Generation
from core.views.results import Job


def jobs(root: Path, generation: Generation, now: datetime | None = None) -> tuple[Job, ...]:
    """Return the runs in the making, those at work first."""
    at = now or datetime.now(UTC)
    found = [_job(job, at) for job in find_jobs(root, generation)]
    return tuple(sorted(found, key=lambda job: (not job.running, job.progress.run_id)))


def _job(found: FoundJob, now: datetime) -> Job:
    progress = found.progress
    seconds = _between(progress.started, progress.updated)
    # What an earlier sitting scored took none of these seconds.
    fresh = progress.done - progress.before
    rate = fresh / seconds if seconds > 0 and fresh > 0 else None
    left = max(progress.total - progress.done, 0)
    return Job(
        progress=progress,
        running=found.running,
        share=min(progress.done / progress.total, 1.0) if progress.total > 0 else 0.0,
        per_second=rate,
        tokens_per_second=progress.tokens / seconds if rate and progress.tokens > 0 else None,
        seconds_left=left / rate if rate and found.running else None,
        seconds_silent=max((now - (_time(progress.updated) or now)).total_seconds(), 0.0),
    )


def _between(started: str, updated: str) -> float:
    start, end = _time(started), _time(updated)
    return (end - start).total_seconds() if start and end else 0.0


def _time(text: str) -> datetime | None:
    """Return a moment; UTC where it says no zone, None where it cannot be read."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
