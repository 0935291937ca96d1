"""The card: whatever a source is called, its front matter parses back with the same keys."""

import re
from dataclasses import replace

import datasets
import pyarrow as pa
import pytest
import yaml

from core.curate.cards.body import body
from core.curate.cards.card import card_text
from core.curate.cards.front import LICENCES, features
from core.curate.cards.markdown import LONGEST, code
from core.curate.cards.merge import BEGIN, END
from core.curate.counts import Counts
from core.curate.manifests.manifest import FileEntry, Manifest, ScorerEntry, SourceEntry, SplitEntry
from core.curate.recipe import Cap, EvaluationFile, Labels
from core.curate.splits.asked import KEEP
from core.curate.written.writers import FORMATS
from core.schema.relabel import Head
from tests.cards import manifest

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
    f"\n{END}\n# Mine\n{BEGIN}\n",
    "[link](https://example.com) @everyone #1",
    "`" * 500,
    "\ud800 half",
    "a\\| <b>x</b> | \\\\| y",
)
KEYS = ["pretty_name", "size_categories", "task_categories", "tags", "configs", "dataset_info"]
PEOPLE = {
    "annotators": {"annotator-1": 30, "annotator-2": 12},
    "reviewers": ["reviewer-1"],
    "votes": 42,
    "pairs": 30,
    "agreement": {"value": 0.613, "low": 0.41, "high": 0.79, "units": 12, "why": ""},
    "verdicts": {"keep": 20, "flip": 3},
    "audit": {"rate": 0.12, "low": 0.08, "high": 0.171, "judged": 100, "pairs": 2000},
}
LEAKAGE = {
    "kinds": ({"kind": "same", "links": 4, "crossing": 0, "examples": ()},
              {"kind": "near", "links": 7, "crossing": 0, "examples": ()}),
    "prompts": 9, "components": 5, "crossing": 0, "merges": 2, "merged_rows": 6,
    "merged_prompts": 5, "through": 0,
    "largest": ({"rows": 4, "prompts": 3, "through": 0, "kinds": ("near",), "sample": ()},),
    "shares": (), "deviation": 1.5, "unchecked": {"conversation": "No source has conversations."},
    "warnings": (),
}  # fmt: skip


def front_matter(text: str) -> dict[str, object]:
    return next(yaml.safe_load_all(text.split("\n---\n", 1)[0].removeprefix("---\n")))


def outside_code(text: str) -> str:
    """Return the Markdown without its code spans and blocks, as a renderer pairs them."""
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_do_not_break_out(name: str) -> None:
    text = card_text(hostile(name))
    front = front_matter(text)
    assert [key for key in front if key != "license"] == KEYS
    assert front["pretty_name"].startswith("Preference pairs from ")
    assert front["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.jsonl"}]
    assert all(char.isprintable() or char == "\n" for char in text)
    assert text.count("\n---\n") == 1
    assert [line for line in text.splitlines() if line in (BEGIN, END)] == [BEGIN, END]
    plain = outside_code(body(hostile(name)))
    assert not re.search(r"<|\]\(|@|python/object|onerror|Mine", plain)
    cells = "".join(line for line in text.splitlines() if line.startswith("|"))
    assert "\\\\|" not in cells  # an escaped backslash, and a pipe that ends the cell
    assert text.encode()


def hostile(name: str) -> Manifest:
    """Put a name wherever a stranger's text can stand."""
    made = manifest(name, licence=name)
    recipe = replace(
        made.recipe,
        use={"source": name},
        caps=(Cap("source", 5, name),),
        evaluation=(EvaluationFile(name, "a" * 64, 3),),
    )
    hit = {"prompt_id": "0" * 16, "kind": "near", "evaluation": name}
    found = {"prompts": 1, "kinds": {"near": 1}, "hits": [hit], "unchecked": ""}
    scorers = (ScorerEntry(name, name, name, name),)
    return replace(
        made,
        recipe=recipe,
        contamination=found,
        scorers=scorers,
        uses={"r": name},
        facts={name: 1.0},
        left_out={name: 2},
    )


def test_ten_thousand_characters_are_cut() -> None:
    text = card_text(manifest("x" * 10_000, licence="y" * 10_000))
    assert "x" * LONGEST not in text.replace("source is " + "x" * 4989, "")
    assert "y" * LONGEST not in text
    assert len(front_matter(text)["pretty_name"]) == LONGEST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b", "`a b`"),
        ("a\n# b", "`a # b`"),
        ("`x`", "`` `x` ``"),
        ("a ``` b", "```` a ``` b ````"),
        ("", "` `"),
        ("abc" * 100, f"`{('abc' * 100)[:199]}…`"),
    ],
)
def test_code_spans(text: str, expected: str) -> None:
    assert code(text) == expected


def test_a_pipe_stays_in_its_cell() -> None:
    line = next(x for x in card_text(manifest("a|b")).splitlines() if x.startswith("| `a"))
    assert line.replace("\\|", "").count("|") == 5


@pytest.mark.parametrize(
    ("licence", "field"),
    [("CC0-1.0", ["cc0-1.0"]), (None, None), ("ask the author", None), ("mit\nx: y", None),
     ("my-own-1.0", None)],
)  # fmt: skip
def test_the_licence_field_is_there_when_the_hub_can_hold_it(
    licence: str | None, field: list[str] | None
) -> None:
    assert front_matter(card_text(manifest("made", licence))).get("license") == field


def test_mixed_licences_are_said() -> None:
    made = manifest("one", "mit")
    other = SourceEntry("two", "made", None, "apache-2.0", 1)
    mixed = card_text(replace(made, sources=(*made.sources, other)))
    assert front_matter(mixed)["license"] == ["apache-2.0", "mit"]
    assert "The licences of the parts differ." in mixed
    unknown = card_text(replace(made, sources=(*made.sources, replace(other, licence=None))))
    assert "license" not in front_matter(unknown)
    assert "| `two` | not stated | not stated | 1 |" in unknown
    assert "The licences of the parts differ." in unknown
    assert "ask before you share it" in unknown
    assert "differ" not in card_text(made).split("## How it was made")[0]
    assert len(LICENCES) > 50


def test_every_kind_of_column_is_typed_as_datasets_types_it() -> None:
    turns = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    schema = pa.schema(
        [
            ("prompt", turns),
            ("margin", pa.float64()),
            ("small", pa.float32()),
            ("label", pa.bool_()),
            ("row", pa.int64()),
            ("tags", pa.list_(pa.string())),
            ("input", pa.struct([("messages", turns), ("n", pa.int32())])),
            ("deep", pa.list_(pa.list_(pa.float64()))),
        ]
    )
    meant = datasets.Features.from_arrow_schema(schema)
    written = yaml.safe_load(yaml.safe_dump(features(schema)))
    assert datasets.Features._from_yaml_list(written) == meant


def test_the_files_are_named_one_by_one_where_they_are_known() -> None:
    entries = tuple(
        FileEntry(f"data/{name}-0000{i}-of-00002.parquet", 1, 1, "0" * 64)
        for name in ("train", "train_more")
        for i in range(1 if name == "train_more" else 2)
    )
    splits = (SplitEntry("train", 2, 2), SplitEntry("train_more", 1, 1))
    front = front_matter(card_text(replace(manifest(), files=entries, splits=splits)))
    assert front["configs"][0]["data_files"] == [
        {"split": "train", "path": [e.path for e in entries[:2]]},
        {"split": "train_more", "path": entries[2].path},
    ]


def test_languages_are_codes_or_nothing() -> None:
    assert front_matter(card_text(manifest(), ["en", "de", "en"]))["language"] == ["de", "en"]
    assert "language" not in front_matter(card_text(manifest(), ["English", "x: y", ""]))


@pytest.mark.parametrize(
    ("rows", "size"),
    [(0, "n<1K"), (1000, "1K<n<10K"), (999_999, "100K<n<1M"), (1_000_000, "1M<n<10M"),
     (10**8, "n>10M")],
)  # fmt: skip
def test_sizes(rows: int, size: str) -> None:
    made = replace(manifest(), counts=replace(manifest().counts, selected=rows))
    assert front_matter(card_text(made))["size_categories"] == [size]


def test_it_says_what_was_left_out_and_how_noisy_the_labels_are() -> None:
    text = card_text(replace(manifest("made"), noise=(0.12, 0.2)))
    assert "| left out: ties, nobody named a winner | 1 |" in text
    assert "| pairs written | 3 |" in text
    assert "not the cap" not in text
    assert "between 12.0% and 20.0%" in text
    assert "labels at 12.0%" in card_text(replace(manifest("made"), noise=(0.12, 0.12)))
    assert "- Not in the files: scores.\n" in text
    assert "no scores tell" in card_text(manifest("made"))


def test_every_count_has_its_words() -> None:
    counts = Counts(55, 1, 2, 3, 4, 5, 10, removed=6, contaminated=7, capped=8, unbalanced=9)
    text = card_text(replace(manifest(), counts=counts))
    for words, n in (
        ("by people's verdicts", 6),
        ("an evaluation prompt, or nearly so", 7),
        ("more than its cap", 8),
        ("other slices had fewer", 9),
    ):
        assert re.search(rf"\| left out.* {words} \| {n} \|", text)


def test_the_steps_stand_as_the_recipe_says() -> None:
    made = manifest()
    labels = Labels("majority", {"least": 3}, "flip", "soft")
    recipe = replace(
        made.recipe,
        labels=labels,
        caps=(Cap("source", 500), Cap("split", 9, "dev")),
        balance="language",
        columns=("weight",),
        seed=7,
    )
    made = replace(made, recipe=recipe, log=Head(1234, "x"), facts={"mean": 0.25})
    made = replace(made, uses={"quality": "run.reward"}, left_out={"not scored": 4})
    text = body(replace(made, annotators=PEOPLE))
    assert "- Verdicts: rule `majority` (`least = 3`)." in text
    assert "A label that people reversed is written the other way round" in text
    assert "Votes up to event 1,234 of the log." in text
    assert "`keep = 20`, `flip = 3` rows" in text
    assert "- Cap: at most 500 pairs of each `source`." in text
    assert "- Cap: at most 9 pairs of `dev` of `split`." in text
    assert "- Balance: as many pairs of each `language`." in text
    assert "- Seed: 7." in text
    assert "| `mean` | 0.25 |" in text
    assert "It reads `quality = run.reward`. Rows it left out: `not scored = 4`." in text
    assert "votes changed no label" in body(manifest())


def test_people_and_their_agreement() -> None:
    text = body(replace(manifest(), annotators=PEOPLE))
    assert "2 annotators cast 42 votes on 30 pairs" in text
    assert "Rulings: `reviewer-1`." in text
    assert "| `annotator-1` | 30 |" in text
    assert "alpha is 0.613, 95% interval 0.410 to 0.790, over 12 pairs" in text
    assert "An audit by people of 100 pairs, drawn from 2,000, puts it at 12.0%" in text
    assert "95% interval 8.0% to 17.1%" in text
    few = {**PEOPLE["agreement"], "value": None, "low": None, "why": "Not defined because …"}
    assert "alpha: Not defined because …" in body(
        replace(manifest(), annotators={**PEOPLE, "agreement": few})
    )
    nobody = body(manifest())
    assert "Nobody's votes were used" in nobody
    assert "No audit by people" in nobody


def test_splits_and_their_report() -> None:
    text = body(replace(manifest(), leakage=LEAKAGE))
    assert "Nothing that was looked for crosses" in text
    assert "| nearly the same words | 7 | 0 |" in text
    assert "2 groups with 5 prompts and 6 rows had to stay together" in text
    assert "| 4 | 3 | nearly the same words |" in text
    assert "- No source has conversations." in text
    crossing = {"kind": "near", "links": 7, "crossing": 2, "examples": ()}
    leaky = {**LEAKAGE, "kinds": (crossing,), "crossing": 1}
    kept = replace(manifest().recipe, splits=KEEP)
    text = body(replace(manifest(), leakage=leaky, recipe=kept, shared_prompts=4))
    assert "2 links between prompts cross" in text
    assert "4 prompts stand in more than one of them" in text


def test_evaluations_and_their_hits() -> None:
    text = body(hostile("RewardBench"))
    assert "| `RewardBench` | 3 | `aaaaaaaaaaaaaaaa` |" in text
    assert "| `0000000000000000` | near | `RewardBench` |" in text
    assert "not compared with the prompts of any evaluation" in body(manifest())


@pytest.mark.parametrize(
    ("name", "paper"),
    [("hh-rlhf", "2204.05862"), ("Anthropic/HH-RLHF", "2204.05862"), ("hhx", None),
     ("UltraFeedback", "2310.01377"), ("my set", None)],
)  # fmt: skip
def test_known_sources_are_cited(name: str, paper: str | None) -> None:
    text = card_text(manifest(name)).split("## Citation")[1]
    assert ("arXiv" in text) == (paper is not None)
    assert (paper or "") in text


def test_it_tells_how_to_load_and_to_verify() -> None:
    text = card_text(manifest())
    assert 'load_dataset("ORG/NAME or this folder", split="train")' in text
    assert "from trl import DPOConfig, DPOTrainer" in text
    block = text.split("```python\n")[1].split("```")[0]
    compile(block, "card", "exec")
    assert "python -m core verify DIR --store STORE" in text
    assert "`ffffffffffffffff`" in text


@pytest.mark.parametrize(
    ("name", "trainer"), [("kto", "KTO"), ("reward", "Reward"), ("openai", ""), ("rewardbench", "")]
)
def test_the_trainer_is_that_of_the_format(name: str, trainer: str) -> None:
    made = replace(manifest(), recipe=replace(manifest().recipe, format=name))
    text = card_text(made)
    assert ("from trl" in text) == bool(trainer)
    assert f"{trainer}Trainer" in text or not trainer


def test_every_format_is_typed_as_it_is_written() -> None:
    for shape in FORMATS:
        recipe = replace(manifest().recipe, format=shape.name, file=shape.files[0])
        schema = shape.schema_of(("flipped", "weight"))
        front = front_matter(card_text(replace(manifest(), recipe=recipe, columns=schema.names)))
        if shape.nest:
            assert "dataset_info" not in front
            assert front["configs"][0]["field"] == "comparisons"
            continue
        typed = datasets.Features._from_yaml_list(front["dataset_info"][0]["features"])
        assert typed == datasets.Features.from_arrow_schema(schema)
