"""Epsilon-DPO as stored signals: the sensitivity and the step of every pair."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.schema import Bools, Floats, KlValues, LogpValues, SignalInputs
from core.signals.edpo import TINY, sensitivity, step_from_mixes, step_from_sensitivity
from core.signals.margins import LEAK, difference
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector

_NEEDS = "A run of `score policy` with `--kl` and a reference."
_UNMOVED = "Not defined, because the policy equals its reference on these pairs."


def _sensitivity(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    return {
        run_id: _unless_unmoved(s, s, LEAK * run.leaks_label)
        for run_id, run in inputs.logps.items()
        if run.kl and np.isfinite(s := sensitivity(run, run.kl, inputs.tie)).any()
    }


def _step(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    made = {}
    for run_id, run in inputs.logps.items():
        if run.kl and np.isfinite(s := sensitivity(run, run.kl, inputs.tie)).any():
            exact = _exact(run, run.kl, inputs.tie)
            signs = np.isfinite(s) & ~np.isfinite(exact)
            step = np.where(signs, step_from_sensitivity(s), exact)
            note = (
                f"{signs.sum():,} of {np.isfinite(s).sum():,} rows have no mixes: there it is the "
                "sign of the sensitivity."
            )
            said = " ".join(filter(None, (LEAK * run.leaks_label, note * bool(signs.any()))))
            made[run_id] = _unless_unmoved(step, s, said)
    return made


def _exact(run: LogpValues, kl: KlValues, tie: Bools) -> Floats:
    return step_from_mixes(
        difference(run.policy_chosen, run.policy_rejected, tie),
        difference(kl.policy_mixp_chosen, kl.policy_mixp_rejected, tie),
        difference(kl.policy_mixm_chosen, kl.policy_mixm_rejected, tie),
    )


def _unless_unmoved(values: Floats, s: Floats, note: str) -> Values:
    if (np.abs(s[np.isfinite(s)]) > TINY).any():
        return Values(values, note)
    return Values(np.full(len(values), np.nan), _UNMOVED)


_GIVEN: Mapping[str, object] = {
    "logps": {
        "policy": {
            "policy_chosen": [-100.0, -120.0, -100.0, -100.0],
            "policy_rejected": [-120.0, -100.0, -120.0, -120.0],
            "ref_chosen": [-105.0, -110.0, -105.0, -105.0],
            "ref_rejected": [-110.0, -105.0, -110.0, np.nan],
            "klsum_chosen": [2.0, 3.0, 20.0, 2.0],
            "klsum_rejected": [3.0, 2.0, 1.0, 3.0],
            "policy_mixp_chosen": [-99.9, -120.2, np.nan, -99.9],
            "policy_mixp_rejected": [-120.2, -99.9, -120.0, -120.2],
            "policy_mixm_chosen": [-100.1, -119.8, -100.0, -100.1],
            "policy_mixm_rejected": [-119.8, -100.1, -120.0, -119.8],
        }
    },
    "tie": [False, False, False, False],
}
SIGNALS.register(
    SignalSpec(
        name="edpo_sensitivity",
        title="ε-DPO sensitivity",
        family="ε-DPO",
        formula="(D_chosen − klsum_chosen) − (D_rejected − klsum_rejected), D = policy − reference",
        latex=(
            r"s = \left( D_w - \sum_t \mathrm{KL}_t(y_w) \right)"
            r" - \left( D_l - \sum_t \mathrm{KL}_t(y_l) \right)"
        ),
        direction=(
            "Positive: moving further from the reference would help the label. Negative: the "
            "policy's movement works against it."
        ),
        unit="nats",
        lower=None,
        upper=None,
        needs=_NEEDS,
        paper="Lee et al., NeurIPS 2025, arXiv:2502.13177",
        limits=(
            "Where policy and reference are the same it is not defined. It says how the policy "
            "moved, and a policy that learned a wrong label moved towards it."
        ),
        example="D 5 and −10, KL sums 2 and 3: (5 − 2) − (−10 − 3) = 16; swapped −16.",
        vectors=(Vector(_GIVEN, (16.0, -16.0, -4.0, None)),),
        compute=_sensitivity,
        per_run=True,
        signed=True,
    )
)
SIGNALS.register(
    SignalSpec(
        name="edpo_step",
        title="ε-DPO step",
        family="ε-DPO",
        formula="+1 where z(1+e) > z > z(1−e), −1 where z(1−e) > z > z(1+e), else 0; e = 0.01",
        latex=(
            r"k = \mathbb{1}[z_{\beta^-} > z > z_{\beta^+}]"
            r" - \mathbb{1}[z_{\beta^+} > z > z_{\beta^-}]"
        ),
        direction="1: a lower beta would help the label. −1: a higher one, the pair is confused.",
        unit="−1, 0 or 1",
        lower=-1.0,
        upper=1.0,
        needs=_NEEDS,
        paper="Lee et al., NeurIPS 2025, arXiv:2502.13177",
        limits=(
            "Where policy and reference are the same it is not defined. Without the mixes it is "
            "the sign of the sensitivity, which is equal for small e. A pair's own beta is "
            "beta / (1 + e·step)."
        ),
        example="Margins 20.3, 20 and 19.7 under looser, own and tighter logits give 1.",
        vectors=(Vector(_GIVEN, (1.0, -1.0, -1.0, 1.0)),),
        compute=_step,
        per_run=True,
        signed=True,
        integer=True,
    )
)
