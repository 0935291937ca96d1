"""What a policy run says of each token of both answers of a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.store.instance import Store

TOKENS = 4_000
"""Tokens of one answer that are returned."""
_NEEDED = frozenset({"policy_token_logps", "token_ends"})


@dataclass(frozen=True)
class Token:
    """One token of an answer."""

    text: str
    """Its letters; empty where it has none of its own, as the end of the text."""
    policy: float
    """Log-probability, nats."""
    reference: float | None

    @property
    def ratio(self) -> float | None:
        """Return log policy − log reference, nats; None without a reference."""
        return None if self.reference is None else self.policy - self.reference


@dataclass(frozen=True)
class Tokens:
    """One answer in tokens."""

    tokens: tuple[Token, ...]
    rest: str
    """What follows: cut off before the model read it, or beyond `TOKENS`."""
    placed: bool
    """The letters of the tokens are known: of several turns they are the template's."""

    @property
    def ratio(self) -> float | None:
        """Return the sum over the tokens, nats; None without a reference."""
        known = [ratio for token in self.tokens if (ratio := token.ratio) is not None]
        return sum(known) if known else None


@dataclass(frozen=True)
class TokenPair:
    """Both answers; None for one that the run has no tokens of."""

    run_id: str
    chosen: Tokens | None
    rejected: Tokens | None


def token_runs(store: Store) -> tuple[str, ...]:
    """Return the runs that were made with tokens."""
    return tuple(run for run in store.parts if store.run_columns(run) >= _NEEDED)


def token_pair(store: Store, row_id: int, run_id: str) -> TokenPair | None:
    """Return the tokens of both answers of a row, None where the run has none of them."""
    pairs = store.query("browse_pair", {"row_id": row_id}).to_pylist()
    if not pairs or run_id not in token_runs(store):
        return None
    ids = {name: pairs[0][name] for name in ("chosen_id", "rejected_id")}
    texts = {r["response_id"]: r["text"] for r in _all(store, "browse_responses", ids)}
    asked = {"run_id": run_id, **ids}
    known = {r["response_id"]: r for r in _all(store, "browse_tokens", asked)}
    chosen, rejected = (
        _tokens(known[i], texts.get(i)) if _whole(known.get(i)) else None for i in ids.values()
    )
    return TokenPair(run_id, chosen, rejected) if chosen or rejected else None


def _whole(record: dict[str, Any] | None) -> bool:
    """Return whether there is a number for every token: what a person made may lack some."""
    if not record or not record["policy_token_logps"] or not record["token_ends"]:
        return False
    n = len(record["token_ends"])
    return n == len(record["policy_token_logps"]) and (
        record["ref_token_logps"] is None or n == len(record["ref_token_logps"])
    )


def _tokens(record: dict[str, Any], text: str | None) -> Tokens:
    policy = record["policy_token_logps"][:TOKENS]
    reference = record["ref_token_logps"] or [None] * len(policy)
    made, at = [], 0
    for logp, theirs, end in zip(policy, reference, record["token_ends"], strict=False):
        end = max(at, end)
        made.append(Token((text or "")[at:end], logp, theirs))
        at = end
    return Tokens(tuple(made), (text or "")[at:], text is not None)


def _all(store: Store, statement: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    return list(store.query(statement, params).to_pylist())
