"""Style: how the two responses differ in form, from the run of text statistics."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.schema import Floats, SignalInputs
from core.signals.margins import difference
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector

NEEDS = "Text statistics: `score textstats` makes them in minutes, without a model."
STYLES = ("length", "structure", "bold", "citations", "refusal", "repetition")
"""Columns of `style_differences`."""
_STRUCTURE = ("n_list_items", "n_headings", "n_code_blocks")
_CITATIONS = ("n_links", "n_citations")
_PAPER = "Miroyan et al. 2025 (Search Arena), arXiv:2506.05334"


def style_differences(inputs: SignalInputs) -> Floats:
    """Return what the sides differ in, shape (n, len(STYLES)); NaN rows on ties and unknown texts.

    ln(1+x) of lengths and counts, chosen minus rejected; refusal and repetition as they are. A
    text without a word repeats nothing.
    """
    chars = inputs.chosen_chars, inputs.rejected_chars
    columns = [
        difference(np.log1p(chars[0]), np.log1p(chars[1]), inputs.tie),
        _logs(inputs, _STRUCTURE),
        _logs(inputs, ("n_bold",)),
        _logs(inputs, _CITATIONS),
        _gap(inputs, ("refusal",)),
        np.nan_to_num(_gap(inputs, ("repetition",))),
    ]
    found = np.column_stack(columns)
    found[~np.isfinite(found).all(axis=1)] = np.nan
    return found


def _sides(inputs: SignalInputs, names: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Return the sum of counts of either side, NaN without text statistics."""
    unknown = np.full(len(inputs.row_id), np.nan)
    if inputs.texts is None:
        return unknown, unknown
    chosen, rejected = (
        np.sum([side[name].astype(np.float64) for name in names], axis=0)
        for side in (inputs.texts.chosen, inputs.texts.rejected)
    )
    return chosen, rejected


def _gap(inputs: SignalInputs, names: tuple[str, ...]) -> Floats:
    return difference(*_sides(inputs, names), inputs.tie)


def _logs(inputs: SignalInputs, names: tuple[str, ...]) -> Floats:
    chosen, rejected = _sides(inputs, names)
    return difference(np.log1p(chosen), np.log1p(rejected), inputs.tie)


def known(values: Floats, note: str = "") -> Mapping[str, Values]:
    """Return the column of a signal, or none where nothing is known."""
    return {"": Values(values, note)} if np.isfinite(values).any() else {}


def _bounded(values: Floats) -> Floats:
    """Return values in [−1,1]: a run that was made elsewhere may hold anything."""
    return np.clip(values, -1.0, 1.0)


def _refusal(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    return known(_bounded(_gap(inputs, ("refusal",))))


def _repetition(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    return known(_bounded(_gap(inputs, ("repetition",))))


def _structure(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    return known(_logs(inputs, _STRUCTURE))


def _citation(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    return known(_gap(inputs, _CITATIONS))


SIGNALS.register(
    SignalSpec(
        name="refusal_margin",
        title="Refusal difference",
        family="Style",
        formula="chosen refuses (1 or 0) − rejected refuses (1 or 0)",
        latex=r"\Delta_{\mathrm{refusal}} = [y_w \text{ refuses}] - [y_l \text{ refuses}]",
        direction="1: only the chosen response refuses. −1: only the rejected one does.",
        unit="refusals",
        lower=-1.0,
        upper=1.0,
        needs=NEEDS,
        paper="Zhang et al. 2024 (diverging preferences), arXiv:2410.14632",
        limits=(
            "A short list of English phrases, found anywhere in the text: a quoted refusal counts, "
            "a polite change of subject does not. A refusal may well be the better answer."
        ),
        example="The chosen response refuses, the rejected one does not: 1.",
        vectors=(
            Vector(
                {"texts": {"chosen": {"refusal": [1, 0, 1]}, "rejected": {"refusal": [0, 1, 1]}}},
                (1.0, -1.0, 0.0),
            ),
        ),
        compute=_refusal,
        signed=True,
        integer=True,
    )
)
SIGNALS.register(
    SignalSpec(
        name="repetition_margin",
        title="Repetition difference",
        family="Style",
        formula="repetition of chosen − of rejected; repetition = 1 − different 3-grams / 3-grams",
        latex=r"\Delta_{\mathrm{rep}} = \mathrm{rep}(y_w) - \mathrm{rep}(y_l)",
        direction="Positive: the chosen response repeats more of its own words.",
        unit="share of word 3-grams",
        lower=-1.0,
        upper=1.0,
        needs=NEEDS,
        paper="Kim and Seo 2024 (R3), arXiv:2402.03469; Welleck et al. 2020, arXiv:1908.04319",
        limits="Long texts, tables and code repeat more without being worse.",
        example="0.5 and 0.125 give 0.375; a text without a word has none.",
        vectors=(
            Vector(
                {
                    "texts": {
                        "chosen": {"repetition": [0.5, 0.0, np.nan]},
                        "rejected": {"repetition": [0.125, 0.25, 0.0]},
                    }
                },
                (0.375, -0.25, None),
            ),
        ),
        compute=_repetition,
        signed=True,
    )
)
SIGNALS.register(
    SignalSpec(
        name="structure_margin",
        title="Structure difference",
        family="Style",
        formula="ln((1 + s of chosen) / (1 + s of rejected)), s = list items + headings + code",
        latex=r"\Delta_{\mathrm{struct}} = \ln \frac{1 + s(y_w)}{1 + s(y_l)}",
        direction="Positive: the chosen response has more lists, headings and blocks of code.",
        unit="natural logarithm of a ratio",
        lower=None,
        upper=None,
        needs=NEEDS,
        paper=_PAPER,
        limits="Markdown only; an ordered list of many short items weighs as much as many points.",
        example="Three list items against none give ln 4 = 1.3863.",
        vectors=(
            Vector(
                {
                    "texts": {
                        "chosen": {
                            "n_list_items": [3, 0],
                            "n_headings": [0, 0],
                            "n_code_blocks": [0, 1],
                        },
                        "rejected": {
                            "n_list_items": [0, 1],
                            "n_headings": [0, 2],
                            "n_code_blocks": [0, 0],
                        },
                    }
                },
                (1.386294, -0.693147),
            ),
        ),
        compute=_structure,
        signed=True,
    )
)
SIGNALS.register(
    SignalSpec(
        name="citation_margin",
        title="Citation difference",
        family="Style",
        formula="links and citations of chosen − of rejected",
        latex=r"\Delta_{\mathrm{cite}} = c(y_w) - c(y_l)",
        direction="Positive: the chosen response has more links and citations.",
        unit="links and citations",
        lower=None,
        upper=None,
        needs=NEEDS,
        paper=_PAPER,
        limits=(
            "Counts how a text cites, not whether the source exists or says so: more cited answers "
            "win even where the citation does not support the claim."
        ),
        example="Two links and a citation against one link give 2.",
        vectors=(
            Vector(
                {
                    "texts": {
                        "chosen": {"n_links": [2, 0], "n_citations": [1, 0]},
                        "rejected": {"n_links": [1, 0], "n_citations": [0, 4]},
                    }
                },
                (2.0, -4.0),
            ),
        ),
        compute=_citation,
        signed=True,
    )
)
