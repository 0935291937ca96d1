"""`score`: what a run holds, what a second one adds, and what does not mix."""

from __future__ import annotations

import pytest

from core.store.instance import open_store
from core.store.layout import RUNS, read_generation
from core.store.runs import read_run
from tests import fake_scorers
from tests.factories import make_pair, make_store
from tests.scored import ids_of, more, parts, scores


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
    said = score("--set", "chars=1000")
    assert said.code == 0
    assert "How far it agrees with the labels stands on Scorers." in said.out
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
