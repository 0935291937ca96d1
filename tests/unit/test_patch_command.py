"""`patch` on the command line: made from votes, applied to the file that was imported."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from core.schema import id_text
from core.store.instance import open_store

Assay = Callable[..., object]
N = 12


@pytest.fixture
def voted(tmp_path: Path, assay: Assay) -> Path:
    """A file, a store of it, and votes: pairs 0-2 reversed, 3 confirmed."""
    rows = [{"prompt": f"q{i}", "chosen": f"good {i}", "rejected": f"bad {i}"} for i in range(N)]
    (tmp_path / "data.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert assay("import", tmp_path / "data.jsonl", store=tmp_path / "store").code == 0
    store = open_store(tmp_path / "store")
    query = "SELECT pair_id, chosen_id, rejected_id FROM data.pairs ORDER BY row_id"
    table = store.con.cursor().sql(query).to_arrow_table().to_pylist()
    store.close()
    lines = [
        {
            "pair_id": id_text(row["pair_id"]),
            "winner_id": id_text(row["chosen_id" if at == 3 else "rejected_id"]),
            "annotator": "Ann Secret",
            "at": "2026-01-31T12:00:00Z",
        }
        for at, row in enumerate(table[:4])
    ]
    path = tmp_path / "votes.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert assay("votes", "import", path, store=tmp_path / "store").code == 0
    return tmp_path


def made(assay: Assay, folder: Path, *more: object) -> object:
    return assay(
        "patch", "make", "--out", folder / "labels.jsonl", "--verdicts", "majority",
        "--on-reversed", "flip", *more, "--json", store=folder / "store",
    )  # fmt: skip


def test_from_votes_to_the_file_and_back(assay: Assay, voted: Path) -> None:
    said = made(assay, voted)
    assert said.code == 0, said.err
    assert (said.data["lines"], said.data["flip"], said.data["keep"]) == (4, 3, 1)
    text = (voted / "labels.jsonl").read_text()
    assert not any(secret in text for secret in ("Secret", "good", "bad", "q1"))
    new, back = voted / "new.jsonl", voted / "back.jsonl"
    said = assay("patch", "apply", voted / "labels.jsonl", voted / "data.jsonl", "--out", new)
    assert said.code == 0, said.err
    assert "12 rows were read" in said.out
    assert "3 flipped, 0 removed, 1 confirmed, 8 not in the patch." in said.out
    rows = [json.loads(line) for line in new.read_text().splitlines()]
    assert [row["chosen"].split()[0] for row in rows] == ["bad"] * 3 + ["good"] * 9
    said = assay("patch", "revert", voted / "labels.jsonl", new, "--out", back, "--json")
    assert (said.code, said.data["flipped"]) == (0, 3)
    assert back.read_bytes() == (voted / "data.jsonl").read_bytes()


def test_real_names_only_when_asked(assay: Assay, voted: Path) -> None:
    assert made(assay, voted, "--real-names").code == 0
    assert "Ann Secret" in (voted / "labels.jsonl").read_text()


def test_two_halves_merge_into_the_whole(assay: Assay, voted: Path) -> None:
    assert made(assay, voted).code == 0
    whole = (voted / "labels.jsonl").read_text()
    for name, where in (("one", "row_id < 2"), ("two", "row_id >= 1")):
        (voted / "labels.jsonl").unlink(missing_ok=True)
        assert made(assay, voted, "--where", where).code == 0
        (voted / "labels.jsonl").rename(voted / name)
    said = assay("patch", "merge", voted / "one", voted / "two", "--out", voted / "both.jsonl")
    assert said.code == 0, said.err
    assert (voted / "both.jsonl").read_text() == whole


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("make", "--out", "x"), 2, "A patch needs a rule"),
        (("make", "--out", "x", "--verdicts", "majority", "--preset", "y"), 2, "--preset"),
        (("make", "--out", "x", "--verdicts", "majority", "--where", "row_id > 5"), 1, "settle no"),
        (("make", "--out", "data.jsonl", "--verdicts", "majority"), 1, "is there already"),
        (("make", "--verdicts", "majority"), 2, "--out"),
        (("apply", "none", "data.jsonl", "--out", "x.jsonl"), 1, "none does not exist"),
        (("apply", "votes.jsonl", "data.jsonl", "--out", "x.jsonl"), 1, "is not a label patch"),
        (("merge", "data.jsonl", "votes.jsonl", "--out", "x"), 1, "is not a label patch"),
        (("undo",), 2, "invalid choice"),
    ],
)
def test_mistakes_are_sentences(
    assay: Assay,
    voted: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(voted)
    held = sorted(path.name for path in voted.iterdir())
    said = assay("patch", *words, store=voted / "store" if words[0] == "make" else None)
    assert (said.code, says in said.err) == (code, True), said.err
    assert sorted(path.name for path in voted.iterdir()) == held
