"""Style control: what style alone makes of a label, and margins without what style explains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.schema import Floats, Ints, SignalInputs
from core.signals.logistic import sigmoid
from core.signals.margins import mean_standard_margin, rows_by_source
from core.signals.ridge import ridge_logistic
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector
from core.signals.style import NEEDS, STYLES, known, style_differences

FEWEST = 50
"""Labelled rows of a source below which nothing is fitted."""
FOLDS = 5
_TAUGHT = FEWEST - FEWEST // FOLDS
"""Rows of the other folds without which a fold has no value."""
_RIDGE = 1.0
_MOST = 100_000
"""Rows that a fit takes: six numbers need no more."""
_PAPER = "Miroyan et al. 2025 (Search Arena), arXiv:2506.05334"


def style_probability(differences: Floats, fold: Ints) -> Floats:
    """Return P(the label | style), out of fold, shapes (n, k), (n,) → (n,).

    p = sigmoid(w·d/s) with s the root mean square of each difference and w fitted on the other
    folds by Σ softplus(−w·d/s) + ½|w|², without an intercept: exchanging the sides exchanges p
    and 1−p. NaN where fewer than 40 rows of other folds teach it.
    Source: Miroyan et al. 2025; Chiang et al. 2024 (style control).
    """
    p = np.full(len(fold), np.nan)
    x = _scaled(differences, np.sqrt(np.mean(differences**2, axis=0)))
    for one in range(FOLDS):
        others = np.flatnonzero(fold != one)
        if len(others) >= _TAUGHT:
            taught = x[others[:: len(others) // _MOST + 1]]
            w = ridge_logistic(taught, np.ones(len(taught)), np.full(x.shape[1], _RIDGE))
            mine = fold == one
            p[mine] = sigmoid(x[mine] @ w)
    return p


def controlled(margins: Floats, differences: Floats) -> tuple[Floats, float]:
    """Return margins − b·d, shape (n,), and the share of their variance that style explains.

    b is the least squares slope of the margins on the differences d, shape (n, k), beside an
    intercept, which stays in the margins. All are finite.
    Source: length-debiased margins, methods of R3, arXiv:2402.03469, for several differences.
    """
    centred = differences - differences.mean(axis=0)
    x = _scaled(centred, centred.std(axis=0))
    m = margins - margins.mean()
    # The ridge only keeps columns that say the same from having endless weights.
    slope = np.linalg.solve(x.T @ x + 1e-6 * len(m) * np.eye(x.shape[1]), x.T @ m)
    raw = differences @ _scaled(slope, centred.std(axis=0))
    left, all_ = (m - x @ slope).var(), m.var()
    return margins - raw, float(1 - left / all_) if all_ > 0 else 0.0


def _scaled(values: Floats, size: Floats) -> Floats:
    return values * np.divide(1.0, size, out=np.zeros_like(size), where=size > 1e-9)


def _probability(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    found, notes = np.full(len(inputs.row_id), np.nan), []
    for name, rows, differences in _sources(inputs):
        if len(rows) < FEWEST:
            notes.append(_few(name, len(rows)))
            continue
        found[rows] = p = style_probability(differences, inputs.pair_id[rows] % FOLDS)
        told = p[np.isfinite(p)]
        if len(told):
            share = ((told > 0.5).mean() + (told >= 0.5).mean()) / 2
            notes.append(f"{name}: style alone names the chosen response in {share:.0%} of rows.")
    return known(found, " ".join(notes))


def _controlled(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    margins = mean_standard_margin(inputs)
    found, notes = np.full(len(margins), np.nan), []
    for name, rows, differences in _sources(inputs):
        has = np.isfinite(margins[rows])
        rows, differences = rows[has], differences[has]
        if len(rows) >= FEWEST:
            found[rows], share = controlled(margins[rows], differences)
            notes.append(f"{name}: style explains {share:.0%} of the margins' variance.")
        elif len(rows):
            notes.append(_few(name, len(rows)))
    return known(found, " ".join(notes))


def _sources(inputs: SignalInputs) -> list[tuple[str, Ints, Floats]]:
    """Return each source's name, its labelled rows with known style, and their differences."""
    if inputs.texts is None:
        return []
    every = style_differences(inputs)
    rows = {
        inputs.source_names[index]: at[np.isfinite(every[at]).all(axis=1)]
        for index, at in rows_by_source(inputs.source)
    }
    return [(name, at, every[at]) for name, at in rows.items() if len(at)]


def _few(source: str, n: int) -> str:
    return f"{source}: nothing is fitted on {n} labelled rows; {FEWEST} are needed."


_FORM: Mapping[str, object] = {
    name: [0] * 60
    for name in ("n_list_items", "n_headings", "n_code_blocks", "n_bold", "n_links", "n_citations")
}
_SAME = {**_FORM, "refusal": [0] * 60, "repetition": [0.0] * 60}
_TEXTS: Mapping[str, object] = {
    "chosen_chars": [199, 199, 199, 99] * 15,
    "rejected_chars": [99, 99, 99, 199] * 15,
    "texts": {"chosen": _SAME, "rejected": _SAME},
}
SIGNALS.register(
    SignalSpec(
        name="style_probability",
        title="Label explained by style",
        family="Style",
        formula=(
            "P = sigmoid(w·d): ridge logistic regression of the label on the differences d in "
            f"{', '.join(STYLES)}, per source, fitted on other pairs"
        ),
        latex=r"P(y_w \succ y_l \mid \mathrm{style}) = \sigma(w \cdot \Delta_{\mathrm{style}})",
        direction="Near 1: style alone would give this label. Near 0: the label goes against it.",
        unit="probability",
        lower=0.0,
        upper=1.0,
        needs=NEEDS,
        paper=_PAPER,
        limits=(
            f"NULL in a source with fewer than {FEWEST} labelled rows. It learns the labels' "
            "habits in that source, good or bad: where better answers are longer, so is what it "
            "favours. Near 1 beside content scorers that disagree is a label won by style."
        ),
        example="Of 60 rows the longer response is chosen in 45: 0.73 there, 0.27 elsewhere.",
        vectors=(Vector(_TEXTS, (0.729348, 0.729348, 0.729348, 0.270652) * 15),),
        compute=_probability,
    )
)
SIGNALS.register(
    SignalSpec(
        name="controlled_margin",
        title="Margin without style",
        family="Style",
        formula=(
            "m − b·d: m the mean of the runs' margins, each divided by its deviation within the "
            f"source; b its regression on the differences d in {', '.join(STYLES)}"
        ),
        latex=r"m^{\mathrm{res}} = \bar{m} - b \cdot \Delta_{\mathrm{style}}",
        direction="Positive: the runs agree with the label beyond what style explains.",
        unit="deviations of the runs' margins",
        lower=None,
        upper=None,
        needs=f"A run whose scores do not come from the label itself, and text statistics. {NEEDS}",
        paper="Kim and Seo 2024 (R3), arXiv:2402.03469; Search Arena, arXiv:2506.05334",
        limits=(
            f"NULL in a source with fewer than {FEWEST} labelled rows with margins. Takes away "
            "what goes along with style, also where style and worth go together."
        ),
        example="Margins of 60 rows that only follow length lose all of it: what is left is 0.",
        vectors=(
            Vector(
                {**_TEXTS, "rewards": {"rm": ([1.0, 1.0, 1.0, -1.0] * 15, [0.0] * 60)}},
                (0.0,) * 60,
                tol=1e-4,
            ),
        ),
        compute=_controlled,
        signed=True,
    )
)
