"""What stands behind a row's suspicion: its evidence, bar by bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.schema import Decomposition, EvidenceBar, EvidenceModel, Floats, Labeller
from core.signals.inputs import make_inputs
from core.signals.labellers import HIGHEST, LOWEST, judgements, words_of
from core.signals.logistic import logit, sigmoid
from core.signals.suspicion_model import decompose
from core.store.instance import Store
from core.store.labellers import read_labels
from core.views.results import PairRow


def decompositions(store: Store, rows: tuple[PairRow, ...]) -> Mapping[int, Decomposition]:
    """Return row id → bars that sum to logit(1 − suspicion), for rows that have a suspicion."""
    judged = [row for row in rows if row.signals.get("suspicion") is not None]
    words = _words(store, [row.row_id for row in judged])
    models, scales = store.evidence_models, _scales(store)
    return {
        row.row_id: decompose(models[row.source], _margins(row, scales), words[row.row_id])
        for row in judged
    }


def _scales(store: Store) -> Mapping[str, float]:
    """Return the factor of each stored margin: evidence takes implicit ones with a beta of 1."""
    return {column.name: column.params.get("beta", 1.0) for column in store.signal_columns}


def _margins(row: PairRow, scales: Mapping[str, float]) -> Mapping[str, float | None]:
    return {
        name: None if value is None else value / scales[name] for name, value in row.signals.items()
    }


def _words(store: Store, row_ids: list[int]) -> Mapping[int, tuple[EvidenceBar, ...]]:
    """Return what labels and votes say about each row: those of its pair, wherever they stand."""
    if not row_ids:
        return {}
    found = store.query("evidence_rows", {"row_ids": row_ids})
    row_id, pair_id = found["row_id"].to_numpy(), found["pair_id"].to_numpy()
    names = store.query("inputs_sources")["name"].to_pylist()
    source = found["source_id"].to_numpy().astype(np.int64)
    labels = read_labels(store, row_id, source, names, np.unique(pair_id).tolist())
    votes = labels.votes
    said = judgements(
        make_inputs(
            {
                "pair_id": pair_id,
                "chosen_id": found["chosen_id"].to_numpy(),
                "tie": found["tie"].to_numpy(),
                "source": source,
                "source_names": tuple(names),
                "labeller": labels.labeller,
                "labellers": [(who.source, who.annotator) for who in labels.labellers],
                "votes": (votes.row_id, votes.labeller, votes.side) if votes else None,
            }
        )
    )
    skill = _skill(labels.labellers, store.labellers, store.evidence_models)
    at = np.searchsorted(row_id, row_ids)
    return {
        row: words_of(said, skill, labels.labellers, int(place))
        for row, place in zip(row_ids, at, strict=True)
    }


def _skill(
    labellers: Sequence[Labeller],
    told: Sequence[Labeller],
    models: Mapping[str, EvidenceModel],
) -> Floats:
    """Return each labeller's logit: a person's own, or the prior of their source."""
    people = {(who.source, who.annotator): who.reliability for who in told}
    own = [people.get((who.source, who.annotator)) for who in labellers]
    priors = [models[who.source].prior if who.source in models else 0.0 for who in labellers]
    eta = [
        sigmoid(np.array(prior)) if reliability is None else reliability
        for reliability, prior in zip(own, priors, strict=True)
    ]
    return logit(np.clip(np.array(eta, np.float64), LOWEST, HIGHEST))
