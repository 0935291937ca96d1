"""Knobs: each number by hand, people before models, unknown ones null."""

import numpy as np
import pyarrow as pa
import pytest

from core.curate.written.knobs import KNOBS, KnobInputs, KnobSpec
from core.errors import ExportError
from core.signals.spec import SIGNALS

NAN = np.nan
NUMBERS = [knob for knob in KNOBS if knob.compute]


def inputs(n: int, knob: str, **over: object) -> KnobInputs:
    signals = {k: np.array(v, np.float64) for k, v in over.pop("signals", {}).items()}
    made: dict[str, object] = {
        "flipped": np.zeros(n, np.bool_),
        "settled": np.zeros(n, np.bool_),
        "soft": np.full(n, NAN),
        "weight": None,
        "params": KNOBS.get(knob).settled(over.pop("params", {})),
    }
    arrays = {k: np.array(v) for k, v in over.items()}
    return KnobInputs(signals=signals, **{**made, **arrays})


def column(knob: str, n: int, **over: object) -> list[float | None]:
    made = KNOBS.get(knob).column(inputs(n, knob, **over))
    assert made.type == KNOBS.get(knob).type == pa.float64()
    return [value if value is None else round(value, 4) for value in made.to_pylist()]


def test_the_margin_is_the_signal() -> None:
    assert column("margin", 3, signals={"explicit": [1.5, -2.0, NAN]}) == [1.5, -2.0, None]


def test_a_label_is_as_right_as_signals_say_unless_people_do() -> None:
    got = column(
        "q_label_ok",
        6,
        signals={"suspicion": [0.2, 0.9, 0.9, NAN, 0.9, NAN]},
        flipped=[False, True, True, False, False, False],
        settled=[False, False, True, False, False, True],
        soft=[NAN, NAN, NAN, NAN, 0.7, 0.6],
    )
    assert got == [0.8, 0.9, 1.0, None, 0.7, 0.6]


def test_weights_are_those_of_the_preset_or_fall_with_the_loss() -> None:
    signals = {"implicit": [-np.log(np.expm1(loss)) for loss in (0.2, 0.7, 3.0)]}
    got = column("weight", 3, signals=signals)
    assert got == [1.7993, 1.0913, 0.1094]
    assert np.mean(got) == pytest.approx(1, abs=1e-3)
    assert column("weight", 3, signals=signals, weight=[0.5, 2.0, 0.5]) == [0.5, 2.0, 0.5]
    assert column("weight", 2, weight=[0.5, 1.5]) == [0.5, 1.5]


def test_weights_of_known_pairs_have_mean_one_beside_unknown_ones() -> None:
    got = column("weight", 4, signals={"implicit": [3.0, NAN, -1.0, 0.0]}, params={"b": 0.5})
    assert got[1] is None
    assert sum(one for one in got if one is not None) == pytest.approx(3, abs=1e-3)
    assert got[0] > got[3] > got[2]


def test_each_pair_has_its_own_beta() -> None:
    got = column("beta_i", 4, signals={"step": [1, 0, -1, NAN]}, params={"epsilon": 0.1})
    assert got == [0.0909, 0.1, 0.1111, None]


def test_the_least_trusted_tenth_is_smoothed() -> None:
    implicit = [*range(10, 30), NAN]
    got = column("label_smoothing", 21, signals={"implicit": implicit})
    assert got == [0.1, 0.1, *[0.0] * 18, None]
    settled = [True, *[False] * 20]
    soft = [NAN, 0.6, *[NAN] * 18, 0.9]
    got = column("label_smoothing", 21, signals={"implicit": implicit}, settled=settled, soft=soft)
    assert got == [0.0, 0.4, *[0.0] * 18, 0.1]


def test_votes_alone_can_smooth() -> None:
    assert column("label_smoothing", 2, soft=[0.75, 0.5]) == [0.25, 0.5]
    assert column("label_smoothing", 1, signals={"implicit": [NAN]}) == [None]


@pytest.mark.parametrize("knob", ["weight", "label_smoothing"])
def test_nothing_to_make_a_knob_from_is_an_error_with_the_next_step(knob: str) -> None:
    with pytest.raises(ExportError, match=f"{knob} needs an implicit margin") as caught:
        column(knob, 1)
    assert "score policy" in str(caught.value.hint)


@pytest.mark.parametrize("knob", NUMBERS, ids=lambda knob: knob.name)
def test_a_knob_is_aligned_null_where_unknown_and_made_of_known_signals(knob: KnobSpec) -> None:
    for need in knob.needs:
        assert need.signal in SIGNALS.names()
    values = np.array([0.3, NAN, -0.5, 0.1])
    made = knob.column(inputs(4, knob.name, signals={need.role: values for need in knob.needs}))
    assert [value is None for value in made.to_pylist()] == [False, True, False, False]
    assert not np.isnan(made.drop_null().to_numpy()).any()


@pytest.mark.parametrize("knob", list(KNOBS), ids=lambda knob: knob.name)
def test_a_knob_explains_itself(knob: KnobSpec) -> None:
    assert knob.title
    assert knob.formula
    assert (knob.compute is None) == (knob.type != pa.float64())


def test_columns_about_the_label_are_not_computed() -> None:
    with pytest.raises(TypeError, match="flipped is not computed"):
        KNOBS.get("flipped").column(inputs(1, "flipped"))
