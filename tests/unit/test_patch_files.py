"""Patch files: what is written reads back, what a hand wrote is a sentence; merging two."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.curate.judged import Judged, judged
from core.curate.patches.make import make
from core.curate.patches.merge import merge
from core.curate.patches.patch import Header, PatchLine, read_header, read_patch
from core.curate.recipe import Labels
from core.errors import ExportError
from core.relabel.state import State
from core.schema import PairFilter, id_text
from core.schema.relabel import Answer, CastVote, Decision, Head, Ruling
from core.store.instance import Store
from tests.factories import make_pair, make_store
from tests.patches import MADE, line, write_patch

ROWS = [(f"{i:064x}", f"{i}a".rjust(64, "0"), f"{i}b".rjust(64, "0")) for i in range(6)]
A, B = ("a" * 64, "b" * 64)


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    lines = [line(ROWS[2]), line(ROWS[0], "remove"), line(ROWS[1], "soft", share=0.25)]
    path = write_patch(tmp_path / "p", *lines)
    assert read_header(path) == Header(A, (MADE,), 3)
    assert list(read_patch(path)) == [lines[1], lines[2], lines[0]]


def edited(number: int, **over: object) -> Callable[[list[dict[str, object]]], list[object]]:
    def edit(rows: list[dict[str, object]]) -> list[object]:
        rows[number] |= over
        return list(rows)

    return edit


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (edited(0, file="other"), "its first line names another kind of file"),
        (edited(0, version=9), "written by a later Assay"),
        (edited(0, base="x"), "has no base"),
        (edited(0, lines=4), "has 3 lines below its first, which promises 4"),
        (edited(0, extra=1), "extra is nothing"),
        (lambda rows: rows[1:], "is not a label patch"),
        (lambda rows: [*rows[:2], rows[3], rows[2]], "line 4: it is out of order"),
        (lambda rows: [*rows[:2], *rows[1:3]], "line 3: it is out of order, or stands twice"),
        (edited(1, old="A" * 64), "line 2: it has a hash that is not 64"),
        (edited(1, old="../x"), "it has a hash that is not 64"),
        (edited(1, new=None), "its answers do not fit the action flip"),
        (edited(1, action="drop"), 'action is "drop", none of flip'),
        (edited(1, share=0.5), "a share belongs to a soft label"),
        (edited(2, share=1.5), "its share is 1.5"),
        (edited(2, share=True), "share is true, not a number"),
        (edited(1, provenance="x" * 301), "more than 300 characters"),
        (edited(1, who=["x"] * 40_000), "longer than 64 kB"),
        (edited(1, text="secret"), "text is nothing"),
        (
            lambda rows: [*rows, *({**rows[3], "old": c * 64} for c in "cd")],
            "this is its third line",
        ),
        (lambda rows: [*rows[:1], "["], "line 2: it is not valid JSON"),
        (lambda rows: [], "it is empty"),
    ],
)
def test_an_edited_patch_is_a_sentence(
    tmp_path: Path, edit: Callable[[list[dict[str, object]]], list[object]], says: str
) -> None:
    path = write_patch(
        tmp_path / "p", line(ROWS[0]), line(ROWS[1], "soft"), line(ROWS[2], "remove")
    )
    made = edit([json.loads(text) for text in path.read_text().splitlines()])
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in made))
    with pytest.raises(ExportError) as caught:
        list(read_patch(path))
    assert says in caught.value.message


def merged(tmp_path: Path, one: list[PatchLine], two: list[PatchLine], base: str) -> list[object]:
    first = write_patch(tmp_path / "one", *one)
    second = write_patch(tmp_path / "two", *two, base=base)
    header, lines = merge(first, second)
    assert (header.base, header.lines) == (A, len(lines))
    assert lines == sorted(lines, key=lambda line: line.key)
    return [(row.pair, row.old, row.action, row.new) for row in lines]


def said(row: PatchLine) -> object:
    return (row.pair, row.old, row.action, row.new)


def test_patches_of_one_base_are_joined(tmp_path: Path) -> None:
    one = [line(ROWS[0]), line(ROWS[2], "keep")]
    two = [line(ROWS[1], "remove"), line(ROWS[2], "keep"), line(ROWS[3])]
    found = merged(tmp_path, one, two, A)
    assert found == [said(row) for row in (one[0], two[0], two[1], two[2])]


def test_a_contradiction_is_refused_by_name(tmp_path: Path) -> None:
    one = [line(ROWS[0]), line(ROWS[1], "keep")]
    two = [line(ROWS[0], "remove"), line(ROWS[1])]
    with pytest.raises(ExportError, match="about 2 pairs: pair 0000000000000000") as e:
        merged(tmp_path, one, two, A)
    assert "(flip in the first, remove in the second)" in e.value.message
    assert "keep in the first, flip in the second" in e.value.message


def test_a_patch_of_what_another_left_is_composed(tmp_path: Path) -> None:
    after = [(pair, new, old) for pair, old, new in ROWS]
    one = [line(ROWS[0]), line(ROWS[1]), line(ROWS[2], "keep"), line(ROWS[3])]
    two = [line(after[0]), line(after[1], "remove"), line(ROWS[2]), line(ROWS[4]),
           line(after[3], "keep")]  # fmt: skip
    expected = [
        line(ROWS[0], "keep"), line(ROWS[1], "remove"), line(ROWS[2]), line(ROWS[3]), line(ROWS[4]),
    ]  # fmt: skip
    assert merged(tmp_path, one, two, B) == [said(row) for row in expected]


@pytest.mark.parametrize(
    ("one", "two", "says"),
    [
        (line(ROWS[0], "remove"), line(ROWS[0]), "the first did remove the label"),
        (line(ROWS[0]), line(ROWS[0], "keep"), "the first did flip the label"),
        (line(ROWS[0]), line((ROWS[0][0], *ROWS[0][:0:-1]), "soft"), "a soft label in the second"),
    ],
)
def test_a_patch_of_a_label_that_is_gone_is_refused(
    tmp_path: Path, one: PatchLine, two: PatchLine, says: str
) -> None:
    with pytest.raises(ExportError, match=says):
        merged(tmp_path, [one], [two], B)


def test_who_made_both_is_said_once_each(tmp_path: Path) -> None:
    other = replace(MADE, log=None)
    first = write_patch(tmp_path / "one", line(ROWS[0]))
    second = write_patch(tmp_path / "two", line(ROWS[1]), made=other)
    assert merge(first, second)[0].made == (MADE, other)
    assert merge(first, first)[0].made == (MADE,)


# --- made from a store -------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Store:
    rows = [make_pair(i) for i in range(6)]
    swap = {"chosen_text": rows[1]["rejected_text"], "rejected_text": rows[1]["chosen_text"]}
    rows += [{**rows[1], **swap, "row": 6}, {**rows[0], "row": 7}]
    rows.append(make_pair(8, tie_kind="tie", label_kind="tie"))
    made = make_store(tmp_path / "store", rows)
    yield made
    made.close()


def vote(seq: int, who: str, pair: int, winner: int | None, tie: str | None = None) -> CastVote:
    return CastVote(seq, seq, who, "q", 0, pair, None, None, "real", "", Answer(winner, tie))


def told(store: Store, labels: Labels) -> Judged:
    """Pairs 0 and 1: reversed; 2: confirmed; 3: a tie; 4: contested; 5: a ruling; 8: a tie row."""
    sides = {
        row["row"]: row
        for row in store.con.cursor()
        .sql('SELECT "row", pair_id, chosen_id, rejected_id FROM data.pairs')
        .to_arrow_table()
        .to_pylist()
    }
    state = State(lambda queue: ())

    def add(row: int, who: str, side: str | None) -> None:
        pair = sides[row]["pair_id"]
        winner = sides[row][f"{side}_id"] if side else None
        cast = vote(len(state.votes) + 1, who, pair, winner, None if side else "tie")
        state.votes[cast.seq] = cast
        state.by_pair.setdefault(pair, {})[who] = cast

    for who in ("Ann Secret", "Bob Secret"):
        add(0, who, "rejected")
        add(1, who, "rejected")
        add(2, who, "chosen")
        add(3, who, None)
        add(8, who, "chosen")
    add(4, "Ann Secret", "chosen")
    add(4, "Bob Secret", "rejected")
    ruling = Ruling(winner_id=sides[5]["rejected_id"])
    state.decisions[sides[5]["pair_id"]] = Decision(
        99, 1, "Eve Secret", sides[5]["pair_id"], ruling
    )
    return judged(lambda question: question(state), Head(99, "e" * 64), labels, "salt")


FLIPS = Labels("majority", {}, "flip", "soft")


def test_a_store_s_patch_says_what_people_said(store: Store) -> None:
    drawn = make(store, PairFilter(), FLIPS, told(store, FLIPS))
    assert drawn.header.base == store.generation.fingerprint
    assert drawn.header.made[0].log == Head(99, "e" * 64)
    found = sorted(row.action for row in drawn.lines)
    # Pair 1 stands with both labels: one is reversed, the other one confirmed. A tie has no label.
    assert found == ["flip", "flip", "flip", "keep", "keep", "remove", "soft"]
    soft = next(row for row in drawn.lines if row.action == "soft")
    assert (soft.share, soft.who) == (0.5, ("annotator-1", "annotator-2"))
    ruled = next(row for row in drawn.lines if row.provenance.startswith("ruling"))
    assert (ruled.provenance, ruled.who) == ("ruling of reviewer-1", ("reviewer-1",))


def test_a_patch_holds_no_text_and_no_name(store: Store, tmp_path: Path) -> None:
    drawn = make(store, PairFilter(search="exact:question"), FLIPS, told(store, FLIPS))
    path = write_patch(tmp_path / "p", *drawn.lines, made=drawn.header.made[0])
    text = path.read_text()
    assert len(list(read_patch(path))) == 7
    for secret in ("question", "answer", "bad", "Secret", id_text(1)):
        assert secret not in text


def test_removing_and_filtering(store: Store) -> None:
    labels = Labels("majority", {}, "remove")
    found = make(store, PairFilter(), labels, told(store, labels)).lines
    assert sorted(row.action for row in found) == ["keep", "keep", *["remove"] * 4]
    none = make(store, PairFilter(splits=("test",)), labels, told(store, labels))
    assert none.lines == []
