"""The registries as text: what a person must know before trusting a number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import streamlit as st

from core.curate.presets import PRESETS, Example, Need, PresetSpec
from core.errors import AssayError
from core.formats import FORMATS
from core.schema import SignalColumn
from core.scorers.spec import SCORERS
from core.signals.spec import SIGNALS, SignalSpec
from pages.components import cached
from pages.components.words import number, plain, prose


def signals() -> None:
    """Show every signal, and which of its columns this store has."""
    st.caption(
        "Chosen minus rejected, everywhere: a positive margin agrees with the label. "
        "Unknown is unknown, never 0."
    )
    stored, absent = _stored()
    for spec in SIGNALS:
        with st.container(border=True, gap="small"):
            st.markdown(f"#### {plain(spec.title)}  \n`{spec.name}` · {plain(spec.family)}")
            st.latex(spec.latex)
            _facts(_signal_facts(spec))
            _columns([c for c in stored if c.signal == spec.name], absent.get(spec.name, ""))


def _signal_facts(spec: SignalSpec) -> Mapping[str, str]:
    bounds = f"{_bound(spec.lower, '−∞')} to {_bound(spec.upper, '∞')}"
    return {
        "Direction": spec.direction,
        "Unit": f"{spec.unit}; {bounds}",
        "Needs": spec.needs,
        "Example": spec.example,
        "Limits": spec.limits,
        "Source": spec.paper,
        "Parameters": "; ".join(f"{p.title} ({p.default:g}): {p.help}" for p in spec.params),
    }


def _bound(value: float | None, infinite: str) -> str:
    return infinite if value is None else number(value)


def _stored() -> tuple[tuple[SignalColumn, ...], Mapping[str, str]]:
    try:
        store = cached.store()
    except AssayError:
        return (), {}
    return store.signal_columns, store.absent


def _columns(columns: Iterable[SignalColumn], why: str) -> None:
    rows = [
        {
            "Column": plain(column.name),
            "Rows": f"{column.n:,}",
            "Mean": number(column.mean),
            "Deviation": number(column.std),
            "Note": plain(column.note, 400),
        }
        for column in columns
    ]
    if not any(column["Note"] for column in rows):
        rows = [{k: v for k, v in column.items() if k != "Note"} for column in rows]
    if rows:
        st.table(rows, hide_index=True, border="horizontal", alt="Columns of this store")
    elif why:
        st.caption(f"Not in this store: {plain(why, 400)}")


def scorers() -> None:
    """Show every scorer."""
    for spec in SCORERS:
        with st.container(border=True, gap="small"):
            st.markdown(f"#### {plain(spec.title)}  \n`python -m core score {spec.name}`")
            settings = "; ".join(f"{p.name} ({p.default:g}): {p.help}" for p in spec.parameters)
            _facts(
                {
                    "What it does": spec.description,
                    "Limits": spec.limits,
                    "Source": spec.paper,
                    "Settings": settings,
                }
            )


def presets() -> None:
    """Show every preset of the export."""
    for spec in PRESETS:
        with st.container(border=True, gap="small"):
            st.markdown(f"#### {plain(spec.title)}  \n`--preset {spec.name}`")
            _facts(_preset_facts(spec))


def _preset_facts(spec: PresetSpec) -> Mapping[str, str]:
    needs = [_need(need) for need in spec.needs]
    needs += ["embeddings of the prompts"] * spec.vectors
    asked = [f"{name}: {what}" for name, what in spec.texts.items()]
    return {
        "Keeps": spec.description,
        "Formula": spec.formula,
        "Needs": "; ".join(needs),
        "Asks for": "; ".join(asked),
        "Parameters": "; ".join(f"{p.title} ({p.default:g}): {p.help}" for p in spec.params),
        "Example": _preset_example(spec.example),
        "Limits": spec.limits,
        "Source": spec.paper,
    }


def _need(need: Need) -> str:
    name = f"`{need.signal}`" if need.signal else "a column that you name"
    return f"{name} as {need.role}{', where there is one' if need.optional else ''}"


def _preset_example(example: Example) -> str:
    given = "; ".join(
        f"{role} {', '.join('unknown' if v is None else f'{v:.4g}' for v in values)}"
        for role, values in example.signals.items()
    )
    params = ", ".join(f"{name} {value:g}" for name, value in example.params.items())
    told = " with ".join(part for part in (given, params) if part)
    kept = ", ".join(str(place + 1) for place in example.places)
    return f"Of rows with {told}: keeps {kept}, in this order." if told else f"Keeps rows {kept}."


def formats() -> None:
    """Show every format that import understands, with a row of it."""
    for spec in FORMATS:
        with st.container(border=True, gap="small"):
            st.markdown(f"#### {plain(spec.title)}  \n`--format {spec.name}`")
            facts = {"Columns": spec.columns, "Label": spec.label_meaning, "Not read": spec.refusal}
            _facts(facts)
            example = json.dumps(spec.example, ensure_ascii=False)
            st.code(example, language="json", wrap_lines=True)


def _facts(facts: Mapping[str, str]) -> None:
    said = {f"**{name}**": prose(text) for name, text in facts.items() if text}
    st.table(said, border="horizontal")


PARTS = {"signals": signals, "scorers": scorers, "presets": presets, "formats": formats}
