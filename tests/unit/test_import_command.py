"""`import` on the command line: the guess is shown, a dry run counts, what is replaced is said."""

from __future__ import annotations

import json

import pytest

from core.commands.cli import main

ROWS = [{"prompt": f"q {i}", "chosen": "a b", "rejected": "c"} for i in range(5)]
ARENA = {"model_a": "x", "model_b": "y", "prompt": "q", "response_a": "1", "response_b": "2"}


@pytest.fixture
def source(tmp_path):
    def write(*rows: object):
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(path)

    return write


def last(capsys) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_dry_run_reads_everything_and_writes_nothing(tmp_path, source, capsys):
    path = source(*ROWS, [1], {**ROWS[0], "rejected": "a b"})
    words = ["import", path, "--dry-run", "--store", str(tmp_path / "store")]
    assert main([*words, "--json"]) == 0
    found = last(capsys)
    assert (found["format"], found["rows"], found["skipped"]) == ("trl_explicit", 5, 2)
    assert sum(found["reasons"].values()) == 2
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "read as trl_explicit" in said
    assert "nothing written" in said
    assert not (tmp_path / "store").exists()


def test_the_guess_and_the_first_pairs_stand_on_stderr(tmp_path, source, capsys):
    hostile = {**ROWS[0], "chosen": "esc \x1b[31m red"}
    assert main(["import", source(hostile), "--store", str(tmp_path / "store")]) == 0
    said = capsys.readouterr().err
    assert "read as trl_explicit" in said
    assert "chosen  esc" in said
    assert "\x1b" not in said


def test_a_tie_is_shown_as_first_and_second(tmp_path, source, capsys):
    path = source({**ARENA, "winner": "tie"}, {**ARENA, "prompt": "r", "winner": "model_b"})
    assert main(["import", path, "--dry-run", "--store", str(tmp_path / "store")]) == 0
    said = capsys.readouterr().out
    assert ("first  1" in said, "rejected  1" in said) == (True, True)


def test_scores_that_replace_others_are_counted(tmp_path, source, capsys):
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        '[pair]\nprompt = "prompt"\nfirst = "chosen"\nsecond = "rejected"\n'
        '[label]\nfrom = "order"\n[[scores]]\nrun = "rm"\nfirst = "s"\n'
    )
    words = ["--map", str(mapping), "--store", str(tmp_path / "store"), "--json"]
    for score, losses in ((1, 0), (1, 0), (2, 5)):
        path = source(*({**row, "s": score} for row in ROWS))
        assert main(["import", path, *words]) == 0
        assert sum(last(capsys)["losses"].values()) == losses


def test_errors_are_json_too_when_asked(tmp_path, capsys):
    assert main(["import", str(tmp_path / "no.jsonl"), "--json"]) == 1
    assert "no.jsonl" in last(capsys)["error"]
