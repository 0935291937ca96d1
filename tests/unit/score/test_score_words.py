"""The words of `score`: which mean nothing, how a run is named, what leaves no folder behind."""

from __future__ import annotations

import pytest

from core.commands.request import default_name
from core.store.layout import RUNS


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("score",), "score needs a scorer"),
        (("score", "nothing"), "There is no scorer named 'nothing'"),
        (("score", "fake", "--resume", "none"), "There is no run named 'none'"),
        (("score", "fake", "--limit", "0"), "--limit 0 leaves nothing"),
        (("score", "fake", "--set", "scale"), "--set scale sets no number"),
        (("score", "fake", "--set", "scale=big"), "--set scale=big sets no number"),
        (("score", "fake", "--set", "size=1"), "no parameter 'size'"),
        (("score", "fake", "--endpoint", "http://x"), "fake takes no --endpoint"),
        (("score", "fake", "--template", "none.jinja"), "There is no file 'none.jinja'"),
    ],
)
def test_words_that_mean_nothing_are_answered(root, assay, words, says):
    said = assay(*words, store=root)
    assert (said.code, says in said.err) == (2, True), said.err
    assert not list((root / RUNS).iterdir())


@pytest.mark.parametrize("name", ["../x", "A", "x" * 49, "1"])
def test_a_name_that_no_run_can_have_is_refused(root, score, name):
    said = score("--name", name)
    assert (said.code, "cannot name a run" in said.err) == (1, True)
    assert not list((root / RUNS).iterdir())


def test_no_store_no_folder(tmp_path, assay):
    said = assay("score", "fake", store=tmp_path / "none")
    assert (said.code, "There is no store" in said.err) == (1, True)
    assert not (tmp_path / "none").exists()


def test_an_engine_that_is_not_installed_is_said(root, score, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "core.scorers.ray_data", None)
    said = score("--engine", "ray")
    assert (said.code, "is not installed" in said.err) == (1, True)
    assert "requirements-ray.txt" in said.err
    assert not list((root / RUNS).iterdir())


def test_what_fails_before_it_begins_leaves_no_folder(root, score, monkeypatch):
    def fails(*_):
        raise MemoryError

    monkeypatch.setattr("core.scorers.local.open_session", fails)
    assert score().code == 1
    assert not list((root / RUNS).iterdir())


@pytest.mark.parametrize(
    ("scorer", "model", "name"),
    [
        ("crossfit", None, "crossfit"),
        ("reward_model", "org/Skywork-8B", "reward_model_skywork_8b"),
        ("policy", "/models/Llama 3.1 (base)/", "policy_llama_3_1_base"),
        ("judge", "x" * 90, "judge_" + "x" * 42),
        ("judge", "名前", "judge"),
    ],
)
def test_a_run_is_named_after_scorer_and_model(scorer, model, name):
    assert default_name(scorer, model) == name


def test_a_disk_that_is_full_before_the_first_shard_leaves_nothing(root, score, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("core.store.files.sync", full)
        said = score()
    assert (said.code, "run.json cannot be written: No space left" in said.err) == (1, True)
    assert "To go on" not in said.err
    assert not list((root / RUNS).iterdir())
