"""What a model may not bring along: pickles and code. Looked at before the library opens it."""

from __future__ import annotations

import re

from core.errors import ScoreError
from core.scorers.places import ADAPTER, ADAPTER_CONFIG, INDEX, WEIGHTS, Place

_COMMIT = re.compile(r"[0-9a-f]{40}")
_FLAG = "--trust-remote-code-at"
_CONVERT = (
    "Pickles are never opened, since they can run code. Convert a model that you trust once: "
    "load it with transformers and call save_pretrained(folder)."
)


def pinned(commit: str | None, revision: str | None) -> str | None:
    """Return the commit whose code may run; raise ScoreError when it names no single one."""
    if commit is None:
        return None
    if not _COMMIT.fullmatch(commit):
        raise ScoreError(
            f"{_FLAG} takes a full commit hash, not {commit!r}.",
            "40 hexadecimal digits: a branch or tag can change after you have read its code.",
        )
    if revision not in (None, commit):
        raise ScoreError(f"--revision {revision} and {_FLAG} {commit} are two revisions.")
    return commit


def check_code(place: Place, trusted: str | None) -> bool:
    """Return whether the model brings code that may run; raise ScoreError when it may not."""
    files = (place.json("config.json"), place.json("tokenizer_config.json"))
    maps = [found["auto_map"] for found in files if found.get("auto_map")]
    if not maps:
        return False
    if place.commit is None:
        raise ScoreError(
            f"The folder {place.name} asks to run code of its own (auto_map in its configuration), "
            "and a folder has no commit that could be pinned.",
            f"Name the model on the hub with {_FLAG} COMMIT; or, when transformers knows its "
            "architecture, remove auto_map from config.json and tokenizer_config.json.",
        )
    if trusted is None:
        raise ScoreError(
            f"{place.name} asks to run code of its own (auto_map in its configuration).",
            f"Read that code, then give {_FLAG} with the full commit hash that you read.",
        )
    if "--" in str(maps):
        raise ScoreError(f"The code of {place.name} lies in another repository: nothing pins it.")
    return True


def check_weights(place: Place) -> None:
    """Raise ScoreError unless the weights are safetensors, and nothing else would be opened."""
    missing = [name for name in place.weights() if not place.has(name)]
    if missing and place.weights() in ((WEIGHTS,), (ADAPTER,)):
        raise ScoreError(f"{place.name} has no {missing[0]}.", _CONVERT)
    if missing:
        raise ScoreError(f"{missing[0]} of {place.name} is missing, though {INDEX} names it.")
    named = place.json("config.json").get("transformers_weights")
    if named not in (None, WEIGHTS, INDEX):
        raise ScoreError(f"config.json of {place.name} names {named!r} as its weights.", _CONVERT)
    if place.has(ADAPTER_CONFIG) and place.has("config.json") and place.has(WEIGHTS):
        raise ScoreError(
            f"{place.name} holds a model and an adapter, and it cannot be told which is meant.",
            f"Put {ADAPTER_CONFIG} and its weights into a folder of their own.",
        )
