"""The card: whatever a source is called, its front matter parses back with the same keys."""

from dataclasses import replace

import pytest
import yaml

from core.curate.card import card_text, code
from core.curate.manifest import Manifest, SourceEntry, SplitEntry
from core.curate.recipe import Recipe
from core.curate.selection import Counts

HOSTILE = (
    "---\nlicense: mit\n---",
    "a: b # c",
    "'\"",
    "]\nconfigs: []",
    "{{x}} %tag !!python/object:os.system",
    "| pipe `tick` <img src=x onerror=alert(1)>",
    "\u202ereversed\x00\x1b[2J",
    "& * ? : - > |",
    "null",
    "2024-01-01",
)
KEYS = ["pretty_name", "size_categories", "tags", "configs", "dataset_info"]


def manifest(source: str, licence: str | None = None) -> Manifest:
    return Manifest(
        fingerprint="f" * 64,
        sentence=f"source is {source}",
        recipe=replace(Recipe(), format="trl"),
        counts=Counts(5, 1, 0, 1, 0, 0, 3),
        splits=(SplitEntry("train", 3, 2),),
        shared_prompts=0,
        sources=(SourceEntry(source, "made", source, licence, 3),),
        columns=(),
        losses=("scores.",),
        noise=None,
    )


def front_matter(text: str) -> dict[str, object]:
    return next(yaml.safe_load_all(text.split("\n---\n", 1)[0].removeprefix("---\n")))


@pytest.mark.parametrize("name", HOSTILE)
def test_names_do_not_break_out(name: str) -> None:
    text = card_text(manifest(name, licence=name))
    front = front_matter(text)
    assert [key for key in front if key != "license"] == KEYS
    assert front["pretty_name"] == f"Preference pairs from {name}"
    assert front["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.jsonl"}]
    assert not any(char in text for char in "\x00\x1b\u202e")
    assert text.count("\n---\n") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b", "`a b`"),
        ("a\n# b", "`a # b`"),
        ("`x`", "`` `x` ``"),
        ("a ``` b", "```` a ``` b ````"),
        ("", "` `"),
    ],
)
def test_code_spans(text: str, expected: str) -> None:
    assert code(text) == expected


def test_a_pipe_stays_in_its_cell() -> None:
    line = next(x for x in card_text(manifest("a|b")).splitlines() if x.startswith("| `a"))
    assert line.replace("\\|", "").count("|") == 5


@pytest.mark.parametrize(
    ("licence", "field"),
    [("CC0-1.0", ["cc0-1.0"]), (None, None), ("ask the author", None), ("mit\nx: y", None)],
)
def test_the_licence_field_is_there_when_the_hub_can_hold_it(
    licence: str | None, field: list[str] | None
) -> None:
    assert front_matter(card_text(manifest("made", licence))).get("license") == field


def test_it_says_what_was_left_out_and_how_noisy_the_labels_are() -> None:
    text = card_text(replace(manifest("made"), noise=(0.12, 0.2)))
    assert "| left out: ties, nobody named a winner | 1 |" in text
    assert "between 12.0% and 20.0%" in text
    assert "labels at 12.0%" in card_text(replace(manifest("made"), noise=(0.12, 0.12)))
    assert "- Not in the files: scores.\n" in text
    assert "no scores tell" in card_text(manifest("made"))
