"""All that is known about labels at once: evidence of the runs, and the words of the labellers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.schema import (
    Decomposition,
    EvidenceBar,
    EvidenceModel,
    Floats,
    Ints,
    Labeller,
    SignalInputs,
)
from core.signals.evidence import Reader, columns_of, run_margins
from core.signals.evidence_fit import Heard, fit_evidence, hear
from core.signals.labellers import (
    HIGHEST,
    LOWEST,
    Judgements,
    judgements,
    label_logits,
    label_numbers,
    reliabilities,
    told,
)
from core.signals.logistic import logit, sigmoid
from core.signals.margins import rows_by_source
from core.signals.remember import remembered


def speaks(model: EvidenceModel) -> bool:
    """Return whether the runs say anything about the source's labels."""
    return model.slope > 0 or model.calibrated == "gold"


@dataclass(frozen=True)
class Judged:
    """What the runs and the labellers say about every label."""

    evidence: Floats
    """Logits of the runs for each label, shape (n,); NaN where no run speaks."""
    label: Floats
    """Logits of labels and votes for it, shape (n,)."""
    models: tuple[EvidenceModel, ...]
    labellers: tuple[Labeller, ...]
    """Named ones, with their reliability."""

    @property
    def suspicion(self) -> Floats:
        """Return P(label reversed) = 1 − q, logit q = evidence + label, shape (n,)."""
        return sigmoid(-(self.evidence + self.label))


@dataclass(frozen=True)
class _Known:
    """What does not hang on the noise rate."""

    heard: tuple[tuple[int, Ints, Heard], ...]
    """Source, its labelled rows, and what the runs say of them."""
    said: Judgements


def judge_labels(inputs: SignalInputs, rate: float = 0.0) -> Judged:
    """Fit every source's evidence, then the labellers; `rate` above 0 is taken as given."""
    known = _known(inputs)
    evidence = np.full(len(inputs.row_id), np.nan)
    models, priors = [], np.zeros(len(inputs.source_names))
    for index, rows, heard in known.heard:
        model = fit_evidence(heard, rate)
        models.append(model)
        priors[index] = model.prior
        if speaks(model):
            evidence[rows] = model.slope * heard.units
    eta = reliabilities(known.said, evidence, _base(inputs, priors))
    skill = logit(np.clip(eta, LOWEST, HIGHEST))
    return Judged(
        evidence=evidence,
        label=label_logits(known.said, skill),
        models=tuple(models),
        labellers=told(inputs.labellers, known.said, evidence, eta),
    )


@remembered
def _known(inputs: SignalInputs) -> _Known:
    return _Known(tuple(_heard(inputs)), judgements(inputs))


def _heard(inputs: SignalInputs) -> Iterator[tuple[int, Ints, Heard]]:
    every = list(run_margins(inputs))
    label = label_numbers(inputs.source, inputs.pair_id, inputs.chosen_id)
    for index, rows in rows_by_source(inputs.source):
        labelled = rows[~inputs.tie[rows]]
        runs = [run for run in every if np.isfinite(run.margins[labelled]).any()]
        margins, right = columns_of(runs, labelled), inputs.gold[labelled]
        once = np.unique(label[labelled], return_index=True)[1]
        chosen = inputs.gold_voted[labelled] if len(inputs.gold_voted) else None
        heard = hear(inputs.source_names[index], runs, margins, right, once, chosen)
        yield index, labelled, heard


def decompose(
    model: EvidenceModel, margins: Mapping[str, float | None], words: Sequence[EvidenceBar]
) -> Decomposition:
    """Return one row's evidence bar by bar: the words on its label, then the runs.

    margins: by stored column. The sum of the bars is logit(1 − suspicion).
    """
    bars = (*words, *Reader(model).bars(margins))
    total = float(sum(bar.logit for bar in bars))
    return Decomposition(bars, total, float(sigmoid(np.array(-total))))


def _base(inputs: SignalInputs, priors: Floats) -> Floats:
    """Return each labeller's first reliability: that of their source, a half where it is unknown.

    A half has logit 0: who knows nothing of a source lets its labels say nothing.
    """
    if not inputs.labellers:
        return np.asarray(sigmoid(priors), np.float64)
    at = {name: index for index, name in enumerate(inputs.source_names)}
    return np.asarray(sigmoid(priors[[at[who.source] for who in inputs.labellers]]), np.float64)
