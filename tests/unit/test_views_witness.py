"""Calibration against votes asks only votes that did not make the label."""

from __future__ import annotations

from core.schema import PairFilter
from core.views.margins import calibration
from tests.factories import make_pair, make_store


def test_votes_that_made_the_label_are_no_witness(tmp_path):
    voted = {"votes": {"a": "rejected", "b": "rejected", "c": "chosen"}}
    rows = [make_pair(i, scores={"rm": (float(i), 0.0)}, **voted) for i in range(4)]
    majority = [{**row, "label_kind": "majority"} for row in rows[2:]]
    store = make_store(tmp_path, [*rows[:2], *majority])
    found = calibration(store, PairFilter(), "explicit_margin_rm", "votes")
    assert sum(share.n for share in found.shares) == 2
    only = make_store(tmp_path / "only", majority)
    assert calibration(only, PairFilter(), "explicit_margin_rm", "votes") is None
