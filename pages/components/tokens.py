"""Both answers token by token: where the policy says more, or less, than its reference."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from core.views.results import PairDetail
from core.views.tokens import Token, TokenPair, Tokens, token_pair
from pages.components import cached, render
from pages.components.render import Heat, Side
from pages.components.words import number, plain, visible

COLOURED = 1_500
"""Tokens of one answer that get a colour; a browser is slow with more. The table has all."""
_NAMELESS = "·"
"""Stands for a token without letters of its own."""
_WORDS = (
    "Log-ratio of policy and reference per token, in nats. Blue with a solid line: likelier "
    "to the policy than to the reference. Red with a dotted line: less likely. Deeper is "
    "more. A dot in the middle is a token without letters of its own, such as the end of the text."
)


def show(detail: PairDetail, runs: tuple[str, ...]) -> None:
    """Draw the answers in tokens of one of `runs`, and the same as a table on request."""
    run = runs[0]
    if len(runs) > 1:
        run = st.segmented_control(
            "Run", runs, default=run, required=True, key="reader_token_run", format_func=plain
        )
    found = cached.ask_large(token_pair, detail.row_id, run)
    if found is None:
        st.info(f"The run {plain(run)} has no tokens of these answers.")
        return
    names = ("First", "Second") if detail.tie_kind else ("Chosen", "Rejected")
    if _has_reference(found):
        sides = tuple(zip(names, (found.chosen, found.rejected), strict=True))
        render.heat(*((Side(name, _sum(of), ""), _heats(of)) for name, of in sides))
        st.caption(_WORDS)
        _cut(found)
    else:
        st.info(f"The run {plain(run)} has no reference, so there is no ratio; see the table.")
    opened = st.expander("As a table", key="reader_token_table", on_change="rerun", type="compact")
    if opened.open:
        with opened:
            st.dataframe(_table(found, names), hide_index=True, alt=_WORDS, placeholder="–")


def _has_reference(found: TokenPair) -> bool:
    return any(of is not None and of.ratio is not None for of in (found.chosen, found.rejected))


def _sum(of: Tokens | None) -> str:
    if of is None:
        return "not scored"
    said = f"{len(of.tokens):,} tokens, sum {number(of.ratio)} nats"
    return said if of.placed else f"{said}; their letters are the template's"


def _heats(of: Tokens | None) -> list[Heat]:
    if of is None:
        return []
    made = [Heat(_letters(token), token.ratio) for token in of.tokens[:COLOURED]]
    beyond = "".join(token.text for token in of.tokens[COLOURED:])
    return [*made, Heat((beyond + of.rest)[: render.SHORT], None)]


def _letters(token: Token) -> str:
    return token.text or _NAMELESS


def _cut(found: TokenPair) -> None:
    sides = [of for of in (found.chosen, found.rejected) if of is not None]
    if any(len(of.tokens) > COLOURED for of in sides):
        st.caption(f"The first {COLOURED:,} tokens are coloured; the table has more.")
    elif any(of.rest.strip() for of in sides):
        st.caption("What stands without colour at the end was cut off before the model read it.")


def _table(found: TokenPair, names: tuple[str, str]) -> pa.Table:
    sides = zip(names, (found.chosen, found.rejected), strict=True)
    rows = [
        (name, place + 1, visible(_letters(token)), token.policy, token.reference, token.ratio)
        for name, of in sides
        for place, token in enumerate(of.tokens if of else ())
    ]
    heads = ("Answer", "Place", "Token", "Policy", "Reference", "Log-ratio")
    columns = zip(*rows, strict=True) if rows else [()] * len(heads)
    return pa.table(dict(zip(heads, map(list, columns), strict=True)))
