"""The examples in the documents do what the documents say."""

import json
import re
import shlex
from pathlib import Path

import pytest

from core.commands.cli import load, parser_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/formats.md", "docs/store.md", "docs/benchmarks.md")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    found = BLOCK.findall((ROOT / page).read_text("utf-8"))
    return [text for kind, text in found if kind == language]


LINES = sorted(
    line.partition("-m core ")[2]
    for page in PAGES
    for block in blocks(page, "")
    for line in block.splitlines()
    if "-m core " in line
)
ROWS = {
    "README.md": {
        "question": "2+2=",
        "response_A": "4",
        "response_B": "5",
        "label": "A>B",
        "score_A": 1.5,
        "score_B": -0.5,
    },
    "docs/formats.md": {
        "instruction": "Add.",
        "input": "2+2=",
        "answers": [
            {"text": "4", "model": "m1", "reward": 1.5},
            {"text": "5", "model": "m2", "reward": -0.5},
        ],
        "verdict": "A>B",
        "checked": "yes",
        "judgements": [{"worker": "w1", "choice": 1}, {"worker": "w2", "choice": 0}],
    },
}


@pytest.mark.parametrize("line", LINES)
def test_command_lines_are_understood(line: str) -> None:
    """Each option that an example gives changes what the command is told."""
    name, *rest = shlex.split(line)
    parser = parser_of(load(name))
    args = vars(parser.parse_args(rest))
    options = {word.removeprefix("--").replace("-", "_") for word in rest if word[:2] == "--"}
    assert options <= {key for key, value in args.items() if value != parser.get_default(key)}


@pytest.mark.parametrize("page", ROWS)
def test_mapping_files_import_a_row(page: str, tmp_path: Path, assay) -> None:
    (tmp_path / "mapping.toml").write_text(blocks(page, "toml")[0], "utf-8")
    (tmp_path / "pairs.jsonl").write_text(json.dumps(ROWS[page]) + "\n", "utf-8")
    said = assay(
        *("import", tmp_path / "pairs.jsonl", "--map", tmp_path / "mapping.toml", "--json"),
        store=tmp_path / "store",
    )
    assert said.code == 0, said.err
    full = page == "docs/formats.md"
    expected = {"pairs": 1, "runs": ["my_reward_model"], "votes": 2 * full, "gold": int(full)}
    assert {key: said.data[key] for key in expected} == expected
    assert said.data["skipped"] == 0
