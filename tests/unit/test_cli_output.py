"""What reaches the terminal: strict JSON and harmless text."""

import json

import pytest

from core.commands.output import json_line, printable


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"a": 1}, {"a": 1}),
        ({"a": float("nan")}, {"a": None}),
        ({"a": [float("inf"), 1.5, (None, True)]}, {"a": [None, 1.5, [None, True]]}),
        ({"a": {"b": float("-inf")}}, {"a": {"b": None}}),
        ({"a": "líne\nend\u202e\ud800"}, {"a": "líne\nend\u202e\ud800"}),
    ],
)
def test_json_is_one_strict_ascii_line(given: dict, expected: dict) -> None:
    line = json_line(given)
    assert "\n" not in line
    assert line.isascii()
    assert json.loads(line, parse_constant=pytest.fail) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("plain\ttext\nof two lines", "plain\ttext\nof two lines"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("over\rwritten", "over\\rwritten"),
        ("a\x00b\x9b", "a\\x00b\\x9b"),
        ("turned \u202e around", "turned \\u202e around"),
        ("half \ud800", "half \\ud800"),
        ("family 👨\u200d👩\u200d👧 é 日本", "family 👨\u200d👩\u200d👧 é 日本"),
    ],
)
def test_harmful_characters_are_visible(given: str, expected: str) -> None:
    assert printable(given) == expected
