"""The tour says what the demo's data say."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.charts.slices import slices_text
from core.schema import PairFilter
from core.store.instance import open_store
from core.views.slices import slices

TOUR = Path(__file__).parents[2] / "docs" / "tour.md"


@pytest.mark.parametrize(
    ("source", "run"),
    [
        ("hh-helpful", "toy_reward"),
        ("judgebench", "toy_reward"),
        ("judgebench", "skywork_reward_gemma_2_27b"),
    ],
)
def test_what_the_tour_quotes_is_what_the_page_says(
    demo_store: Path, source: str, run: str
) -> None:
    store = open_store(demo_store)
    seen = slices(store, PairFilter(sources=(source,)), "length_ratio", run, "suspicion")
    store.close()
    told = " ".join(TOUR.read_text("utf-8").replace("\n> ", "\n").split())
    assert slices_text(seen, "agreement") in told
