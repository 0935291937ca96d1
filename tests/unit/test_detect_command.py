"""`detect`: what it prints and keeps, runs that learn from labels, and what it refuses."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core.commands.detect import ROWS
from core.commands.relearn import learners, relearnt
from core.commands.signals import rebuild_signals
from core.errors import ScoreError
from core.schema.trials import MEASURES
from core.settings import Settings
from core.signals.planting import flip_rows, take_rows
from core.store.inputs import signal_inputs
from core.store.instance import open_store
from core.store.layout import read_generation, trial_name
from core.store.trials import read_trials
from tests.factories import Row, make_pair, make_store

KEYS = ("auroc", "auprc", "precision_at_k", "recall_at_k")
KEYS += ("noise_rate", "noise_error", "brier", "ece")


def pairs(n: int = 120, wrong: int = 0) -> list[Row]:
    """Two runs that agree with most labels; good answers share words; gold is against some."""
    draw = np.random.default_rng(4)
    rows = []
    for i in range(n):
        margin = 1 + draw.normal()
        sides = {
            "chosen_text": f"clear and helpful answer {i} with every step shown",
            "rejected_text": f"no idea {i} sorry",
        }
        scores = {"alpha": (margin, 0.0), "beta": (3 * margin + draw.normal(), 0.0)}
        gold = {"gold": "rejected" if i < wrong else "chosen"} if wrong else {}
        rows.append(make_pair(i, scores=scores, **sides, **gold))
    return rows


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that no test changes but for its trials."""
    root = tmp_path_factory.mktemp("tried") / "store"
    make_store(root, pairs(wrong=25)).close()
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_store(tmp_path / "store", pairs()).close()
    return tmp_path / "store"


def test_it_says_how_every_detector_did(assay, built: Path) -> None:
    said = assay("detect", "--seeds", 2, "--rate", 0.25, "--json", store=built)
    assert said.code == 0
    data = said.data
    assert (data["kind"], data["rate"], data["seeds"], data["rows"]) == ("symmetric", 0.25, 2, 120)
    assert data["planted"] == 30
    assert set(data["detectors"]) >= {"suspicion", "explicit_margin_alpha", "mean_z", "length"}
    for found in data["detectors"].values():
        assert {
            *KEYS,
            *(f"{name}_low" for name in KEYS),
            *(f"{name}_high" for name in KEYS),
        } <= set(found)
        assert set(found["undefined"]) == {name for name in MEASURES if found[name] is None}
    alpha = data["detectors"]["explicit_margin_alpha"]
    assert 0.7 < alpha["auroc_low"] < alpha["auroc"] < alpha["auroc_high"] <= 1
    assert alpha["undefined"]["brier"] == "It gives no probability."
    assert "style_probability" in data["absent"]


def test_it_prints_a_table_with_the_best_first(assay, built: Path) -> None:
    said = assay("detect", "--seeds", 1, "--kind", "length", store=built)
    lines = said.out.splitlines()
    assert lines[0].startswith("24 of 120 labels reversed (all pairs), rather where the rejected")
    head = lines.index("") + 1
    assert lines[head].split()[:3] == ["detector", "AUROC", "90"]
    board = [line.split() for line in lines[head + 1 : lines.index("", head)]]
    values = [float(row[1]) for row in board if row[1] != "-"]
    assert len(values) > 4
    assert values == sorted(values, reverse=True)
    assert "real noise" in lines[head]
    assert any("the 25 of 120 labels that gold contradicts" in line for line in lines)


def test_gold_against_few_labels_is_no_column(assay, root: Path) -> None:
    assert "real noise" not in assay("detect", "--seeds", 1, store=root).out


def test_the_same_seeds_find_the_same(assay, built: Path) -> None:
    first, again = (
        assay("detect", "--seeds", 2, "--json", store=built).data["detectors"] for _ in "ab"
    )
    assert first == again


def test_a_filter_and_a_limit_choose_the_rows(assay, built: Path) -> None:
    words = ("detect", "--seeds", 1, "--json", "--where", "row_id < 90", "--limit", 60)
    said = assay(*words, store=built)
    assert (said.data["rows"], said.data["matching"]) == (60, 90)
    assert said.data["sentence"] == "row_id < 90"
    assert "a sample of 60 of 90 labelled rows" in said.err
    assert ROWS >= 10_000


def test_it_keeps_one_trial_of_each_kind(assay, root: Path) -> None:
    before = (root / "current.json").read_bytes()
    for kind in ("symmetric", "length", "symmetric"):
        assert assay("detect", "--seeds", 1, "--kind", kind, store=root).code == 0
    generation = read_generation(root)
    assert [trial.kind for trial in read_trials(root, generation)] == ["symmetric", "length"]
    assert (root / "current.json").read_bytes() == before
    kept = json.loads((root / trial_name(generation)).read_text("utf-8"))
    assert set(kept) == {"trials"}


def test_trials_go_with_their_generation(assay, root: Path) -> None:
    assay("detect", "--seeds", 1, store=root)
    old = root / trial_name(read_generation(root))
    rebuild_signals(Settings(store=root))
    assert read_trials(root, read_generation(root))  # the same pairs and runs: nothing was lost
    for number in range(3):
        make_store(root, [make_pair(900 + number)]).close()
        if number == 0:
            assert old.exists()  # a reader may still hold the generation before
    assert not old.exists()
    assert read_trials(root, read_generation(root)) == ()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--rate", 0), "--rate 0 cannot be planted"),
        (("--rate", 0.46), "--rate 0.46 cannot be planted"),
        (("--rate", "nan"), "--rate nan cannot be planted"),
        (("--rate", "much"), "invalid float value"),
        (("--seeds", 0), "--seeds 0 is not possible"),
        (("--limit", 49), "--limit 49 is too few rows"),
        (("--kind", "odd"), "invalid choice: 'odd'"),
        (("--kind", "annotator"), "two named annotators"),
        (("--where", "nothing > 1"), "no column named 'nothing'"),
        (("--where", "row_id"), "cannot be read"),
    ],
)
def test_what_cannot_be_tried_is_a_sentence(assay, built: Path, words, sentence: str) -> None:
    said = assay("detect", *words, store=built)
    assert said.code == 2
    assert sentence in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([make_pair(i) for i in range(60)], "No run has scored these pairs"),
        (pairs(30), "30 labelled rows are too few"),
        ([make_pair(i, tie_kind="tie", label_kind="tie") for i in range(60)], "has a label"),
    ],
)
def test_a_store_with_nothing_to_try_says_what_is_missing(
    assay, tmp_path: Path, rows: list[Row], sentence: str
) -> None:
    make_store(tmp_path / "s", rows).close()
    said = assay("detect", store=tmp_path / "s")
    assert said.code == 1
    assert sentence in said.err
    assert "hint:" in said.err


def test_a_filter_that_keeps_nothing_says_so(assay, built: Path) -> None:
    said = assay("detect", "--where", "row_id < 0", store=built)
    assert (said.code, "No row matches" in said.err) == (1, True)


def test_without_a_store_it_says_what_makes_one(assay, tmp_path: Path) -> None:
    said = assay("detect", store=tmp_path / "none")
    assert said.code == 1
    assert "There is no store" in said.err


def test_a_store_that_changed_meanwhile_keeps_nothing(assay, root: Path, monkeypatch) -> None:
    from core.commands import detect

    real = detect.try_detectors

    def slow(*args):
        trial = real(*args)
        make_store(root, [make_pair(950)]).close()
        return trial

    monkeypatch.setattr(detect, "try_detectors", slow)
    said = assay("detect", "--seeds", 1, store=root)
    assert said.code == 0
    assert "has changed meanwhile" in said.out
    assert read_trials(root, read_generation(root)) == ()


def test_annotators_can_differ(assay, tmp_path: Path) -> None:
    rows = [{**row, "votes": {f"w{i % 4}": "chosen"}} for i, row in enumerate(pairs())]
    make_store(tmp_path / "s", rows).close()
    said = assay("detect", "--kind", "annotator", "--seeds", 2, "--json", store=tmp_path / "s")
    assert (said.code, said.data["planted"]) == (0, 24)
    assert said.data["detectors"]["suspicion"]["auroc"] > 0.8


# --- runs that learn from labels ---------------------------------------------------------------


@pytest.fixture
def crossfitted(assay, root: Path) -> Path:
    assert assay("score", "crossfit", "--set", "folds=3", store=root).code == 0
    return root


def test_a_run_that_learns_from_labels_is_made_anew(assay, crossfitted: Path) -> None:
    said = assay("detect", "--seeds", 1, "--json", store=crossfitted)
    assert said.data["relearnt"] == ["crossfit"]
    assert "crossfit: learnt anew from every copy" in said.err
    # Its words tell right from wrong, so it finds flips; with the true labels it would know them.
    assert said.data["detectors"]["explicit_margin_crossfit"]["auroc"] > 0.8


def test_learning_anew_from_unchanged_labels_gives_the_run_itself(crossfitted: Path) -> None:
    with closing(open_store(crossfitted)) as store:
        every = signal_inputs(store)
        (learner,) = learners(store, every.row_id, every.tie)
        again = learner.scored(np.zeros(len(every.tie), np.bool_))
    assert learner.options.parameters["folds"] == 3
    stored = every.rewards["crossfit"]
    assert again.chosen == pytest.approx(stored.chosen, abs=1e-6)
    assert again.rejected == pytest.approx(stored.rejected, abs=1e-6)


def test_what_is_learnt_anew_fits_the_planted_copy(crossfitted: Path) -> None:
    """With every label reversed it learns the reversed words, so its margins agree again."""
    with closing(open_store(crossfitted)) as store:
        every = signal_inputs(store)
        rows = every.row_id[10:]
        who = learners(store, rows, every.tie)
        few, flips = take_rows(every, rows), np.ones(len(rows), np.bool_)
        copy = relearnt(flip_rows(few, flips), flips, who, {})
    learnt = copy.rewards["crossfit"]
    assert (learnt.chosen > learnt.rejected).mean() > 0.9
    stale = flip_rows(few, flips).rewards["crossfit"]
    assert (stale.chosen > stale.rejected).mean() < 0.1


def test_a_run_that_cannot_learn_is_left_out_with_its_reason(crossfitted: Path) -> None:
    class Silent:
        run_id = "crossfit"

        def scored(self, flips):
            raise ScoreError("Too few prompts.", "Import more.")

    with closing(open_store(crossfitted)) as store:
        every = signal_inputs(store)
    notes: dict[str, str] = {}
    copy = relearnt(every, np.zeros(len(every.tie), np.bool_), (Silent(),), notes)
    assert "crossfit" not in copy.rewards
    assert set(copy.rewards) == {"alpha", "beta"}
    assert notes == {"crossfit": "Too few prompts."}


# --- the file ----------------------------------------------------------------------------------


def test_a_damaged_file_is_no_trial(assay, root: Path) -> None:
    assay("detect", "--seeds", 1, store=root)
    generation = read_generation(root)
    path = root / trial_name(generation)
    whole = json.loads(path.read_text("utf-8"))

    def after(change) -> int:
        data = json.loads(json.dumps(whole))
        change(data)
        path.write_text(json.dumps(data), "utf-8")
        return len(read_trials(root, generation))

    def first(data):
        return data["trials"][0]

    def best(data):
        return first(data)["detectors"][0]

    assert after(lambda data: None) == 1
    assert after(lambda data: data.pop("trials")) == 0
    assert after(lambda data: first(data).update(kind="odd")) == 0
    assert after(lambda data: first(data).update(rows="many")) == 0
    assert after(lambda data: first(data).update(absent=[1])) == 0
    assert after(lambda data: first(data)["detectors"][0].update(title=3)) == 0
    assert after(lambda data: first(data)["detectors"][0]["measures"].pop("ece")) == 0
    assert (
        after(lambda data: first(data)["detectors"][0]["measures"]["auroc"].update(value="x")) == 0
    )
    path.write_text("[" * 100_000, "utf-8")
    assert read_trials(root, generation) == ()
    path.write_bytes(b"\xff\xfe\x00")
    assert read_trials(root, generation) == ()
    path.unlink()
    assert read_trials(root, generation) == ()
