"""All that is known about labels at once: evidence of the runs, and the words of the labellers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.schema import (
    Decomposition,
    EvidenceBar,
    EvidenceModel,
    Floats,
    Labeller,
    SignalInputs,
)
from core.signals.evidence import Reader, columns_of, run_margins
from core.signals.evidence_fit import fit_evidence
from core.signals.labellers import (
    HIGHEST,
    LOWEST,
    Judgements,
    judgements,
    label_logits,
    reliabilities,
    told,
)
from core.signals.logistic import logit, sigmoid
from core.signals.margins import rows_by_source


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


def judge_labels(inputs: SignalInputs, rate: float = 0.0) -> Judged:
    """Fit every source's evidence, then the labellers; `rate` above 0 is taken as given."""
    every = list(run_margins(inputs))
    evidence = np.full(len(inputs.row_id), np.nan)
    models, priors = [], np.zeros(len(inputs.source_names))
    for index, rows in rows_by_source(inputs.source):
        runs = [run for run in every if np.isfinite(run.margins[rows]).any()]
        margins, right = columns_of(runs, rows), inputs.gold[rows]
        right = np.where(inputs.tie[rows], np.nan, right)
        labelled = ~inputs.tie[rows]
        name = inputs.source_names[index]
        model = fit_evidence(name, runs, margins[labelled], right[labelled], rate)
        models.append(model)
        priors[index] = model.prior
        if speaks(model):
            evidence[rows] = Reader(model).logits(margins)
    said = judgements(inputs)
    eta = reliabilities(said, evidence, _base(inputs, priors))
    skill = logit(np.clip(eta, LOWEST, HIGHEST))
    return Judged(
        evidence=evidence,
        label=label_logits(said, skill),
        models=tuple(models),
        labellers=_told(inputs, said, evidence, eta),
    )


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


def _told(
    inputs: SignalInputs, said: Judgements, evidence: Floats, eta: Floats
) -> tuple[Labeller, ...]:
    return told(inputs.labellers, said, evidence, eta) if inputs.labellers else ()
