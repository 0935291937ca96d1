"""From the log's state to the store's tables, and from there to gold for the signals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.commands.generation import advance, votes_as_gold
from core.commands.relabelling import desk_of
from core.errors import UsageError
from core.relabel.ballots import ballots
from core.relabel.desk import Desk
from core.relabel.log import open_log
from core.relabel.state import State
from core.relabel.tables import RULE, Tables, verdict_table, vote_table
from core.relabel.verdicts import verdicts
from core.schema.relabel import Answer, CastVote, Decision, Ruling
from core.schema.voted import VERDICT_COLUMNS, VOTED_COLUMNS
from core.settings import Settings
from core.signals.noise_estimates import noise_estimates
from core.signals.suspicion_model import judge_labels
from core.store.inputs import signal_inputs
from core.store.instance import Store, open_store
from core.store.layout import read_generation
from core.store.lock import writing
from tests.factories import make_pair, make_store


def _vote(seq: int, pair: int, who: str, winner: int | None, **over: object) -> CastVote:
    tie = None if winner else "tie"
    answer = Answer(winner, tie, strength=2, tags=("taste", "error"), rationale="why", seconds=1.5)
    made = CastVote(seq, 1_700_000_000_000_000 + seq, who, "q", 0, pair, 5, 6, "real", "t", answer)
    return replace(made, **over)


def _state(votes: Iterable[CastVote], *rulings: Decision) -> State:
    state = State(lambda queue: ())
    for vote in votes:
        state.votes[vote.seq] = vote
        if vote.purpose == "real" and not vote.late:
            state.by_pair.setdefault(vote.pair_id, {})[vote.annotator] = vote
    state.decisions = {made.pair_id: made for made in rulings}
    state.seq = max(state.votes, default=0) + len(rulings)
    return state


STATE = _state(
    [
        _vote(1, 10, "ann", 5),
        _vote(2, 10, "bo", 6),
        _vote(3, 10, "ann", 6),
        _vote(4, 10, "cy", 6, late=True),
        _vote(5, 20, "ann", None),
        _vote(6, 30, "ann", 5, purpose="gold"),
        _vote(7, 30, "ann", 5, purpose="repeat", late=True),
    ],
    Decision(9, 0, "lead", 40, Ruling(winner_id=6)),
)


def test_the_votes_on_labels_are_told_once_each() -> None:
    table = vote_table(STATE)
    assert table.schema == VOTED_COLUMNS
    told = [(r["pair_id"], r["annotator"], r["winner_id"], r["late"]) for r in table.to_pylist()]
    assert told == [
        (10, "bo", 6, False),
        (10, "ann", 6, False),
        (10, "cy", 6, True),
        (20, "ann", None, False),
    ]
    first = table.to_pylist()[0]
    assert (first["tags"], first["strength"], first["seconds"]) == ("taste, error", 2, 1.5)
    assert first["voted_at"].timestamp() == pytest.approx(1_700_000_000, abs=86_400)


def test_no_votes_are_empty_tables() -> None:
    assert vote_table(_state([])) == VOTED_COLUMNS.empty_table()
    assert verdict_table(()) == VERDICT_COLUMNS.empty_table()


def test_verdicts_keep_what_they_say() -> None:
    found = verdicts(RULE, ballots(STATE.by_pair), STATE.decisions)
    rows = verdict_table(found).to_pylist()
    assert [(r["pair_id"], r["outcome"], r["winner_id"], r["n_votes"]) for r in rows] == [
        (10, "winner", 6, 2),
        (20, "tie", None, 1),
        (40, "winner", 6, 0),
    ]
    assert rows[2]["source_of"] == "ruling of lead"


class _Filled:
    """A store that keeps what it was filled with."""

    def __init__(self) -> None:
        self.live_head, self.verdicts = 0, {}

    def fill(self, votes: object, verdicts: object, head: int) -> None:
        self.live_head = head
        self.verdicts = {row["pair_id"]: row for row in verdicts.to_pylist()}


@pytest.mark.parametrize(
    "later",
    [
        _state([*STATE.votes.values(), _vote(11, 20, "bo", 5)]),
        _state([*STATE.votes.values(), _vote(11, 77, "bo", 5)]),
        _state([vote for vote in STATE.votes.values() if vote.pair_id != 10]),
        _state(STATE.votes.values(), Decision(12, 0, "lead", 10, Ruling(tie="both_bad"))),
        _state(STATE.votes.values(), Decision(12, 0, "lead", 40, Ruling(tie="both_bad"))),
        _state([*STATE.votes.values(), _vote(5, 20, "ann", 6)]),
        _state(STATE.votes.values(), Decision(9, 0, "lead", 40, Ruling(tie="both_bad"))),
        _state([]),
    ],
)
def test_remembered_verdicts_are_those_judged_anew(later: State) -> None:
    """Votes come, are undone, and are overruled; what is remembered must not outlive that.

    After a restore another vote or ruling may have the place of one that was judged.
    """
    tables, store = Tables(), _Filled()
    for seq, state in ((50, STATE), (60, later), (70, STATE)):
        state.seq = seq
        tables.fill(store, lambda question, state=state: question(state), seq)
        fresh = verdicts(RULE, ballots(state.by_pair), state.decisions)
        assert store.verdicts == {r["pair_id"]: r for r in verdict_table(fresh).to_pylist()}


# --- votes as gold -----------------------------------------------------------------------------

N = 160


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """160 scored rows, 0 … 19 with gold of the source; every fifth label is reversed."""
    draw = np.random.default_rng(3)
    rows = []
    for i in range(N):
        side = -1.0 if i % 5 == 0 else 1.0
        scores = {"alpha": (side + draw.normal() * 0.7, 0.0), "beta": (side + draw.normal(), 0.0)}
        gold = {"gold": "rejected" if i % 5 == 0 else "chosen"} if i < 20 else {}
        rows.append(make_pair(i, scores=scores, **gold))
    make_store(tmp_path, rows).close()
    return tmp_path


def _voted(root: Path, rows: Iterable[int], people: tuple[str, ...] = ("ann", "bo")) -> Desk:
    """Let people find the reversed labels among some rows."""
    store = open_store(root)
    pairs = store.query("inputs_pairs").to_pylist()
    at = {int(r["row_id"]): r for r in _with_rows(store, pairs)}
    store.close()
    desk = Desk(open_log(f"sqlite:///{root / 'votes.sqlite3'}"))
    votes = [
        _vote(0, at[i]["pair_id"], who, at[i]["rejected_id" if i % 5 == 0 else "chosen_id"])
        for i in rows
        for who in people
    ]
    desk.add_votes([replace(vote, origin="file") for vote in votes], "lead")
    return desk


def _with_rows(store: Store, pairs: list[dict]) -> list[dict]:
    rows = store.query("inputs_rows", {"votes_as_gold": False}).to_pylist()
    of = {row["pair_id"]: row["row_id"] for row in rows}
    return [{**pair, "row_id": of[pair["pair_id"]]} for pair in pairs]


def _inputs(root: Path, votes: bool = True):
    store = open_store(root)
    with desk_of(Settings(store=root)) as desk:
        Tables().fill(store, desk.ask, desk.state.seq)
    inputs = signal_inputs(store, texts=False, votes_as_gold=votes)
    store.close()
    return inputs


def test_verdicts_of_two_votes_are_gold_where_the_source_has_none(root: Path) -> None:
    _voted(root, range(10, 60))
    inputs = _inputs(root)
    assert np.flatnonzero(inputs.gold_voted).tolist() == list(range(20, 60))
    assert np.flatnonzero(np.isfinite(inputs.gold)).tolist() == list(range(60))
    assert np.flatnonzero(inputs.gold == 0).tolist() == list(range(0, 60, 5))
    assert np.flatnonzero(np.isfinite(inputs.source_gold)).tolist() == list(range(20))
    assert not _inputs(root, votes=False).gold_voted.any()


def test_one_vote_is_no_gold_and_a_ruling_is(root: Path) -> None:
    desk = _voted(root, range(20, 60), people=("ann",))
    assert not _inputs(root).gold_voted.any()
    vote = next(iter(desk.state.votes.values()))
    desk.decide("lead", vote.pair_id, Ruling(winner_id=vote.answer.winner_id))
    assert np.flatnonzero(_inputs(root).gold_voted).tolist() == [20]


def test_votes_of_people_who_cannot_judge_do_not_add_up_to_two(root: Path) -> None:
    desk = _voted(root, [30], people=("ann",))
    cast = next(iter(desk.state.votes.values()))
    unsure = replace(cast, annotator="bo", answer=Answer(tie="cannot_judge"))
    desk.add_votes([unsure], "lead")
    assert not _inputs(root).gold_voted.any()


def test_votes_on_chosen_rows_are_no_audit_but_calibrate(root: Path) -> None:
    """People looked at every suspect and nothing else: their share of errors is 100 %, not 20 %."""
    _voted(root, range(20, N, 5))
    without, inputs = _inputs(root, votes=False), _inputs(root)
    assert (inputs.gold[inputs.gold_voted] == 0).all()

    def audit(given) -> list[tuple[float | None, str]]:
        found = noise_estimates(given, judge_labels(given))
        return [(e.rate, e.reason) for e in found if e.method == "audited"]

    assert audit(inputs) == audit(without)
    assert {m.calibrated for m in judge_labels(inputs).models} == {"margins"}


def _rebuilt(root: Path, votes: bool | None = None) -> Store:
    settings = Settings(store=root)
    with writing(root, "test"):
        advance(settings, read_generation(root), votes)
    return open_store(root)


def _notes(store: Store) -> dict[str, str]:
    return {c.name: c.note for c in store.signal_columns if "votes of Relabel" in c.note}


def test_a_rebuild_counts_votes_and_says_how_many(root: Path) -> None:
    _voted(root, range(20, N))
    store = _rebuilt(root)
    assert set(_notes(store)) == {"suspicion", "evidence"}
    assert "On 140 pairs votes of Relabel count as gold." in _notes(store)["suspicion"]
    assert {model.calibrated for model in store.evidence_models.values()} == {"gold"}
    (gold,) = [c for c in store.signal_columns if c.name == "gold_agrees"]
    assert gold.n == 20
    store.close()


def test_votes_can_be_kept_out(root: Path) -> None:
    _voted(root, range(20, N))
    told = _rebuilt(root, votes=False)
    assert _notes(told) == {}
    told.close()
    (root / "assay.toml").write_text("votes_as_gold = false\n")
    told = _rebuilt(root)
    assert _notes(told) == {}
    assert {model.calibrated for model in told.evidence_models.values()} != {"gold"}
    told.close()
    told = _rebuilt(root, votes=True)
    assert set(_notes(told)) == {"suspicion", "evidence"}
    told.close()


def test_the_setting_is_true_or_false(tmp_path: Path) -> None:
    assert votes_as_gold(Settings(store=tmp_path)) is True
    (tmp_path / "assay.toml").write_text('votes_as_gold = "no"\n')
    with pytest.raises(UsageError, match="votes_as_gold cannot be 'no'"):
        votes_as_gold(Settings(store=tmp_path))


def test_without_a_log_a_rebuild_makes_none(root: Path) -> None:
    _rebuilt(root).close()
    assert list(root.glob("votes*")) == []


def test_a_log_that_cannot_be_read_stops_no_rebuild(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "votes.sqlite3").write_bytes(b"no database" * 500)
    _rebuilt(root).close()
    assert "No vote counts as gold this time." in capsys.readouterr().err
