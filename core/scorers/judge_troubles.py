"""What ends a run of the judge, as sentences: no text of the data, no key, and what can be done."""

from __future__ import annotations

from core.errors import ScoreError
from core.scorers.judge_endpoint import KEYS, Endpoint

_AGAIN = "Run the same command again to go on: what is scored is kept."


def failing(endpoint: Endpoint, model: str, status: int, said: str) -> ScoreError:
    """Return the error for a status that asking about other pairs would meet as well."""
    where = f"The endpoint {endpoint.address}"
    quoted = f" It said: {endpoint.shown(said)}" if said else ""
    if status in (401, 403):
        return ScoreError(f"{where} refuses the key.", f"Set {' or '.join(KEYS)}.{quoted}")
    if status == 404:
        return ScoreError(
            f"{where} has no chat model named {model!r}.",
            f"Correct --model, or --endpoint: an address usually ends in /v1.{quoted}",
        )
    if status == 429:
        return ScoreError(
            f"{where} still asks for a pause.", f"Lower --set parallel. {_AGAIN}{quoted}"
        )
    if 300 <= status < 400:
        return ScoreError(f"{where} points elsewhere.", "Give the address that it points to.")
    return ScoreError(f"{where} fails with status {status}.", f"{_AGAIN}{quoted}")


def unreachable(endpoint: Endpoint) -> ScoreError:
    """Return the error for an endpoint where nobody listens or the connection breaks."""
    return ScoreError(
        f"The endpoint {endpoint.address} cannot be reached.",
        f"Start it, or correct --endpoint. {_AGAIN}",
    )


def too_slow(endpoint: Endpoint, seconds: float) -> ScoreError:
    """Return the error for an endpoint that keeps silent."""
    return ScoreError(
        f"The endpoint {endpoint.address} gave no answer within {seconds:g} seconds.",
        f"Raise --set timeout_seconds or lower --set parallel. {_AGAIN}",
    )


def no_chat(endpoint: Endpoint, said: str) -> ScoreError:
    """Return the error for an endpoint that answers something else than a chat."""
    return ScoreError(
        f"The endpoint {endpoint.address} does not answer as a chat endpoint.",
        f"An address usually ends in /v1. It said: {endpoint.shown(said)}",
    )


def no_winner(endpoint: Endpoint, answers: int, one: str) -> ScoreError:
    """Return the error for a judge whose first answers cannot be read."""
    return ScoreError(
        f"The first {answers} answers of {endpoint.address} name no winner.",
        "Choose another --model, or with --template an instruction that it follows. One answer "
        f"begins: {endpoint.shown(one)}",
    )
