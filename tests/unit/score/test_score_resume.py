"""`score --resume`: what was stopped goes on, and what contradicts the run is refused."""

from __future__ import annotations

import json

import pytest

from core.commands.cli import main
from core.store.holder import take
from core.store.layout import RUN_LOCK, RUNS, read_generation
from core.store.runs import read_run
from tests import fake_scorers
from tests.factories import make_pair, make_store
from tests.scored import scores


def test_an_error_says_how_to_go_on_and_that_ends_with_the_same_content(
    root, score, monkeypatch, tmp_path, assay
):
    whole = tmp_path / "whole"
    make_store(whole, [make_pair(i) for i in range(40)]).close()
    assay("score", "fake", "--model", "m", "--set", "scale=3", store=whole)
    monkeypatch.setenv("FAKE_STOPS_AT", "5")
    said = score("--model", "m", "--set", "scale=3")
    assert (said.code, "The fake model has stopped." in said.err) == (1, True)
    (command,) = [line for line in said.err.splitlines() if "To go on:" in line]
    words = command.split("python -m core ")[1].split()
    assert words == ["score", "fake", "--resume", "fake_m", "--store", str(root)]
    assert "fake_m" not in read_generation(root).runs
    monkeypatch.delenv("FAKE_STOPS_AT")
    assert main(words) == 0
    assert scores(root, "fake_m") == scores(whole, "fake_m")
    assert read_run(root / RUNS / "fake_m").parameters["scale"] == 3.0


def test_ctrl_c_leaves_the_run_resumable(root, score, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("core.commands.scoring.PROGRESS_SECONDS", 0)
        patch.setattr("core.commands.scoring.merge_parts", stop)
        said = score()
    assert (said.code, "To go on:" in said.err) == (130, True)
    progress = json.loads((root / RUNS / "fake" / "progress.json").read_text())
    assert (progress["done"], progress["total"]) == (80, 80)
    fake_scorers.ASKED.clear()
    assert score("--resume", "fake").code == 0
    assert fake_scorers.ASKED == []
    assert len(scores(root)) == 80


def test_seconds_and_tokens_add_up_over_sittings(root, score, monkeypatch):
    monkeypatch.setenv("FAKE_STOPS_AT", "5")
    score("--set", "pause=0.02")
    monkeypatch.delenv("FAKE_STOPS_AT")
    score("--resume", "fake")
    info = read_run(root / RUNS / "fake")
    assert info.seconds >= 0.02 * 12
    assert info.tokens == sum(n for _, n, _ in scores(root).values())


def test_progress_says_how_many_earlier_sittings_had_scored(root, score, monkeypatch):
    def told() -> tuple[int, int, int]:
        progress = json.loads((root / RUNS / "fake" / "progress.json").read_text())
        return progress["before"], progress["done"], progress["total"]

    monkeypatch.setattr("core.commands.scoring.PROGRESS_SECONDS", 0)
    monkeypatch.setenv("FAKE_STOPS_AT", "5")
    score()
    before, done, total = told()
    assert (before, total) == (0, 80)
    assert done > 0
    monkeypatch.setenv("FAKE_STOPS_AT", "2")
    score("--resume", "fake")
    again, more, _ = told()
    assert again == done < more < total


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--dtype", "bfloat16"), "--dtype bfloat16 contradicts the run 'fake_m'"),
        (("--model", "other"), "--model other contradicts"),
        (("--kl",), "--kl True contradicts"),
        (("--set", "scale=2"), "--set scale 2 contradicts"),
        (("--name", "other"), "--name other contradicts"),
    ],
)
def test_what_contradicts_the_run_is_refused(root, score, words, says):
    score("--model", "m", "--limit", "3")
    said = score("--resume", "fake_m", *words)
    assert (said.code, says in said.err) == (2, True)
    said = score("--resume", "fake_m", "--model", "m", "--device", "cpu", "--set", "scale=1")
    assert said.code == 0


def test_resume_needs_no_scorer_and_another_one_is_refused(root, score, assay):
    score("--limit", "3")
    assert assay("score", "--resume", "fake", store=root).code == 0
    assert len(scores(root)) == 80
    assert score("--resume", "fake", scorer="fake_judge").code == 2


def test_a_run_that_is_being_made_is_not_made_twice(root, score, assay):
    def refuse(holder):
        pytest.fail(holder)

    with take(root / RUNS / "fake" / RUN_LOCK, "score fake", refuse):
        said = score()
        assert said.code == 1
        assert "The run 'fake' is being made by 'score fake' (process" in said.err
        assert score("--name", "other").code == 0
        assert score().code == 1
    assert score().code == 0


def test_a_model_in_a_folder_is_found_again_from_elsewhere(root, score, tmp_path, monkeypatch):
    (tmp_path / "models" / "Tiny RM").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    score("--model", "models/Tiny RM", "--limit", "3")
    assert str(tmp_path) not in (root / RUNS / "fake_tiny_rm" / "run.json").read_text()
    monkeypatch.chdir("/")
    assert score("--resume", "fake_tiny_rm").code == 0
    assert len(scores(root, "fake_tiny_rm")) == 80


def test_code_of_strangers_is_not_trusted_by_a_file(root, score, monkeypatch):
    score("--trust-remote-code-at", "a" * 40, "--limit", "3")
    assert "trust_remote_code_at" not in (root / RUNS / "fake" / "run.json").read_text()
