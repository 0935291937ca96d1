"""What views answer on a small store whose numbers are known by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import FilterError
from core.schema import Condition, Cursor, Order, PairFilter, id_text
from core.signals.spec import SIGNALS
from core.store.inputs import signal_inputs
from core.store.instance import Store
from core.views import margins
from core.views.bins import bins_between
from core.views.browse import browse, count, find_rows, pair_detail
from core.views.flips import conflicts, suspects
from core.views.live import live_params, recompute_histogram
from core.views.margins import calibration, density, histogram
from core.views.overview import overview
from core.views.reasons import Circumstances, Opposite, VoteCount, reasons
from core.views.results import Evidence, Kind, PairRow, Turn
from core.views.signals import choices
from tests.factories import demo_pairs, make_pair, make_store

ALL = PairFilter()
ALPHA = "explicit_margin_alpha"
CHAT = [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}]


def _rows() -> list[dict[str, object]]:
    """Five rows: agreeing, disagreeing, a contradiction of row 0, a tie, and one without scores."""
    first = make_pair(0, prompt_text="p0", chosen_text="long answer", rejected_text="short")
    return [
        {**first, "scores": {"alpha": (2.0, 0.5)}, "gold": "chosen"},
        make_pair(1, scores={"alpha": (0.0, 1.0)}, votes={"ann": "rejected", "bob": None}),
        {**first, "chosen_text": "short", "rejected_text": "long answer", "row": 2},
        make_pair(3, tie_kind="both_bad", label_kind="tie", scores={"alpha": (1.0, 0.0)}),
        make_pair(
            4,
            prompt_text=None,
            prompt_messages=json.dumps(CHAT),
            split="test",
            chosen_text="c" * 400,
            chosen_model="model a",
            extra='{"note": 1}',
        ),
    ]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_store(tmp_path_factory.mktemp("small") / "store", _rows(), search=True)


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_store(tmp_path_factory.mktemp("larger") / "store", demo_pairs(200))


# --- overview ----------------------------------------------------------------------------------


def test_overview_counts_what_is_there(store: Store) -> None:
    found = overview(store)
    assert (found.pairs, found.unique_pairs, found.prompts, found.ties, found.votes) == (
        *(5, 4, 4, 1, 2),
    )
    assert found.responses == 8
    assert (found.duplicates, found.contradictions) == (0, 2)
    assert (found.longer_wins.k, found.longer_wins.n) == (3, 4)
    # Gold names the long answer: row 0 agrees, its contradiction in row 2 does not.
    assert (found.gold_noise.k, found.gold_noise.n) == (1, 2)
    assert [(s.name, s.pairs, s.unique_pairs, s.ties, s.votes, s.gold) for s in found.sources] == [
        ("made", 5, 4, 1, 2, 1)
    ]


def test_a_run_is_held_against_labels_and_gold(store: Store) -> None:
    """Rows 0, 1 and 2 have a margin: +1.5, −1 and −1.5; the tie has none."""
    (run,) = overview(store).runs
    assert (run.run_id, run.column, run.covered, run.rows) == ("alpha", ALPHA, 3, 4)
    assert (run.agreement.k, run.agreement.n) == (1, 3)
    assert (run.gold_agreement.k, run.gold_agreement.n) == (2, 2)


def test_few_rows_tell_no_noise(store: Store) -> None:
    found = overview(store)
    assert found.noise is None
    assert found.clean_equivalent is None
    assert all(row.rate is None for row in found.noise_estimates if row.method != "audited")
    assert "not enough evidence: fewer than" in found.noise_estimates[0].reason


def test_an_empty_store_is_answered(tmp_path: Path) -> None:
    empty = make_store(tmp_path / "store", [])
    found = overview(empty)
    assert (found.pairs, found.runs, found.noise) == (0, (), None)
    assert found.longer_wins.value is None
    assert count(empty, ALL).total == 0
    assert browse(empty, ALL, Order(), None).rows == ()
    assert suspects(empty, ALL).suspects == ()
    assert conflicts(empty, ALL, "contradiction").rows == ()
    assert pair_detail(empty, 0) is None
    assert histogram(empty, ALL, "row_id", bins=3).total == 0


def test_count_and_sentence(store: Store) -> None:
    found = count(store, PairFilter(splits=("test",)))
    assert (found.matching, found.total, found.sentence) == (1, 5, "split is test")


def test_a_search_is_a_filter(store: Store) -> None:
    found = browse(store, PairFilter(search="short"), Order(), None)
    assert [row.row_id for row in found.rows] == [0, 2]
    assert count(store, PairFilter(search="nowhere")).matching == 0


def test_rows_have_previews_and_signals(store: Store) -> None:
    page = browse(store, ALL, Order(ALPHA), None, size=2)
    assert [row.row_id for row in page.rows] == [2, 1]
    assert page.after == Cursor(-1.0, 1)
    last = browse(store, ALL, Order("row_id", descending=True), None, size=1).rows[0]
    assert (last.prompt, len(last.chosen), last.split) == (
        *("system: be kind\n\nuser: hi", 280, "test"),
    )
    assert last.signals[ALPHA] is None


def test_detail_of_a_conversation(store: Store) -> None:
    found = pair_detail(store, 4)
    assert found is not None
    assert found.prompt == (Turn("system", "be kind"), Turn("user", "hi"))
    assert found.chosen == (Turn("assistant", "c" * 400),)
    assert (found.chosen_model, found.extra, found.row) == ("model a", '{"note": 1}', 4)
    assert (found.scores, found.votes, found.gold, found.siblings) == ((), (), None, ())


def test_detail_of_a_contradicted_pair(store: Store) -> None:
    found = pair_detail(store, 2)
    assert found is not None
    assert found.prompt == (Turn("user", "p0"),)
    assert [(s.run_id, s.chosen, s.rejected) for s in found.scores] == [("alpha", 0.5, 2.0)]
    assert found.gold == "rejected"
    assert [(s.row_id, s.relation, s.preview) for s in found.siblings] == [
        (0, "contradiction", "long answer")
    ]
    assert find_rows(store, found.pair_id) == (0, 2)


def test_votes_name_the_side_of_the_row(store: Store) -> None:
    found = pair_detail(store, 1)
    assert found is not None
    assert [(v.annotator, v.winner, v.tie_kind) for v in found.votes] == [
        ("ann", "rejected", None),
        ("bob", None, "tie"),
    ]


@pytest.mark.parametrize("text", ["", "xyz", id_text(7), "f" * 16, "0" * 17])
def test_a_pair_that_is_not_there(store: Store, text: str) -> None:
    assert find_rows(store, text) == ()
    assert pair_detail(store, 99) is None
    assert pair_detail(store, -1) is None


def test_a_tie_among_equal_pairs_is_no_contradiction(tmp_path: Path) -> None:
    tie = {**make_pair(0), "tie_kind": "tie", "label_kind": "tie"}
    rows = [make_pair(0), {**tie, "row": 1}, {**tie, "row": 2}]
    rows.append(make_pair(3, prompt_text="question 0", chosen_text="other"))
    found = make_store(tmp_path / "store", rows)
    details = [pair_detail(found, row) for row in range(4)]
    relations = [[s.relation for s in d.siblings] for d in details if d]
    assert relations[0] == ["same pair", "same pair", "same prompt"]
    assert relations[1] == ["same pair", "duplicate", "same prompt"]
    assert relations[3] == ["same prompt"] * 3


# --- margins -----------------------------------------------------------------------------------


def test_histogram_of_known_values(store: Store) -> None:
    h = histogram(store, ALL, ALPHA, bins=3)
    np.testing.assert_allclose(h.edges, [-1.5, -0.5, 0.5, 1.5])
    assert h.series["all"].tolist() == [2, 0, 1]
    assert (h.nulls, h.total, h.quantiles[0.5]) == (2, 5, -1.0)


def test_a_brush_keeps_the_rows_of_its_bins(larger: Store) -> None:
    h = histogram(larger, ALL, ALPHA, bins=10)
    low, high = float(h.edges[3]), float(h.edges[7])
    brushed = PairFilter(conditions=(Condition(ALPHA, ">=", low), Condition(ALPHA, "<", high)))
    assert count(larger, brushed).matching == h.series["all"][3:7].sum()


@pytest.mark.parametrize(
    ("low", "high"),
    [(None, None), (2.0, 2.0), (0.0, 0.0), (3e30, 3e30), (-1e-30, 1e-30), (1, 1 + 1e-16)],
)
def test_edges_always_rise(low: float | None, high: float | None) -> None:
    grid = bins_between(low, high, 60)
    assert (np.diff(grid.edges) > 0).all()
    if low is not None:
        assert grid.edges[0] <= low <= high <= grid.edges[-1]


def test_small_slices_are_one_together(tmp_path: Path) -> None:
    rows = [make_pair(i, split=f"s{i % 10}") for i in range(25)]
    h = histogram(make_store(tmp_path / "store", rows), ALL, "row_id", 5, "split")
    assert list(h.series) == [*(f"s{i}" for i in range(8)), margins.OTHERS]
    assert h.series[margins.OTHERS].sum() == 4


def test_many_rows_have_quantiles_from_bins(larger: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = histogram(larger, ALL, ALPHA).quantiles
    monkeypatch.setattr(margins, "EXACT_ROWS", 10)
    rough = histogram(larger, ALL, ALPHA).quantiles
    assert list(rough.values()) == pytest.approx(list(exact.values()), abs=0.1)


def test_density_of_known_values(store: Store) -> None:
    d = density(store, ALL, ALPHA, "row_id", bins=2)
    assert d.counts.tolist() == [[0, 1], [2, 0]]
    assert (d.nulls, d.total) == (2, 5)


def test_calibration_rises_with_a_margin_that_knows_the_gold(larger: Store) -> None:
    c = calibration(larger, ALL, ALPHA, "gold", bins=4)
    assert c is not None
    assert c.shares[0].value < 0.5 < c.shares[-1].value
    assert calibration(larger, PairFilter(sources=("none",)), ALPHA, "gold") is None


def test_calibration_needs_a_witness(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FilterError, match="cannot be held against 'label'"):
        calibration(store, ALL, ALPHA, "label")
    bare = make_store(tmp_path / "store", [make_pair(0)])
    assert calibration(bare, ALL, "length_ratio", "gold") is None


def test_live_parameters_move_the_histogram(larger: Store) -> None:
    column = next(c for c in larger.signal_columns if c.name == "suspicion")
    assert [p.name for p in live_params(column)] == [
        p.name for p in SIGNALS.get("suspicion").params
    ]
    inputs = signal_inputs(larger)
    low = recompute_histogram(larger, ALL, inputs, column, {"noise_rate": 0.05}, 20)
    high = recompute_histogram(larger, ALL, inputs, column, {"noise_rate": 0.4}, 20)
    assert low.quantiles[0.5] < high.quantiles[0.5]
    assert low.total == high.total == 203


def test_choices_have_words(store: Store) -> None:
    by_name = {choice.column.name: choice for choice in choices(store)}
    assert by_name[ALPHA].title == "Explicit margin of alpha"
    assert by_name["length_delta_chars"].unit == "characters"
    assert all(choice.direction for choice in by_name.values())


# --- flips -------------------------------------------------------------------------------------


def test_suspects_have_evidence_reasons_and_gold(larger: Store) -> None:
    page = suspects(larger, ALL, size=5)
    first = page.suspects[0]
    assert first.suspicion == max(s.suspicion for s in page.suspects)
    assert [(item.name, item.kind) for item in first.evidence] == [
        ("alpha", "reward model"),
        ("beta", "reward model"),
    ]
    assert all(item.margin < 0 for item in first.evidence)
    assert "both reward models prefer the rejected answer" in first.reasons
    assert first.gold == "rejected"


def test_a_leaking_run_is_no_evidence(tmp_path: Path) -> None:
    rows = [{**row, "leaks_label": True} for row in demo_pairs(60)]
    leaking = make_store(tmp_path / "store", rows)
    assert suspects(leaking, ALL).suspects == ()
    told = [row for row in overview(leaking).noise_estimates if row.method != "audited"]
    assert all(row.n == 0 and row.rate is None for row in told)
    assert all(run.leaks_label for run in overview(leaking).runs)


def test_conflicting_rows_stand_together(store: Store) -> None:
    page = conflicts(store, ALL, "contradiction", size=1)
    assert [row.row_id for row in page.rows] == [0]
    rest = conflicts(store, ALL, "contradiction", page.after, size=1)
    assert [row.row_id for row in rest.rows] == [2]
    assert rest.after is None
    assert conflicts(store, ALL, "duplicate").rows == ()


ROW = PairRow(1, "0" * 16, "made", "train", 1, None, "p", "c", "r", {})
NOTHING = Circumstances(None, None, longer_wins=False)


def _evidence(*margins: float, kind: Kind = "reward model") -> tuple[Evidence, ...]:
    return tuple(Evidence(f"run {i}", kind, margin) for i, margin in enumerate(margins))


@pytest.mark.parametrize(
    ("evidence", "circumstances", "signals", "expected"),
    [
        (_evidence(1.0), NOTHING, {}, ()),
        (
            _evidence(-1.0),
            NOTHING,
            {},
            ("the only reward model with scores here, run 0, prefers the rejected answer",),
        ),
        (_evidence(-1, -1), NOTHING, {}, ("both reward models prefer the rejected answer",)),
        (
            _evidence(-1, -1, -2),
            NOTHING,
            {},
            ("all three reward models prefer the rejected answer",),
        ),
        (
            _evidence(-1, -1, 3, -1, -1),
            NOTHING,
            {},
            ("four of five reward models prefer the rejected answer",),
        ),
        (
            _evidence(-1, 1),
            NOTHING,
            {},
            ("one of two reward models prefers the rejected answer",),
        ),
        (
            _evidence(*[-1.0] * 12, kind="judge"),
            NOTHING,
            {},
            ("all 12 judges prefer the rejected answer",),
        ),
        (
            (*_evidence(-1, 1, 1), *_evidence(-1, -1, kind="policy")),
            NOTHING,
            {},
            (
                "one of three reward models prefers the rejected answer",
                "both policies prefer the rejected answer",
            ),
        ),
        (
            (),
            Circumstances(Opposite(1, "x", 1204, 1), VoteCount(1, 1, 2, 3), longer_wins=False),
            {},
            (
                "the same pair appears with the opposite label in row 1,204 of source x",
                "2 of 3 votes went to the rejected answer",
            ),
        ),
        (
            (),
            Circumstances(Opposite(1, "x", 0, 3), VoteCount(1, 2, 1, 3), longer_wins=False),
            {},
            (
                "the same pair appears with the opposite label in row 0 of source x "
                "and in two more rows",
            ),
        ),
        (
            (),
            NOTHING,
            {"rating_margin": -1.5},
            ("the ratings put the rejected answer ahead by 1.5",),
        ),
        ((), NOTHING, {"length_ratio": -np.log(3.1)}, ()),
        (
            (),
            Circumstances(None, None, longer_wins=True),
            {"length_ratio": -np.log(3.1)},
            ("the rejected answer is 3.1 times as long",),
        ),
        ((), Circumstances(None, None, longer_wins=True), {"length_ratio": -0.5}, ()),
    ],
)
def test_reasons(
    evidence: tuple[Evidence, ...],
    circumstances: Circumstances,
    signals: dict[str, float | None],
    expected: tuple[str, ...],
) -> None:
    row = PairRow(**{**ROW.__dict__, "signals": signals})
    assert reasons(row, evidence, circumstances) == expected
