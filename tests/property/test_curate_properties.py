"""Whatever the rows: no prompt crosses splits, every row is written once and comes back."""

import json
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.commands.import_ import Request, import_source
from core.curate.export import write
from core.curate.recipe import Recipe
from core.curate.selection import select
from core.schema import PairFilter
from core.settings import Settings
from core.store.instance import open_store
from tests.factories import Row, make_pair, make_store

IMPORTED = ("jsonl", "jsonl.gz", "jsonl.zst", "parquet")
"""Kinds of file that import reads as they are; a guarded CSV is for people."""
FORMATS_BACK = ("trl", "trl-conversational")
"""Formats that keep the prompt apart, so that nothing is guessed on the way back."""
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@st.composite
def pair_rows(draw: st.DrawFn) -> list[Row]:
    rows = []
    for number in range(draw(st.integers(1, 8))):
        chosen = draw(TEXT)
        rejected = draw(TEXT.filter(lambda text, chosen=chosen: text != chosen))
        row = make_pair(
            number,
            prompt_text=draw(st.sampled_from(["one", "two"]) | TEXT),
            chosen_text=chosen,
            rejected_text=rejected,
        )
        if draw(st.booleans()):
            turns = [{"content": draw(TEXT), "role": "system"}, {"content": "hi", "role": "user"}]
            packed = json.dumps(turns, ensure_ascii=False, separators=(",", ":"))
            row |= {"prompt_text": None, "prompt_messages": packed}
        rows.append(row)
    return rows


FEW = settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(pair_rows(), st.sampled_from(IMPORTED), st.sampled_from(FORMATS_BACK))
def test_what_is_exported_comes_back_as_the_same_pairs(
    rows: list[Row], file: str, format_name: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second, out = (Path(folder) / name for name in ("first", "second", "out"))
        store = make_store(first, rows)
        turns = select(store, PairFilter()).conversations
        format_name = "trl-conversational" if turns else format_name
        if not select(store, PairFilter()).row_ids.size:
            return
        write(store, Recipe(format=format_name, file=file), out)
        import_source(Settings(store=second), Request(str(out / "data")), index=False)
        back = select(open_store(second), PairFilter())
        kept = select(store, PairFilter())
        assert sorted(back.pair_ids.tolist()) == sorted(kept.pair_ids.tolist())
        assert sorted(back.prompt_ids.tolist()) == sorted(kept.prompt_ids.tolist())


@FEW
@given(pair_rows())
def test_every_matching_row_is_counted_in_one_step(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = select(make_store(Path(folder), rows + rows[:1]), PairFilter())
        steps = found.counts
        left_out = steps.ties + steps.contradictions + steps.duplicates + steps.unwritable
        assert steps.matching == left_out + steps.unselected + steps.selected
        assert np.unique(found.pair_ids).size == found.pair_ids.size == steps.selected
