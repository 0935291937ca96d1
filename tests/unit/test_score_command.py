"""`score`: what a run holds, what a second one adds, what does not mix, and how one goes on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.commands.cli import main
from core.commands.request import default_name
from core.store.holder import take
from core.store.instance import open_store
from core.store.layout import RUN_LOCK, RUNS, read_generation
from core.store.plan import scoring_plan
from core.store.runs import read_run
from tests import fake_scorers
from tests.factories import make_pair, make_store


@pytest.fixture(autouse=True)
def fakes():
    with fake_scorers.registered():
        yield


@pytest.fixture
def root(tmp_path):
    make_store(tmp_path / "store", [make_pair(i) for i in range(40)]).close()
    return tmp_path / "store"


def more(root: Path, *numbers: int) -> None:
    make_store(root, [make_pair(i) for i in numbers]).close()


def scores(root: Path, run: str = "fake") -> dict[int, tuple[object, ...]]:
    """Return what the store serves of a run."""
    store = open_store(root)
    sql = f"SELECT response_id, reward, n_tokens, truncated FROM live.scores WHERE run_id = '{run}'"
    return {i: rest for i, *rest in store.con.cursor().sql(sql).fetchall()}


def ids_of(root: Path) -> list[int]:
    return scoring_plan(open_store(root), 42, labels=False).ids.tolist()


def parts(root: Path, run: str = "fake") -> list[str]:
    return sorted(path.name for path in (root / RUNS / run).glob("part-*"))


@pytest.fixture
def score(root, assay):
    """Run `score fake …` on the store."""

    def run(*words: object, scorer: str = "fake"):
        return assay("score", scorer, *words, store=root)

    return run


def test_a_run_holds_every_response_once_and_says_how_it_was_made(root, score):
    said = score("--model", "org/Tiny-RM", "--revision", "abc", "--json")
    assert said.code == 0
    keys = {"run_id", "model", "pairs", "responses", "tokens", "seconds", "pairs_per_second"}
    keys |= {"tokens_per_second", "device", "truncated", "failed"}
    assert set(said.data) == keys
    assert (said.data["run_id"], said.data["pairs"], said.data["responses"]) == (
        "fake_tiny_rm", 40, 80,
    )  # fmt: skip
    assert sorted(scores(root, "fake_tiny_rm")) == sorted(ids_of(root))
    info = read_run(root / RUNS / "fake_tiny_rm")
    assert (info.model, info.revision, info.dtype, info.state) == (
        "org/Tiny-RM", "abc", "float32", "done",
    )  # fmt: skip
    assert info.notes == ("The fake model is open.",)
    assert (
        info.tokens
        == said.data["tokens"]
        == sum(n for _, n, _ in scores(root, "fake_tiny_rm").values())
    )
    assert info.truncated == said.data["truncated"] == 11  # bad 3, bad 30 to bad 39
    assert said.data["tokens_per_second"] > 0
    assert not (root / RUNS / "fake_tiny_rm" / "progress.json").exists()


def test_many_shards_end_as_one_part(root, score):
    assert score().code == 0
    assert len(parts(root)) == 1
    assert read_generation(root).runs["fake"] == tuple(parts(root))


def test_few_shards_stay(root, score):
    assert score("--set", "chars=1000").code == 0
    assert 1 < len(parts(root)) <= 8
    assert len(scores(root)) == 80


def test_what_has_no_number_is_counted_and_unknown(root, score):
    make_store(root, [make_pair(90, chosen_text="nan"), make_pair(91, chosen_text="nan 2")]).close()
    said = score("--json")
    assert (said.code, said.data["failed"]) == (0, 2)
    assert (
        sorted(reward is None for reward, *_ in scores(root).values()) == [False] * 82 + [True] * 2
    )


def test_a_run_without_any_number_ends_with_1(tmp_path, assay):
    root = tmp_path / "none"
    make_store(root, [make_pair(0, chosen_text="nan", rejected_text="nan too")]).close()
    said = assay("score", "fake", store=root)
    assert said.code == 1
    assert "2 have no number" in said.out


@pytest.mark.parametrize("again", [(), ("--resume", "fake")])
def test_a_second_time_nothing_is_scored(root, score, again):
    score()
    before = (root / "current.json").read_bytes()
    fake_scorers.ASKED.clear()
    assert score(*again).code == 0
    assert fake_scorers.ASKED == []
    assert (root / "current.json").read_bytes() == before
    assert read_run(root / RUNS / "fake").state == "done"


def test_a_run_with_nothing_to_add_never_looks_unfinished(root, score, monkeypatch):
    score()
    states = []

    def finish(*_):
        states.append(read_run(root / RUNS / "fake").state)
        raise KeyboardInterrupt

    monkeypatch.setattr("core.commands.scoring._finish", finish)
    assert score().code == 130
    assert states == ["done"]


@pytest.mark.parametrize("name", ["fake", "fake_policy", "fake_vectors", "fake_judge"])
def test_after_an_import_only_new_responses_are_scored(root, score, name):
    score(scorer=name)
    asked = set(fake_scorers.ASKED)
    fake_scorers.ASKED.clear()
    more(root, 100, 101, 102)
    assert score(scorer=name).code == 0
    assert not asked & set(fake_scorers.ASKED)
    assert len(fake_scorers.ASKED) == (3 if name == "fake_judge" else 6)
    run = read_run(root / RUNS / name)
    assert run.responses == len(asked) + len(fake_scorers.ASKED)
    store = open_store(root)
    view, key = ("judged", "pair_id") if name == "fake_judge" else ("scores", "response_id")
    sql = f"SELECT count(*), count(DISTINCT {key}) FROM live.{view} WHERE run_id = '{name}'"
    assert store.con.cursor().sql(sql).fetchall() == [(run.responses, run.responses)]


def test_a_limit_scores_the_first_rows_and_a_later_run_the_rest(root, score):
    first = score("--limit", "5", "--json")
    assert (first.data["pairs"], first.data["responses"]) == (5, 10)
    asked = set(fake_scorers.ASKED)
    assert score().code == 0
    assert sorted(scores(root)) == sorted(ids_of(root))
    assert len(fake_scorers.ASKED) == 80
    assert len(asked) == 10


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--dtype", "bfloat16"), "dtype was float32 and is now bfloat16"),
        (("--revision", "b"), "revision was a and is now b"),
        (("--reference", "base"), "reference was not set and is now base"),
        (("--set", "scale=2"), "scale was 1.0 and is now 2.0"),
        (("--kl",), "kl was False and is now True"),
    ],
)
def test_what_was_made_in_another_way_does_not_mix(root, score, words, says):
    score("--model", "m", "--revision", "a")
    more(root, 100)
    before, kept = (root / "current.json").read_bytes(), parts(root, "fake_m")
    base = ("--model", "m", *(() if "--revision" in words else ("--revision", "a")))
    said = score(*base, *words)
    assert said.code == 1
    assert says in said.err
    assert "--name OTHER" in said.err
    assert (root / "current.json").read_bytes() == before
    assert parts(root, "fake_m") == kept
    assert score(*base, *words, "--name", "other").code == 0
    assert set(read_generation(root).runs) == {"fake_m", "other"}


def test_a_changed_template_does_not_mix_and_its_copy_goes_on(root, score, tmp_path, monkeypatch):
    template = tmp_path / "chat.jinja"
    template.write_text("one")
    monkeypatch.setenv("FAKE_STOPS_AT", "4")
    assert score("--template", template).code == 1
    monkeypatch.delenv("FAKE_STOPS_AT")
    template.write_text("two")
    said = score("--template", template)
    assert "chat_template_hash was" in said.err
    said = score("--resume", "fake", "--template", template)
    assert (said.code, "contradicts" in said.err) == (2, True)
    template.unlink()
    assert score("--resume", "fake").code == 0
    assert len(scores(root)) == 80


def test_another_device_or_library_may_go_on_and_is_noted(root, score, monkeypatch):
    score("--limit", "5")
    monkeypatch.setenv("FAKE_VERSION", "2")
    assert score("--device", "cuda").code == 0
    info = read_run(root / RUNS / "fake")
    assert (info.device, info.versions) == ("cuda", {"fake": "2"})
    assert "Went on with device cuda, before cpu." in info.notes


def test_a_run_of_another_scorer_is_left_alone(root, score):
    score()
    said = score("--name", "fake", scorer="fake_policy")
    assert (said.code, "was made by fake, not by fake_policy" in said.err) == (1, True)


def test_imported_scores_and_scored_ones_do_not_share_a_name(root, score, monkeypatch, assay):
    scored = [make_pair(0, scores={"brought": (1.0, 0.0)})]
    make_store(root, scored).close()
    assert "was made by imported" in score("--name", "brought").err
    monkeypatch.setenv("FAKE_STOPS_AT", "4")
    score("--name", "mine")
    with pytest.raises(Exception, match="has begun a run 'mine'"):
        make_store(root, [make_pair(0, scores={"mine": (1.0, 0.0)})])


# --- stopped and gone on -------------------------------------------------------------------------


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


# --- scorers that learn from labels -------------------------------------------------------------


def test_a_scorer_that_learns_is_whole_each_time_and_its_options_may_change(root, score):
    assert score(scorer="crossfit").code == 0
    one = scores(root, "crossfit")
    more(root, 100)
    assert score("--set", "folds=4", scorer="crossfit").code == 0
    two = scores(root, "crossfit")
    assert set(one) < set(two)
    assert one.items() & two.items() != one.items()
    assert read_run(root / RUNS / "crossfit").parameters["folds"] == 4


def test_a_learnt_run_that_stopped_leaves_the_former_served(root, score, monkeypatch):
    score(scorer="crossfit")
    served = scores(root, "crossfit")
    with monkeypatch.context() as patch:
        patch.setattr(
            "core.commands.scoring.advance", lambda *_: (_ for _ in ()).throw(OSError(28, "full"))
        )
        assert score("--set", "folds=4", scorer="crossfit").code == 1
    assert scores(root, "crossfit") == served
    assert score("--set", "folds=4", scorer="crossfit").code == 0
    assert len(parts(root, "crossfit")) == 2  # the former generation still serves its own


def test_old_parts_go_when_no_generation_serves_them(root, score):
    for _ in range(6):
        assert score(scorer="crossfit").code == 0
    assert len(parts(root, "crossfit")) <= 3
    assert len(scores(root, "crossfit")) == 80


def test_a_merged_run_grows_and_its_old_parts_go(root, score):
    for number in range(100, 106):
        score()
        more(root, number)
    score()
    assert sorted(scores(root)) == sorted(ids_of(root))
    footers = [pq.read_metadata(root / RUNS / "fake" / name).num_rows for name in parts(root)]
    assert sum(footers) >= 92
    assert len(np.unique(fake_scorers.ASKED)) == len(fake_scorers.ASKED) == 92


def test_a_learnt_run_that_never_ended_begins_anew_with_its_options(root, score, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("core.commands.scoring.advance", lambda *_: [][0])
        said = score("--set", "folds=4", scorer="crossfit")
    assert (said.code, "score crossfit --resume crossfit" in said.err) == (1, True)
    assert score("--resume", "crossfit", "--set", "folds=3", scorer="crossfit").code == 2
    assert score("--resume", "crossfit", scorer="crossfit").code == 0
    assert read_run(root / RUNS / "crossfit").parameters["folds"] == 4
    assert len(parts(root, "crossfit")) == 1
    assert len(scores(root, "crossfit")) == 80


def test_a_disk_that_is_full_before_the_first_shard_leaves_nothing(root, score, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("core.store.files.sync", full)
        said = score()
    assert (said.code, "run.json cannot be written: No space left" in said.err) == (1, True)
    assert "To go on" not in said.err
    assert not list((root / RUNS).iterdir())
