"""Shapes that are known and hold no pairs: named, so that nobody wonders."""

from __future__ import annotations

from core.errors import SourceError
from core.formats.look import Look
from core.formats.spec import FORMATS, FormatSpec
from core.schema import PairBatch, RawBatch, Recognition

_UNPAIRED = (
    "Each row holds one response with a good or bad label (KTO, unpaired), so there is no pair "
    "to compare."
)
_STEPWISE = "Each row labels the steps of one response (stepwise), so there is no pair to compare."


def _unpaired(look: Look) -> Recognition | None:
    if look.has("chosen") or look.has("rejected"):
        return None
    return (
        look.fits("kto", completion="text", label="bool")
        or look.fits("kto", completion="messages", label="bool")
        or look.fits("kto", messages="messages", label="bool")
    )


def _stepwise(look: Look) -> Recognition | None:
    if look.has("chosen"):
        return None
    return look.fits("stepwise", prompt="text", completions="list", labels="list")


def _refuse(batch: RawBatch) -> PairBatch:
    raise SourceError(f"{batch.origin} holds no pairs.")


FORMATS.register(
    FormatSpec(
        name="kto",
        title="KTO, unpaired labels",
        family="nested",
        columns="prompt and completion, or messages; label: bool",
        label_meaning="good or bad, each response alone; not imported",
        example={"prompt": "2+2=", "completion": " 4", "label": True},
        recognise=_unpaired,
        to_pairs=_refuse,
        refusal=_UNPAIRED,
    )
)
FORMATS.register(
    FormatSpec(
        name="stepwise",
        title="Stepwise supervision",
        family="nested",
        columns="prompt: text; completions, labels: lists",
        label_meaning="right or wrong per step; not imported",
        example={"prompt": "2+2=", "completions": ["2+2", "=4"], "labels": [True, True]},
        recognise=_stepwise,
        to_pairs=_refuse,
        refusal=_STEPWISE,
    )
)
