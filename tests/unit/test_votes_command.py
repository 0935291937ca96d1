"""`votes`, `backup` and `restore`: what leaves the log comes back as it was."""

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.commands.voteline import BadVote, time_text, vote_line, vote_of
from core.relabel.desk import Desk
from core.relabel.log import open_log
from core.schema.relabel import Answer, CastVote
from tests.conftest import Said
from tests.factories import demo_pairs, make_store

Assay = Callable[..., Said]
SAID = 'it\'s "wrong"\n\u202e\u00fc'
ANSWERS = (
    Answer(strength=3, tags=("verbosity", "error"), rationale=SAID, seconds=4.25),
    Answer(tie="both_bad", masked=True),
    Answer(attributes={"helpful": 5, "clear": 1}, seconds=0.0, leaked=True),
    Answer(tie="cannot_judge"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("votes") / "store"
    make_store(root, demo_pairs(120)).close()
    return root


@pytest.fixture
def store(made: Path, tmp_path: Path, assay: Assay) -> Path:
    """Return a store whose log has a queue and four answers of two people."""
    root = Path(shutil.copytree(made, tmp_path / "store"))
    queue = assay("queue", "make", "Q", "--size", 20, "--overlap", 2, "--json", store=root)
    desk = Desk(open_log(f"sqlite:///{root / 'votes.sqlite3'}"))
    desk.refresh(0)
    for number, answer in enumerate(ANSWERS):
        person = ("ann", "bo")[number % 2]
        shown = desk.showing(person, queue.data["queue"])[0]
        if answer.tie is None:
            answer = replace(answer, winner_id=shown.right_id)
        desk.vote(person, shown.token, answer)
    desk.log.close()
    return root


def other(store: Path) -> str:
    return f"sqlite:///{store / 'other.sqlite3'}"


@pytest.mark.parametrize("name", ["votes.jsonl", "votes.jsonl.gz", "votes.jsonl.zst"])
def test_votes_go_through_a_file_into_another_log_and_out_again(
    assay: Assay, store: Path, tmp_path: Path, name: str
) -> None:
    first, second = tmp_path / name, tmp_path / "again.jsonl"
    assert assay("votes", "export", first, "--json", store=store).data["votes"] == 4
    taken = assay("votes", "import", first, "--log", other(store), "--json", store=store)
    assert (taken.code, taken.data["votes"], taken.data["there"]) == (0, 4, 0), taken.err
    assay("votes", "export", second, "--log", other(store), store=store)
    plain = tmp_path / "plain.jsonl"
    assay("votes", "export", plain, store=store)
    assert second.read_bytes() == plain.read_bytes()
    assert len(plain.read_bytes().splitlines()) == 4
    again = assay("votes", "import", first, "--log", other(store), "--json", store=store)
    assert (again.data["votes"], again.data["there"]) == (0, 4)


def test_a_log_takes_its_own_votes_for_those_it_has(
    assay: Assay, store: Path, tmp_path: Path
) -> None:
    assay("votes", "export", tmp_path / "v.jsonl", store=store)
    own = assay("votes", "import", tmp_path / "v.jsonl", "--json", store=store)
    assert (own.data["votes"], own.data["there"]) == (0, 4)


def test_a_line_says_everything_and_its_ids_are_text(
    assay: Assay, store: Path, tmp_path: Path
) -> None:
    assay("votes", "export", tmp_path / "v.jsonl", store=store)
    rows = [json.loads(line) for line in (tmp_path / "v.jsonl").read_text("utf-8").splitlines()]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    assert all(len(row["pair_id"]) == 16 and row["at"].endswith("Z") for row in rows)
    assert {row["annotator"] for row in rows} == {"ann", "bo"}
    by_tie = {row["tie"]: row for row in rows}
    assert by_tie["both_bad"]["winner_id"] is None
    assert by_tie["both_bad"]["masked"] is True
    assert {row["rationale"] for row in rows} == {"", SAID}
    assert {"purpose", "late", "guideline", "queue", "seconds", "strength", "tags"} <= set(rows[0])


def test_a_file_is_not_replaced_unless_asked(assay: Assay, store: Path, tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    path.write_text("mine", "utf-8")
    said = assay("votes", "export", path, store=store)
    assert (said.code, "is there already" in said.err) == (1, True)
    assert path.read_text("utf-8") == "mine"
    assert assay("votes", "export", path, "--force", store=store).code == 0
    assert path.read_text("utf-8").startswith('{"pair_id"')
    assert path.stat().st_mode & 0o077 == 0


GOOD = {
    "pair_id": "00000000000000aa",
    "winner_id": "00000000000000bb",
    "annotator": "cy",
    "at": "2026-01-31T12:00:00+01:00",
}


def written(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


def test_bad_lines_are_named_and_nothing_is_imported(
    assay: Assay, store: Path, tmp_path: Path
) -> None:
    rows = [GOOD, {**GOOD, "winner_id": None}, [1], {**GOOD, "annotator": "di"}]
    path = written(tmp_path / "v.jsonl", *rows)
    with path.open("a", encoding="utf-8") as file:
        file.write("no json\n")
    said = assay("votes", "import", path, "--log", other(store), store=store)
    assert said.code == 1
    for part in ("3 lines of", "line 2: it names neither", "line 3: the row is a list", "line 5:"):
        assert part in said.err
    assert not (store / "other.sqlite3").exists()
    kept = assay(
        "votes", "import", path, "--skip-bad", "--log", other(store), "--json", store=store
    )
    assert (kept.code, kept.data["votes"]) == (0, 2)
    assert [row["line"] for row in kept.data["skipped"]] == [2, 3, 5]


def test_a_winner_that_the_pair_does_not_have_is_bad(
    assay: Assay, store: Path, tmp_path: Path
) -> None:
    assay("votes", "export", tmp_path / "v.jsonl", store=store)
    row = json.loads((tmp_path / "v.jsonl").read_text("utf-8").splitlines()[0])
    path = written(tmp_path / "w.jsonl", {**row, "winner_id": "0" * 15 + "1", "tie": None})
    said = assay("votes", "import", path, store=store)
    assert (said.code, "line 1: the winner is no response of the pair" in said.err) == (1, True)


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"pair_id": None}, "no pair_id"),
        ({"pair_id": 170}, "pair_id has not 16"),
        ({"winner_id": "zz"}, "winner_id has not 16"),
        ({"tie": "tie"}, "or both"),
        ({"winner_id": None, "tie": "draw"}, "tie is none of"),
        ({"annotator": None}, "no annotator"),
        ({"annotator": "a\u202eb"}, "annotator is no name"),
        ({"at": None}, "at is no time"),
        ({"at": "2026-01-31T12:00:00"}, "at is no time"),
        ({"at": "1969-01-31T12:00:00Z"}, "before 1970"),
        ({"strength": 4}, "strength is none of"),
        ({"strength": True}, "strength is none of"),
        ({"tags": ["mood"]}, "tags is no list"),
        ({"tags": "error"}, "tags is no list"),
        ({"rationale": "x" * 4001}, "rationale is no text"),
        ({"attributes": {"clear": 6}}, "attributes does not hold"),
        ({"attributes": ["clear"]}, "attributes does not hold"),
        ({"seconds": -1}, "seconds is no number"),
        ({"seconds": float("inf")}, "seconds is no number"),
        ({"seconds": "4"}, "seconds is no number"),
        ({"late": 1}, "late is neither"),
        ({"purpose": "fun"}, "purpose is none of"),
        ({"queue": 3}, "queue is no text"),
    ],
)
def test_what_is_no_vote_says_why(over: dict[str, object], says: str) -> None:
    with pytest.raises(BadVote, match=says):
        vote_of({**GOOD, **over}, "v.jsonl")


def test_a_short_line_is_a_vote_and_keeps_its_time() -> None:
    vote = vote_of({**GOOD, "more": 1}, "v.jsonl")
    assert time_text(vote.at) == "2026-01-31T11:00:00.000000Z"
    assert (vote.pair_id, vote.answer.winner_id, vote.purpose, vote.late) == (
        0xAA, 0xBB, "real", False,
    )  # fmt: skip
    assert vote.origin == "v.jsonl"


def test_a_vote_s_line_is_read_as_the_same_vote() -> None:
    answer = Answer(None, "tie", 2, ("taste",), "b", {"x": 3}, 1.5, True, True)
    vote = CastVote(0, 1_700_000_000_123_456, "ann", "q", -1, 5, None, None, "gold", "", answer,
                    "hash", True, "f")  # fmt: skip
    assert vote_of(json.loads(vote_line(vote)), "f") == vote


def test_half_a_character_does_not_stop_an_export() -> None:
    answer = Answer(tie="tie", rationale="half \ud83d")
    vote = CastVote(0, 1, "ann", "q", -1, 5, None, None, "real", "", answer)
    once = vote_of(json.loads(vote_line(vote).encode()), "f")
    assert once.answer.rationale == "half \ufffd"
    assert vote_line(once) == vote_line(vote)


def test_import_needs_a_file(assay: Assay, store: Path, tmp_path: Path) -> None:
    said = assay("votes", "import", tmp_path / "gone.jsonl", store=store)
    assert (said.code, "There is no file" in said.err) == (2, True)


# --- backup and restore --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["log.jsonl", "log.jsonl.zst"])
def test_a_log_is_restored_hash_by_hash(
    assay: Assay, store: Path, tmp_path: Path, name: str
) -> None:
    saved = assay("backup", tmp_path / name, "--json", store=store)
    assert saved.code == 0
    back = assay("restore", tmp_path / name, "--log", other(store), "--json", store=store)
    assert (back.code, back.data["hash"]) == (0, saved.data["hash"]), back.err
    one, two = open_log(f"sqlite:///{store / 'votes.sqlite3'}"), open_log(other(store))
    assert one.after(0) == two.after(0)
    assert (one.log_id, two.check()) == (two.log_id, [])
    (queue,) = (event.body["queue"] for event in one.after(0) if event.kind == "queue")
    assert one.items(queue) == two.items(queue) != ()
    assay("backup", tmp_path / "a.jsonl", store=store)
    assay("backup", tmp_path / "b.jsonl", "--log", other(store), store=store)
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    for log in (one, two):
        log.close()


def test_a_copy_goes_from_one_database_to_the_other_and_back(
    assay: Assay, store: Path, tmp_path: Path, log_url: str
) -> None:
    """What no text file could hold comes back too."""
    own = open_log(f"sqlite:///{store / 'votes.sqlite3'}")
    with own.writing() as tx:
        tx.append("note", "ann", {"text": "half \ud83d, nul \0, 1e22", "n": 1e22, "m": 0.1})
    own.close()
    paths = [tmp_path / f"{n}.jsonl" for n in range(3)]
    assay("backup", paths[0], store=store)
    assert assay("restore", paths[0], "--log", log_url, store=store).code == 0
    assay("backup", paths[1], "--log", log_url, store=store)
    assert assay("restore", paths[1], "--log", other(store), store=store).code == 0
    assert assay("check", "--log", log_url, store=store).code == 0
    assay("backup", paths[2], "--log", other(store), store=store)
    assert paths[0].read_bytes() == paths[1].read_bytes() == paths[2].read_bytes()


def test_restore_tells_what_came_after_the_copy(assay: Assay, store: Path, tmp_path: Path) -> None:
    assay("queue", "overlap", "Q", 3, store=store)
    assay("backup", tmp_path / "log.jsonl", store=store)
    assay("queue", "overlap", "Q", 4, store=store)
    for path in store.glob("votes.sqlite3*"):
        path.unlink()
    assert "is gone" in assay("check", store=store).out
    said = assay("restore", tmp_path / "log.jsonl", "--json", store=store)
    assert (said.code, said.data["lost"]) == (0, 1)
    (row,) = assay("queue", "list", "--json", store=store).data["queues"]
    assert row["overlap"] == 3


def test_a_log_with_events_is_not_restored_over(assay: Assay, store: Path, tmp_path: Path) -> None:
    assay("backup", tmp_path / "log.jsonl", store=store)
    before = (store / "votes.sqlite3").read_bytes()
    said = assay("restore", tmp_path / "log.jsonl", store=store)
    assert (said.code, "with events already" in said.err) == (1, True)
    assert (store / "votes.sqlite3").read_bytes() == before


def _cut(lines: list[str]) -> list[str]:
    return lines[:-1]


def _edited(lines: list[str]) -> list[str]:
    at = next(i for i, line in enumerate(lines) if '"kind":"vote"' in line)
    return [
        *lines[:at],
        lines[at].replace('"ann"', '"eve"').replace('"bo"', '"eve"'),
        *lines[at + 1 :],
    ]


def _another_item(lines: list[str]) -> list[str]:
    at = next(i for i, line in enumerate(lines) if line.startswith('{"item"'))
    return [*lines[:at], *lines[at + 1 :]]


def _no_line(lines: list[str]) -> list[str]:
    return [*lines[:3], "no json", *lines[4:]]


def _newer(lines: list[str]) -> list[str]:
    return [lines[0].replace('"version":1', '"version":2'), *lines[1:]]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (_cut, "is not whole"),
        (_edited, "is not whole"),
        (_another_item, "is not whole"),
        (_no_line, "none of a backup"),
        (_newer, "later Assay"),
        (lambda lines: ["{}"], "is no backup"),
        (lambda lines: [], "is no backup"),
    ],
)
def test_a_damaged_copy_is_refused_whole(
    assay: Assay, store: Path, tmp_path: Path, damage: Callable[[list[str]], list[str]], says: str
) -> None:
    path = tmp_path / "log.jsonl"
    assay("backup", path, store=store)
    path.write_text("\n".join(damage(path.read_text("utf-8").splitlines())), "utf-8")
    said = assay("restore", path, "--log", other(store), store=store)
    assert (said.code, says in said.err) == (1, True), said.err
    assert not (store / "other.sqlite3").exists()


def test_backup_refuses_to_replace_and_needs_a_log(
    assay: Assay, store: Path, tmp_path: Path
) -> None:
    path = tmp_path / "log.jsonl.gz"
    assert assay("backup", path, store=store).code == 0
    assert gzip.decompress(path.read_bytes()).startswith(b'{"backup"')
    assert assay("backup", path, store=store).code == 1
    assert assay("backup", path, "--force", store=store).code == 0
    said = assay("backup", tmp_path / "x", "--log", other(store), store=store)
    assert (said.code, "no votes' log to back up" in said.err) == (1, True)
