"""Jobs: which runs are in the making, how fast they are, and files that say nonsense."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.schema import JobProgress, RunInfo
from core.store.holder import take
from core.store.layout import RUN_LOCK, RUNS, Generation
from core.store.runs import write_info
from core.views.jobs import jobs
from core.views.results import Job

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
PROGRESS = JobProgress("half", "policy", 500, 2000, 40_000, "2026-05-01T11:58:00Z", "", "responses")


def write(root: Path, **over: object) -> JobProgress:
    progress = replace(PROGRESS, **{"updated": "2026-05-01T11:59:40Z", **over})
    folder = root / RUNS / progress.run_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "progress.json").write_text(json.dumps(asdict(progress)), "utf-8")
    return progress


def served(*runs: str) -> Generation:
    return Generation("f", "p", "s", None, dict.fromkeys(runs, ("part-00000.parquet",)))


@contextmanager
def at_work(root: Path, run: str) -> Iterator[None]:
    def refuse(holder: str) -> None:
        pytest.fail(holder)

    with take(root / RUNS / run / RUN_LOCK, "test", refuse):
        yield


def found(root: Path, *runs: str) -> tuple[Job, ...]:
    return jobs(root, served(*runs), NOW)


def test_a_job_at_work_has_a_rate_and_a_time_left(tmp_path: Path) -> None:
    """500 of 2,000 in 100 seconds: 5 a second, 400 tokens a second, 300 seconds left."""
    progress = write(tmp_path)
    with at_work(tmp_path, "half"):
        (job,) = found(tmp_path)
    assert job == Job(progress, True, 0.25, 5.0, 400.0, 300.0, 20.0)


def test_what_earlier_sittings_scored_counts_for_no_rate(tmp_path: Path) -> None:
    """Of 500 in all 300 were there: 200 in 100 seconds, and 1,500 left at 2 a second."""
    write(tmp_path, before=300)
    with at_work(tmp_path, "half"):
        (job,) = found(tmp_path)
    assert (job.share, job.per_second, job.seconds_left) == (0.25, 2.0, 750.0)


def test_a_job_that_stopped_has_no_time_left(tmp_path: Path) -> None:
    write(tmp_path)
    (job,) = found(tmp_path)
    assert (job.running, job.seconds_left, job.seconds_silent) == (False, None, 20.0)


def test_a_run_that_is_served_whole_is_no_job(tmp_path: Path) -> None:
    write(tmp_path)
    write_info(tmp_path, RunInfo(run_id="half", scorer="policy", state="done"))
    assert found(tmp_path, "half") == ()


@pytest.mark.parametrize(("state", "runs"), [("running", ("half",)), ("done", ())])
def test_a_run_that_is_not_served_whole_is_a_job(tmp_path: Path, state, runs) -> None:
    """It grows after an import, or it was killed between its last part and the swap."""
    write(tmp_path)
    write_info(tmp_path, RunInfo(run_id="half", scorer="policy", state=state))
    assert len(found(tmp_path, *runs)) == 1


def test_a_served_run_that_is_made_longer_is_a_job(tmp_path: Path) -> None:
    write(tmp_path)
    write_info(tmp_path, RunInfo(run_id="half", scorer="policy", state="done"))
    with at_work(tmp_path, "half"):
        assert [job.running for job in found(tmp_path, "half")] == [True]


def test_those_at_work_come_first(tmp_path: Path) -> None:
    for run in ("a", "b", "c"):
        write(tmp_path, run_id=run)
    with at_work(tmp_path, "b"):
        assert [job.progress.run_id for job in found(tmp_path)] == ["b", "a", "c"]


def test_looking_does_not_take_the_lock(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / RUNS / "half" / RUN_LOCK).touch()
    found(tmp_path)
    with at_work(tmp_path, "half"):
        assert found(tmp_path)[0].running


@pytest.mark.parametrize(
    ("over", "share", "per_second"),
    [
        ({"done": 0}, 0.0, None),
        ({"before": 500}, 0.25, None),
        ({"before": 900}, 0.25, None),
        ({"total": 0}, 0.0, 5.0),
        ({"done": 3000}, 1.0, 30.0),
        ({"updated": "2026-05-01T11:58:00Z"}, 0.25, None),
        ({"updated": "2026-05-01T11:00:00Z"}, 0.25, None),
        ({"started": "yesterday"}, 0.25, None),
        ({"started": "2026-05-01T11:58:00"}, 0.25, 5.0),
    ],
)
def test_odd_numbers_give_no_odd_ones(tmp_path: Path, over, share, per_second) -> None:
    write(tmp_path, **over)
    (job,) = found(tmp_path)
    assert (job.share, job.per_second) == (share, per_second)


def test_a_clock_that_runs_ahead_is_not_silent(tmp_path: Path) -> None:
    write(tmp_path, updated=(NOW + timedelta(hours=1)).isoformat())
    assert found(tmp_path)[0].seconds_silent == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        json.dumps({**asdict(PROGRESS), "run_id": "other"}),
        json.dumps({**asdict(PROGRESS), "done": "many"}),
        json.dumps({**asdict(PROGRESS), "done": None}),
        json.dumps(asdict(PROGRESS)).replace(": 500", ": Infinity"),
        "\udcff",
    ],
)
def test_a_file_that_is_no_progress_is_passed_over(tmp_path: Path, text: str) -> None:
    write(tmp_path)
    path = tmp_path / RUNS / "half" / "progress.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert found(tmp_path) == ()


def test_a_folder_that_no_run_can_have_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, run_id="Not A Run")
    assert found(tmp_path) == ()


def test_a_store_without_runs_has_no_jobs(tmp_path: Path) -> None:
    assert found(tmp_path) == ()
