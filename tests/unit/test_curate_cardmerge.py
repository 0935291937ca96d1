"""A card that is there: what people wrote stays byte for byte, and hostile YAML stops the merge."""

from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.curate.cards.card import card_text
from core.curate.cards.merge import BEGIN, END, MAX_CHARS, merge_card
from core.errors import ExportError
from tests.cards import manifest

MADE = card_text(manifest("made", "mit"))
THEIRS = """---
# what we say
license: apache-2.0   # asked in 2024
version: 1.10
tags:
- legal
- trl
# between
pretty_name: Ours
configs:
- config_name: by_hand
  data_files: hand.csv
---

# By hand

Words | of `theirs`.
"""


def front_of(card: str) -> dict[str, object]:
    return yaml.safe_load(card.split("---\n")[1])


def test_keys_of_people_stay_as_they_wrote_them() -> None:
    merged = merge_card(THEIRS, MADE)
    front = front_of(merged)
    assert "# what we say\nlicense: apache-2.0   # asked in 2024\nversion: 1.10\n" in merged
    assert "# between\npretty_name: Ours\n" in merged
    assert front["tags"] == ["legal", "trl", "preference", "rlhf", "dpo", "human-feedback"]
    assert [c["config_name"] for c in front["configs"]] == ["by_hand", "default"]
    assert front["dataset_info"] == front_of(MADE)["dataset_info"]
    assert merged.endswith(f"\n{END}\n")
    assert "\n# By hand\n\nWords | of `theirs`.\n" in merged


def test_merging_twice_changes_nothing_and_a_new_card_replaces_ours_alone() -> None:
    once = merge_card(THEIRS, MADE)
    assert merge_card(once, MADE) == once
    below = once + "\nWritten below.\n"
    newer = card_text(replace(manifest("made", "mit"), noise=(0.1, 0.3)))
    merged = merge_card(below, newer)
    assert "between 10.0% and 30.0%" in merged
    assert "no scores tell" not in merged
    assert merged.endswith(f"{END}\n\nWritten below.\n")
    assert merged.split(BEGIN)[0] == once.split(BEGIN)[0]


def test_a_card_of_ours_is_replaced_as_a_whole() -> None:
    assert merge_card(MADE, MADE) == MADE
    counts = replace(manifest().counts, selected=5000)
    grown = card_text(replace(manifest("made", "mit"), counts=counts))
    assert front_of(merge_card(MADE, grown))["size_categories"] == ["1K<n<10K"]
    there = THEIRS.replace("---\n# what", "---\nsize_categories: n<1K\n# what")
    assert front_of(merge_card(there, grown))["size_categories"] == ["n<1K", "1K<n<10K"]


@pytest.mark.parametrize("there", ["", "\n \n"])
def test_an_empty_card_is_ours(there: str) -> None:
    assert merge_card(there, MADE) == MADE


@pytest.mark.parametrize("there", ["# Only words", "# Words\n", "---\n---\n# x\n", "---\nno end\n"])
def test_without_front_matter_ours_is_put_in_front(there: str) -> None:
    merged = merge_card(there, MADE)
    assert front_of(merged) == front_of(MADE)
    assert there.removeprefix("---\n---\n") in merged
    assert merge_card(merged, MADE) == merged


def test_line_ends_and_marks_of_order_stay() -> None:
    there = "\ufeff" + THEIRS.replace("\n", "\r\n")
    merged = merge_card(there, MADE)
    assert merged.startswith("\ufeff---\r\n# what we say\r\n")
    assert there.split("---\r\n")[2] in merged
    front = merged.split("---\r\n")[1]
    assert "\n" not in front.replace("\r\n", "")
    assert yaml.safe_load(front)["tags"][-1] == "human-feedback"


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))), st.text("-#a \n"))
def test_any_body_stays(words: str, more: str) -> None:
    there = f"---\nlicense: mit\n---\n{words}\n{more}"
    merged = merge_card(there, MADE)
    assert merged.split("---\n", 2)[2].startswith(f"{words}\n{more}")


@pytest.mark.parametrize(
    ("front", "why"),
    [
        ("x: !!python/object/apply:os.system ['touch pwned']", "tags"),
        ("x: !local y", "tags"),
        ("a: &a [1]\nb: [*a, *a]", "aliases"),
        ("license: mit\nlicense: gpl", "'license' twice"),
        ("x:\n  y: 1\n  y: 2", "'y' twice"),
        ("configs:\n- a: 1\n  a: 2", "'a' twice"),
        ("- a\n- b", "no list of `key: value` lines"),
        ("just words", "no list of `key: value` lines"),
        ("{a: 1}", "no list of `key: value` lines"),
        ("  a: 1\n  b: 2", "no list of `key: value` lines"),
        ("? [a]\n: 1", "no list of `key: value` lines"),
        ("a: [1", "no valid YAML"),
        ("a: 'x", "no valid YAML"),
        ("a:\tb: c", "no valid YAML"),
        ("a: \x01", "no valid YAML"),
        ("a: 2024-99-99", "value that no YAML reader can read"),
        ("a: " + "9" * 5000, "number of a thousand digits"),
        ("a: " + "1:" * 90_000 + "1", "number of a thousand digits"),
        ("a: 1\n...\nb: 2", "YAML"),
        ("%YAML 1.2\n", "YAML"),
        ("a: " + "[" * 3000, "nests deeper"),
        ("a: " + "{b: " * 3000, "nests deeper"),
        ("tags: {a: 1}", "no list of texts"),
        ("tags:\n- 1", "no list of texts"),
        ("configs: 3", "no list of configurations"),
        ("dataset_info:\n- x", "no list of configurations"),
        ("x: " + "y" * 300_000, "front matter of 300,"),
    ],
)
def test_hostile_front_matter_is_refused(front: str, why: str) -> None:
    with pytest.raises(ExportError, match="The card that is there") as caught:
        merge_card(f"---\n{front}\n---\n# Theirs\n", MADE)
    assert why in caught.value.message
    assert "Nothing was changed" in caught.value.hint
    assert len(caught.value.message) < 400
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "there",
    [f"{BEGIN}\nx\n", f"x\n{END}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n"],
)
def test_odd_marks_are_refused(there: str) -> None:
    with pytest.raises(ExportError, match="has not one"):
        merge_card(f"# x\n{there}", MADE)


def test_marks_inside_a_line_are_words() -> None:
    there = f"# About `{BEGIN}`\n\n see {END} there\n"
    assert there in merge_card(there, MADE)


def test_megabytes_are_refused_at_once() -> None:
    with pytest.raises(ExportError, match="has 10,000,000 characters"):
        merge_card("#" * 10_000_000, MADE)


def test_a_bomb_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]" for i in range(1, 12)]
    with pytest.raises(ExportError, match="aliases"):
        merge_card("---\n" + "\n".join(lines) + "\n---\n", MADE)


def test_a_long_front_matter_of_many_keys_is_merged() -> None:
    keys = "".join(f"key_{i}: {i}\n" for i in range(9000))
    there = f"---\n{keys}---\n# Long\n"
    assert len(there) < MAX_CHARS
    merged = merge_card(there, MADE)
    assert keys in merged
