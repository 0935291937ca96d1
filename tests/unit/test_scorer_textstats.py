"""Text statistics: what is counted, signatures, and the same numbers however it is asked."""

import json
import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.schema import PLAN_COLUMNS
from core.schema.texts import SIGNATURE_BYTES, TEXT_COUNTS
from core.scorers.minhash import Words, grams, words
from core.scorers.spec import ScorerOptions
from core.scorers.text_features import form
from core.scorers.textstats import SPEC
from core.store.columns import storable

HOSTILE = (
    "",
    " \n\t ",
    "\x00\x00",
    "a\x00b",
    "\u202egnihtemos\u202c",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "x" * 1_000_000,
    "[" * 5_000,
    "**" * 5_000,
    "# " * 5_000,
    "(A" * 5_000,
    "\n" * 5_000,
    "e\u0301" * 300,
    "```",
)


def rows(texts, prompts=None, messages=None) -> pa.Table:
    n = len(texts)
    prompts = prompts or ["a question"] * n
    known = {prompt: at for at, prompt in enumerate(dict.fromkeys(prompts))}
    columns = {
        "prompt_id": [known[prompt] for prompt in prompts],
        "prompt_text": prompts,
        "prompt_messages": [None] * n,
        "response_id": range(n),
        "response_text": texts,
        "response_messages": messages or [None] * n,
    }
    return pa.table({k: pa.array(list(v)) for k, v in columns.items()}).cast(PLAN_COLUMNS)


def scored(table: pa.Table) -> dict[str, list]:
    """Return what a part would hold, sorted by response."""
    scorer = SPEC.open(ScorerOptions(), None)
    (made,) = scorer.score(scorer.prepare(table))
    assert set(made.column_names) == {"response_id", *SPEC.columns}
    kept = storable(made)
    assert set(kept.column_names) == set(made.column_names)
    return kept.to_pydict()


def one(text: str) -> dict[str, object]:
    return {name: values[0] for name, values in scored(rows([text])).items()}


def alike(first: bytes, second: bytes) -> float:
    return float(np.mean([a == b for a, b in zip(first, second, strict=True)]))


def jaccard(first: str, second: str) -> float:
    sets = [
        {tuple(said[i : i + 3]) for i in range(len(said) - 2)}
        for said in (first.split(), second.split())
    ]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@pytest.mark.parametrize(
    ("text", "column", "count"),
    [
        ("one two, three-four", "n_words", 4),
        ("snake_case it's", "n_words", 3),
        ("你好，世界", "n_words", 4),
        ("안녕 hello", "n_words", 3),
        ("Größe ÉTÉ e\u0301te\u0301", "n_words", 3),
        ("", "n_words", 0),
        ("One. Two! Three?", "n_sentences", 3),
        ("3.14 is not two", "n_sentences", 1),
        ("no end", "n_sentences", 1),
        ('He said "no." And left', "n_sentences", 1),
        ("你好。世界。", "n_sentences", 2),
        ("", "n_sentences", 0),
        ("- a - b\n* c\n + d\n12) e\n1. f\n-no\n1.5 no", "n_list_items", 5),
        ("• a\n• b", "n_list_items", 2),
        ("# One\n## Two # no\n#no\n####### no", "n_headings", 2),
        ("```py\nx\n```\ntext\n~~~\ny\n~~~", "n_code_blocks", 2),
        ("open\n```py\nx", "n_code_blocks", 1),
        ("`inline` no", "n_code_blocks", 0),
        ("**a** and **b c** but 2**3**4 is ** no **", "n_bold", 3),
        ("__init__ is no bold", "n_bold", 0),
        ("see https://a.b/c?d=(1) and [x](http://y.z), HTTPS://Q", "n_links", 3),
        ("httpsx://no", "n_links", 0),
        ("Water is wet. [1] So [2][3] they say [4, 5], and wet.[6]", "n_citations", 4),
        ("a[1] = [2] * f([3])", "n_citations", 0),
        ("(Smith, 2020) (Smith et al., 1999b) (Li & Wu 2021)", "n_citations", 3),
        ("(in 2020) (Smith) (smith, 2020)", "n_citations", 0),
        ("I'm sorry, but I can't help with that.", "refusal", 1),
        ("I’m sorry, I cannot do so.", "refusal", 1),
        ("As an AI language model, I don't have feelings.", "refusal", 1),
        ("That is against my guidelines", "refusal", 1),
        ("I am unable to provide this", "refusal", 1),
        ("You cannot help it. Sorry I am late!", "refusal", 0),
        ("I can help", "refusal", 0),
    ],
)
def test_counts(text: str, column: str, count: int) -> None:
    assert one(text)[column] == count


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("a b c d", 0.0),
        ("a b c a b c a b c", 1 - 3 / 7),
        ("A b, C; a B c", 1 - 3 / 4),
        ("two words", 0.0),
        ("one", 0.0),
        ("x " * 102, 0.99),
        ("", None),
        ("?!", None),
    ],
)
def test_repetition(text: str, share: float | None) -> None:
    assert one(text)["repetition"] == (share if share is None else pytest.approx(share))


def test_a_signature_estimates_the_share_of_common_grams() -> None:
    draw = random.Random(5)
    for size in (8, 40, 400):
        base = [f"w{draw.randrange(9_999)}" for _ in range(size)]
        for keep in (0.5, 0.8, 0.97):
            other = [w if draw.random() < keep else "other" + w for w in base]
            texts = [" ".join(base), " ".join(other)]
            made = scored(rows(texts))["signature"]
            assert alike(*made) == pytest.approx(jaccard(*texts), abs=5 * 0.045)


def test_case_space_and_punctuation_leave_the_signature() -> None:
    first, second, third = scored(
        rows(["Yes, it is so!", "yes  it\nIS so", "it is so yes"]),
    )["signature"]
    assert first == second
    assert alike(first, third) < 0.6


def test_texts_of_one_and_two_words_differ() -> None:
    found = scored(rows(["yes", "no", "yes no", "no yes", "yes"]))["signature"]
    assert found[0] == found[4]
    assert len(set(found)) == 4


def test_the_prompt_is_signed_once() -> None:
    made = scored(rows(["a", "b", "c", "d"], ["p q r", "s t u", "p q r", "?"]))
    signed = made["prompt_signature"]
    assert [value is not None for value in signed] == [True, True, False, False]
    assert signed[0] == one("p q r")["signature"]


def test_turns_are_read_without_their_roles() -> None:
    turns = json.dumps(
        [
            {"role": "assistant", "content": "one two"},
            {"role": "user", "content": "three \ud800"},
            {"role": "assistant", "content": None, "tool_calls": [{"name": "f"}]},
        ]
    )
    made = scored(rows([None, "four"], messages=[turns, None]))
    assert made["n_words"] == [3 + 3, 1]
    assert all(made["signature"])


def test_hostile_texts_have_counts() -> None:
    made = scored(rows(list(HOSTILE)))
    assert all(value is not None for name in TEXT_COUNTS for value in made[name])
    for text, n, repetition, signature in zip(
        HOSTILE, made["n_words"], made["repetition"], made["signature"], strict=True
    ):
        assert (n == 0) == (repetition is None) == (signature is None), text
    assert {len(value) for value in made["signature"] if value} == {SIGNATURE_BYTES}


TEXTS = st.lists(
    st.text(max_size=60) | st.sampled_from([*HOSTILE[:6], "a b c d", "a b c", "- x\n- y. [1]"]),
    min_size=1,
    max_size=12,
)


@given(TEXTS, st.randoms(use_true_random=False), st.integers(1, 5))
@settings(max_examples=60)
def test_order_and_shards_change_nothing(texts: list[str], draw, size: int) -> None:
    """A response has the same numbers beside any others, in any place."""
    table = rows(texts, [f"prompt {i % 3}" for i in range(len(texts))])
    whole = scored(table)
    order = draw.sample(range(len(texts)), len(texts))
    found = {}
    for start in range(0, len(order), size):
        piece = scored(table.take(order[start : start + size]))
        for at, response in enumerate(piece["response_id"]):
            found[response] = {k: v[at] for k, v in piece.items() if k != "prompt_signature"}
    for at, response in enumerate(whole["response_id"]):
        assert found[response] == {k: whole[k][at] for k in found[response]}


def test_more_texts_than_a_block_holds() -> None:
    texts = [f"word {i} again and {i}" for i in range(8_200)]
    made = grams(words(pa.array(texts)))
    assert len(made.signature) == len(made.repetition) == 8_200
    few = grams(words(pa.array(texts[-3:])))
    assert made.signature.to_pylist()[-3:] == few.signature.to_pylist()


def test_no_text_at_all() -> None:
    none = pa.array([], pa.string())
    assert all(len(column) == 0 for column in form(none).values())
    assert len(grams(words(none)).signature) == 0
    empty = Words(np.empty(0, np.uint64), np.zeros(3, np.int64))
    assert grams(empty).signature.null_count == 2


def test_provenance_says_what_would_change_the_numbers() -> None:
    made = SPEC.open(ScorerOptions(), None).provenance
    assert set(made.parameters) == {"rules", "minhash"}
    assert "rensa" in made.versions
