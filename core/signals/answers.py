"""Likeness: of the two answers to each other, and of a row to other rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.schema import SignalInputs
from core.signals.consistency import MOST
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector
from core.signals.style import NEEDS, known

_PAPER = "Broder 1997 (MinHash); Lee et al. 2021, arXiv:2107.06499"


def _similarity(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    return known(inputs.texts.similarity) if inputs.texts else {}


def _contained(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    return known(inputs.texts.contained) if inputs.texts else {}


def _duplicates(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    return known(np.minimum(inputs.texts.near_duplicates, MOST)) if inputs.texts else {}


SIGNALS.register(
    SignalSpec(
        name="answer_similarity",
        title="Likeness of the answers",
        family="Likeness",
        formula="estimated |A ∩ B| / |A ∪ B| of the word 3-grams of the two responses",
        latex=r"J = \frac{|A \cap B|}{|A \cup B|}",
        direction="Near 1: the answers are nearly the same words. 0: no three words in common.",
        unit="share of word 3-grams",
        lower=0.0,
        upper=1.0,
        needs=NEEDS,
        paper=_PAPER,
        limits=(
            "Estimated from 128 hashes, with a standard error of at most 0.045. Words only: two "
            "answers may say the same in other words, and nearly the same words may differ in the "
            "one that matters."
        ),
        example="Half of the 3-grams of either answer stand in both: about 0.33.",
        vectors=(Vector({"texts": {"similarity": [0.25, 1.0, np.nan]}}, (0.25, 1.0, None)),),
        compute=_similarity,
    )
)
SIGNALS.register(
    SignalSpec(
        name="answers_contained",
        title="Answers identical or contained",
        family="Likeness",
        formula="2 the answers are equal, 1 one stands inside the other, 0 neither",
        latex=r"c \in \{0, 1, 2\}",
        direction="2: nothing to choose between. 1: one answer only adds to the other.",
        unit="grade",
        lower=0.0,
        upper=2.0,
        needs=NEEDS,
        paper=_PAPER,
        limits=(
            "Case and white space do not count. The texts themselves are compared where an answer "
            "is short or very much shorter, or where half of its 3-grams seem to stand in the "
            "other; elsewhere 0 is taken as seen. A very short answer easily stands in a long one."
        ),
        example="“Yes.” and “yes. ” give 2; “Yes.” and “Yes. It is.” give 1.",
        vectors=(Vector({"texts": {"contained": [2, 1, 0, np.nan]}}, (2.0, 1.0, 0.0, None)),),
        compute=_contained,
        integer=True,
    )
)
SIGNALS.register(
    SignalSpec(
        name="near_duplicate_rows",
        title="Near duplicates",
        family="Likeness",
        formula="number of other rows with nearly the same prompt and nearly the same responses",
        latex=r"n_i = |\{ j \ne i : J(x_i, x_j),\ J(y_i, y_j),\ J(y'_i, y'_j) \ge 0.8 \}|",
        direction="Above 0: nearly the same pair stands in the data again, with whatever label.",
        unit="rows",
        lower=0.0,
        upper=float(MOST),
        needs=NEEDS,
        paper=_PAPER,
        limits=(
            f"Counts stop at {MOST}, rows of equal text and ties are among them, and the two "
            "responses may stand in either order. An estimated share of common word 3-grams of "
            "0.8 in all three texts counts as nearly the same: prompts that differ in one of few "
            "words do not meet. Of a group of more than 64 alike some are counted low, and a row "
            "is compared with 128 others at most: heavily templated sets hide some."
        ),
        example="Three rows that differ in one word of a hundred: 2 each.",
        vectors=(
            Vector({"texts": {"near_duplicates": [2, 500, 0, np.nan]}}, (2.0, 127.0, 0.0, None)),
        ),
        compute=_duplicates,
        integer=True,
    )
)
