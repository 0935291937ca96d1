"""Log-probabilities of responses under a policy and, where there is one, its reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from core.registry import Param
from core.schema import Floats, Ints, Provenance, ScoringPlan
from core.scorers.chat import Encoded, Encoder
from core.scorers.decoders import Decoder, response_tokens, settled
from core.scorers.forward import FORMS, SHARD_CHARS, Budget, each_batch, moved, one_behind
from core.scorers.logprobs import Wanted, token_logps
from core.scorers.models import Loaded, Reference, load_policy
from core.scorers.packing import Batch
from core.scorers.provenance import BATCH, LONGEST, batch_tokens, encoder_of, provenance
from core.scorers.spec import SCORERS, ScorerOptions, ScorerSpec

if TYPE_CHECKING:
    from torch import Tensor

SUMS = {
    "policy": "policy_logps",
    "ref": "ref_logps",
    "kl": "klsum",
    "mixp": "policy_mixp_logps",
    "mixm": "policy_mixm_logps",
}
"""Value per token → column of its sum over the response."""
LISTS = {"policy": "policy_token_logps", "ref": "ref_token_logps"}
_MIX = Param("mix", "Step e", 0.01, 1e-6, 0.5, "The e of the (1 ± e) logit mixes, with --kl.")


@dataclass(frozen=True)
class Policy:
    """An opened policy."""

    provenance: Provenance
    encoder: Encoder
    policy: Decoder
    reference: Decoder | None
    budget: Budget
    wanted: Wanted
    tokens: bool
    shard_chars: int
    shard_items: int = 4096

    def prepare(self, rows: pa.Table) -> list[Encoded]:
        """Return the token ids of a shard."""
        return self.encoder.encode(rows, ends=self.tokens)

    def score(self, prepared: list[Encoded]) -> Iterator[pa.Table]:
        """Yield summed nats over response tokens, batch by batch."""
        known = [item for item in prepared if len(item.ids) > max(item.start, 1)]
        if len(known) < len(prepared):
            yield _unknown([item for item in prepared if len(item.ids) <= max(item.start, 1)])
        done = each_batch(known, self.budget, self.policy.form, self._values)
        for batch, (counts, values) in one_behind(done):
            found = {name: one.double().cpu().numpy() for name, one in values.items()}
            yield self._table(batch.items, counts, found)

    def _values(self, batch: Batch) -> tuple[Ints, Mapping[str, Tensor]]:
        """Return response tokens per item, and values per token in the order of the items."""
        at, targets, counts = response_tokens(batch)
        where = moved(at, self.policy.device)
        theirs = self.reference
        return counts, token_logps(
            (self.policy.head, self.policy.states(batch, where)),
            (theirs.head, theirs.states(batch, where)) if theirs else None,
            moved(targets, self.policy.device),
            self.wanted,
        )

    def _table(
        self, items: Sequence[Encoded], counts: Ints, values: Mapping[str, Floats]
    ) -> pa.Table:
        begins = np.cumsum(counts) - counts
        columns: dict[str, object] = {
            SUMS[name]: np.add.reduceat(of_token, begins) for name, of_token in values.items()
        }
        if self.tokens:
            lists = {LISTS[name]: v for name, v in values.items() if name in LISTS}
            columns |= {name: _lists(v, counts) for name, v in lists.items()}
            columns["token_ends"] = pa.array(
                [(item.ends or [])[-n:] for item, n in zip(items, counts, strict=True)],
                pa.list_(pa.int32()),
            )
        return pa.table({**_keys(items), **columns, "n_tokens": pa.array(counts, pa.int32())})


def _lists(values: Floats, counts: Ints) -> pa.ListArray:
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(ends, pa.array(values, pa.float32()))


def _unknown(items: Sequence[Encoded]) -> pa.Table:
    """Return rows without numbers: of an empty response, or one that the template refuses."""
    nothing = pa.array(np.full(len(items), np.nan))
    counts = pa.array(np.zeros(len(items)), pa.int32())
    return pa.table({**_keys(items), "policy_logps": nothing, "n_tokens": counts})


def _keys(items: Sequence[Encoded]) -> dict[str, pa.Array]:
    return {
        "response_id": pa.array([item.response_id for item in items], pa.int64()),
        "truncated": pa.array([item.truncated for item in items], pa.bool_()),
    }


def open_policy(options: ScorerOptions, plan: ScoringPlan) -> Policy:
    """Load the models and choose their form; raise ScoreError in a sentence."""
    loaded, reference = load_policy(options)
    encoder = encoder_of(loaded, options)
    policy, second = _decoders(loaded, reference, options)
    if options.kl and second is None:
        options.say("--kl compares with a reference, and there is none: left out.")
    more = {"kl": bool(options.kl and second), "tokens": options.tokens}
    return Policy(
        provenance=provenance(
            loaded, encoder, options, reference.loaded if reference else None, more
        ),
        encoder=encoder,
        policy=policy,
        reference=second,
        budget=Budget(batch_tokens(loaded.device, options), options.say),
        wanted=Wanted(bool(options.kl), options.parameters[_MIX.name]),
        tokens=options.tokens,
        shard_chars=SHARD_CHARS[loaded.device],
    )


def _decoders(
    loaded: Loaded, reference: Reference | None, options: ScorerOptions
) -> tuple[Decoder, Decoder | None]:
    """Return both in the form that suits both: they are asked about the same positions."""
    policy = settled(loaded, Decoder(loaded.model, loaded.device), options.say)
    if reference is None:
        return policy, None
    theirs = Decoder(reference.loaded.model, loaded.device, switched=reference.switched)
    theirs = settled(reference.loaded, theirs, options.say)
    form = max(policy.form, theirs.form, key=FORMS.index)
    return replace(policy, form=form), replace(theirs, form=form)


SPEC = SCORERS.register(
    ScorerSpec(
        name="policy",
        title="Policy log-probabilities",
        description=(
            "Summed log-probabilities of each response under a causal language model and its "
            "reference: a second model, or the same one with its adapter switched off. Implicit, "
            "length-normalised and SimPO margins are made of them."
        ),
        limits=(
            "The numbers are the model's, not the truth: a policy tuned on these labels repeats "
            "them. A truncated response counts as far as it was read, and is marked. Prompts are "
            "computed once for all their responses; equal to a plain forward to rounding."
        ),
        paper="Rafailov et al. 2023, arXiv:2305.18290; Meng et al. 2024, arXiv:2405.14734",
        columns={
            "policy_logps": "log-probability under the policy, summed over response tokens, nats",
            "ref_logps": "the same under the reference",
            "klsum": "with --kl: KL(policy, reference) summed over response positions, nats",
            "policy_mixp_logps": "with --kl: as policy_logps, of logits (1+e) f − e f_ref",
            "policy_mixm_logps": "with --kl: as policy_logps, of logits (1−e) f + e f_ref",
            "policy_token_logps": "with --tokens: per response token, nats",
            "ref_token_logps": "with --tokens: the same under the reference",
            "token_ends": "with --tokens: where each token ends in the response, characters",
            "n_tokens": "response tokens",
            "truncated": "the response or its prompt was cut to the model's length",
        },
        takes=(
            "model",
            "revision",
            "reference",
            "device",
            "dtype",
            "template",
            "kl",
            "tokens",
            "trust_remote_code_at",
        ),
        required=("model",),
        parameters=(LONGEST, BATCH, _MIX),
        open=open_policy,
    )
)
