"""What made a run's numbers, in plain words; names and notes come from files and may be hostile."""

from __future__ import annotations

import json
from collections.abc import Mapping

import streamlit as st

from core.schema import RunInfo
from core.scorers.spec import SCORERS
from core.store.parts import GIVEN
from core.views.results import ScoredRun
from core.views.signals import EXPLICIT
from pages.components.runtable import speed
from pages.components.words import percent, plain

HASH_CHARS = 16
_CHARS = 600
"""Of one fact."""


def show(run: ScoredRun) -> None:
    """Show every fact of `run.json`, and name those that it does not tell."""
    info, facts = run.info, {**_facts(run.info), "Evidence": _evidence(run)}
    st.table(
        {f"**{name}**": plain(text, _CHARS) for name, text in facts.items() if text},
        border="horizontal",
        alt="What made this run",
    )
    unknown = [name.lower() for name, text in facts.items() if not text]
    if unknown:
        st.caption(f"None, or not recorded: {', '.join(unknown)}.")
    for note in info.notes:
        st.markdown(f"- {plain(note, _CHARS)}")


def _facts(info: RunInfo) -> Mapping[str, str]:
    settings = {name: value for name, value in info.parameters.items() if name != GIVEN}
    return {
        "Run": f"{info.run_id}, {_state(info)}",
        "Scorer": _scorer(info),
        "Model": _model(info.model, info.revision),
        "Reference": _model(info.reference, info.reference_revision),
        "Number type": info.dtype or "",
        "Device": info.device or "",
        "Chat template": _hash(info.chat_template_hash),
        "Tokenizer": _hash(info.tokenizer_hash),
        "Scored": f"{info.responses:,} {_unit(info)}",
        "Truncated": _part(info, info.truncated, "cut to the model's context"),
        "Failed": _part(info, info.failed, "without a number"),
        "Work": _work(info),
        "Settings": _listed(settings),
        "Asked for": _listed(info.parameters.get(GIVEN)),
        "Versions": _listed(info.versions),
    }


def _evidence(run: ScoredRun) -> str:
    if run.info.leaks_label:
        return "its numbers move with the label under test: kept out of suspicion and noise"
    if (run.column or "").startswith(EXPLICIT):
        return "it speaks in suspicion and in the estimates of noise"
    return "it says nothing in suspicion, which asks rewards only"


def _state(info: RunInfo) -> str:
    return "whole" if info.state == "done" else "not finished"


def _scorer(info: RunInfo) -> str:
    known = info.scorer in SCORERS.names()
    return f"{SCORERS.get(info.scorer).title} ({info.scorer})" if known else info.scorer


def _unit(info: RunInfo) -> str:
    known = info.scorer in SCORERS.names()
    return "pairs" if known and SCORERS.get(info.scorer).of_pairs else "responses"


def _model(name: str | None, revision: str | None) -> str:
    if not name:
        return ""
    return f"{name}, revision {revision}" if revision else f"{name}, revision not recorded"


def _hash(digits: str | None) -> str:
    return f"hash {digits[:HASH_CHARS]}" if digits else ""


def _part(info: RunInfo, n: int | None, words: str) -> str:
    if n is None:
        return ""
    share = f" ({percent(n / info.responses)})" if info.responses else ""
    return f"{n:,}{share} {words}"


def _work(info: RunInfo) -> str:
    if info.seconds is None:
        return ""
    tokens = f"{info.tokens:,} tokens in " if info.tokens is not None else ""
    rate = speed(info)
    return f"{tokens}{info.seconds:,.1f} s" + (f", {rate:,.0f} tokens/s" if rate else "")


def _listed(values: object) -> str:
    """Return `name value` of each entry that is set; nothing for what is no table."""
    entries = sorted(values.items()) if isinstance(values, Mapping) else []
    return "; ".join(
        f"{name} {_value(value)}" for name, value in entries if value not in ({}, None)
    )


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
