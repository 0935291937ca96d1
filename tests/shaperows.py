"""Rows of texts as shapes get them, written to a file and read back."""

import json
import warnings
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from core.curate.written.filekinds import unguarded
from core.curate.written.shapes import ROLES
from core.curate.written.writers import FILES, FORMATS, PROVENANCE, Shape
from tests.factories import Row

ODD = 'tab\t quote" \\ \x07 \u2028 \u202e é 🙂 </script>, "a", \r\n=1+1'
SIDES = [
    *((f"{side}_{what}", pa.string()) for side in ROLES for what in ("text", "messages")),
    *((f"{side}_model", pa.string()) for side in ("chosen", "rejected")),
    *((f"{side}_id", pa.int64()) for side in ("chosen", "rejected")),
]
NUMBERS = [(name, pa.float64()) for name in ("strength", "margin", "weight")]
LABEL = [("flipped", pa.bool_()), ("provenance", pa.string())]
TABLE = pa.schema([*PROVENANCE, *SIDES, *NUMBERS, *LABEL])
COLUMNS = ("weight", "flipped", "provenance")
SHAPES = list(FORMATS)
EVERY = [(shape.name, kind) for shape in FORMATS for kind in shape.files]


def row(number: int = 0, **over: object) -> Row:
    made = {
        "pair_id": f"{number * 7 + 1:016x}",
        "source": "made",
        "source_split": "train",
        "row": number,
        "prompt_text": f"question {number}",
        "prompt_messages": None,
        "chosen_text": f"good {number}",
        "chosen_messages": None,
        "rejected_text": f"bad {number}",
        "rejected_messages": None,
        "chosen_id": 2 * number + 1,
        "rejected_id": 2 * number + 2,
        "chosen_model": "model-of-the-chosen",
        "rejected_model": None,
        "strength": None,
        "flipped": number % 2 == 1,
        "provenance": "majority of 3 votes",
        "margin": None if number % 3 == 2 else number / 4,
        "weight": None if number % 3 == 1 else 1.5,
    }
    return {**made, **over}


def odd_rows() -> list[Row]:
    return [
        row(0),
        row(1, prompt_text=" two\nlines\r\n", chosen_text=ODD, rejected_text=""),
        row(2, chosen_text="=HYPERLINK(1)", rejected_text="NA", source="+source, x"),
        row(3, chosen_text="- a list", rejected_text="'quoted'", prompt_text="007"),
        row(4, chosen_text="2024-01-01 is a day", rejected_text="null"),
    ]


def talk(*turns: tuple[str, str], **keys: str) -> str:
    return json.dumps([{"role": role, "content": content, **keys} for role, content in turns])


def talk_rows(shape: Shape) -> list[Row]:
    turns = (("system", "be brief"), ("user", "hi"), ("assistant", "yes?"), ("user", "go on"))
    said = talk(("assistant", "well"), ("user", "and?"), ("assistant", "done"))
    answers = {"chosen_messages": said, "chosen_text": "well"} if shape.turns == "both" else {}
    return [row(0), row(1, prompt_messages=talk(*turns), **answers), row(2)]


def rows_for(shape: Shape) -> list[Row]:
    return [*odd_rows(), *(talk_rows(shape) if shape.turns else [])]


def table(rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, TABLE)


def written(
    shape: Shape, kind: str, rows: Sequence[Row], path: Path, columns: tuple[str, ...] = COLUMNS
) -> Path:
    path.mkdir()
    file = path / f"train-00000-of-00001.{kind}"
    count = FILES.get(kind).write(
        file, shape.schema_of(columns), shape.rows([table(rows)], columns)
    )
    assert count == sum(t.num_rows for t in shape.rows([table(rows)], columns))
    return file


def loaded(file: Path, shape: Shape, kind: str, cache: Path) -> list[Row]:
    """The rows as a trainer gets them, types as the card states them."""
    import datasets

    builder = {"jsonl": "json", "jsonl.gz": "json", "jsonl.zst": "json"}.get(kind, kind)
    features = datasets.Features.from_arrow_schema(shape.schema_of(COLUMNS))
    further = FILES.get(kind).config
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = datasets.load_dataset(
            builder, data_files=str(file), cache_dir=str(cache), features=features, **further
        )
    return list(rows["train"])


def projected(shape: Shape, rows: Sequence[Row]) -> list[Row]:
    return [line for t in shape.rows([table(rows)], COLUMNS) for line in t.to_pylist()]


def plain(value: object) -> object:
    return unguarded(pa.array([value]))[0].as_py() if isinstance(value, str) else value
