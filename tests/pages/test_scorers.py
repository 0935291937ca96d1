"""Scorers: runs, jobs at work and stopped, one run closely, and run.json files that mean harm."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from core.schema import JobProgress
from core.store.holder import take
from core.store.layout import RUN_LOCK, RUNS
from tests.factories import demo_pairs, make_pair, make_store
from tests.pages.conftest import OpenApp, said
from tests.pages.test_reading import ACTIVE
from tests.pages.test_texts import PAYLOADS
from tests.runs import add_run, embedding, policy

SINCE, UNTIL = "2026-05-01T11:58:00+00:00", "2026-05-01T11:59:40+00:00"


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    make_store(tmp_path, demo_pairs(20)).close()
    add_run(
        tmp_path,
        "tuned",
        policy(),
        scorer="policy",
        model="org/tuned",
        reference="org/base",
        truncated=4,
        failed=1,
        tokens=9_000,
        seconds=3.0,
        parameters={"context": 4096, "given": {"model": "org/tuned", "kl": True}},
        notes=("The batch was halved once.",),
    )
    return tmp_path


def write_progress(root: Path, run: str, **over: object) -> None:
    folder = root / RUNS / run
    folder.mkdir(parents=True, exist_ok=True)
    progress = JobProgress(run, "policy", 500, 2000, 40_000, SINCE, UNTIL)
    (folder / "progress.json").write_text(json.dumps({**asdict(progress), **over}), "utf-8")


def words(app) -> str:
    """Return all that a page says, tables too, without Markdown's escapes."""
    return "\n".join([said(app), *rest(app)]).replace("\\", "")


def rest(app) -> list[str]:
    """Return what tables and progress bars say."""
    tables = [table.value.to_csv() for table in (*app.table, *app.dataframe)]
    return [*tables, *(bar.text for bar in app.get("progress"))]


def test_a_run_is_shown_closely_with_all_that_made_it(open_app: OpenApp, scored: Path) -> None:
    app = open_app(scored, "scorers", run="tuned")
    assert not app.exception
    for told in (
        "org/tuned, revision not recorded",
        "org/base",
        "cut to the model's context",
        "9,000 tokens in 3.0 s, 3,000 tokens/s",
        "context 4096",
        "kl true; model org/tuned",
        "The batch was halved once.",
        "None, or not recorded: number type, device, chat template, tokenizer, versions.",
        "whatever the filter says",
    ):
        assert told in words(app), told


def test_the_grid_needs_no_more_than_one_run(open_app: OpenApp, tmp_path: Path) -> None:
    make_store(tmp_path, [make_pair(i, scores={"a": (2.0 - i, 1.0)}) for i in range(4)]).close()
    app = open_app(tmp_path, "scorers")
    assert not app.exception
    assert "agree on 50.0% of" not in words(app)


def test_a_run_without_a_margin_says_so(open_app: OpenApp, tmp_path: Path) -> None:
    make_store(tmp_path, [make_pair(i) for i in range(4)]).close()
    add_run(tmp_path, "vectors", embedding, scorer="embedding")
    app = open_app(tmp_path, "scorers")
    assert not app.exception
    assert "no margin" in words(app)
    assert "prefers no response" in words(app)


def test_a_job_at_work_shows_how_fast_it_is(open_app: OpenApp, scored: Path) -> None:
    write_progress(scored, "half")
    with take(scored / RUNS / "half" / RUN_LOCK, "test", pytest.fail):
        shown = words(open_app(scored, "scorers"))
    assert "half** · policy, at work" in shown
    assert "500 of 2,000 responses (25.0\u00a0%)" in shown
    assert "5.0 responses/s · 400 tokens/s · 5 min left" in shown
    assert "--resume" not in shown


def test_a_job_that_stopped_shows_the_command_that_goes_on(open_app: OpenApp, scored: Path) -> None:
    write_progress(scored, "half")
    write_progress(scored, "judged", scorer="judge", unit="pairs")
    shown = words(open_app(scored, "scorers"))
    assert "python -m core score policy --resume half" in shown
    assert "--resume judged --endpoint URL" in shown
    assert "responses/s" not in shown


def test_jobs_are_shown_before_anything_is_scored(open_app: OpenApp, unscored: Path) -> None:
    write_progress(unscored, "half")
    shown = words(open_app(unscored, "scorers"))
    assert "--resume half" in shown
    assert "no scores yet" in shown
    (unscored / RUNS / "half" / "progress.json").unlink()


def test_the_choice_of_a_run_moves_the_page(open_app: OpenApp, scored: Path) -> None:
    app = open_app(scored, "scorers")
    assert "implicit margin of tuned" not in words(app)
    app.selectbox(key="run").select("tuned").run()
    assert "implicit margin of tuned" in words(app)


def test_a_run_that_is_finished_is_seen_without_a_restart(open_app: OpenApp, scored: Path) -> None:
    app = open_app(scored, "scorers")
    assert "finished_now" not in words(app)
    add_run(scored, "finished_now", policy(reference=False), scorer="policy")
    assert "finished_now" in words(app.run())


@pytest.mark.parametrize("number", range(len(PAYLOADS)))
def test_hostile_provenance_stays_text(open_app: OpenApp, tmp_path: Path, number: int) -> None:
    payload = PAYLOADS[number]
    run = f"odd_{number}"  # answers are cached by the names of runs
    make_store(tmp_path, demo_pairs(5)).close()
    add_run(
        tmp_path,
        run,
        policy(),
        scorer=payload,
        model=payload,
        revision=payload,
        reference=payload,
        dtype=payload,
        device=payload,
        chat_template_hash=payload,
        tokenizer_hash=payload,
        parameters={payload: payload, "given": {payload: [payload]}},
        versions={payload: payload},
        notes=(payload,),
    )
    write_progress(tmp_path, "half", scorer=payload, unit=payload)
    app = open_app(tmp_path, "scorers", run=run)
    assert not app.exception
    shown = [str(e.value) for kind in ("markdown", "caption", "html") for e in app.get(kind)]
    shown += [table.value.to_csv() for table in app.table]
    shown += [bar.text for bar in app.get("progress")]
    assert not ACTIVE.search("\n".join(shown))


def test_beta_is_moved_on_margins(open_app: OpenApp, scored: Path) -> None:
    app = open_app(scored, "margins", signal="implicit_margin_tuned")
    assert not app.exception
    app.slider(key="param_implicit_margin_tuned_beta").set_value(0.2).run()
    assert not app.exception
    assert "Recomputed with these parameters" in words(app)
