"""`score` with a scorer that learns from labels, and the parts that runs leave behind."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq

from core.store.layout import RUNS
from core.store.runs import read_run
from tests import fake_scorers
from tests.scored import ids_of, more, parts, scores


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
