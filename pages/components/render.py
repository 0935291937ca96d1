"""The one place that emits HTML: conversations and answers, letter for letter.

Every text is escaped, cut to a limit with a notice, and its invisible characters are made visible.
Attributes hold constants only. Nothing here links, loads or runs anything.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import streamlit as st

from core.views.results import Turn
from pages.components.worddiff import Diff, Piece, diff
from pages.components.words import visible

SHORT = 6_000
"""Characters of one text that are shown at first."""
LONG = 400_000
"""Characters of one text that a page can show; the rest is in the export."""

MOST_SIGNS = 2_000
"""Signs of one text that get a colour of their own; a browser is slow with more elements."""

_ESCAPED = re.compile(r"‹(?:U\+[0-9A-F]{4,6}|\+\d+ marks|× \d+)›")
_NOTICES = {
    "line": "Too long to compare word by word: whole lines that differ are marked.",
    "none": "Too long to compare: nothing is marked.",
    "apart": "These answers share few words in the same order: nothing is marked.",
}
_STYLE = """<style>
.as-sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));gap:1rem}
.as-box{border:1px solid rgba(128,140,152,.35);border-radius:6px;min-width:0}
.as-box>b{display:flex;gap:.6rem;align-items:baseline;padding:.45rem .9rem;font-weight:600;
font-size:.87rem;border-bottom:1px solid rgba(128,140,152,.25)}
.as-box>b>i{font-style:normal;font-weight:400;opacity:.72;overflow-wrap:anywhere}
.as-first{border-top:3px solid #2f7fc1}.as-second{border-top:3px solid #c9772b}
.as-turn{margin-bottom:.6rem;border-left:3px solid rgba(128,140,152,.45)}
.as-text{padding:.7rem .9rem;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.55;
unicode-bidi:isolate;max-width:62rem}
.as-first ins{text-decoration:underline 1px #2f7fc1;background:rgba(47,127,193,.16);
border-radius:2px}
.as-second ins{text-decoration:underline 2px dotted #c9772b;background:rgba(201,119,43,.17);
border-radius:2px}
.as-text ins{text-underline-offset:3px}
.as-text mark{background:rgba(240,196,25,.45);color:inherit;border-radius:2px;padding:0 1px}
.as-text code{font-size:.8em;padding:0 .2em;border-radius:3px;background:rgba(214,69,69,.18);
color:inherit}
</style>"""


@dataclass(frozen=True)
class Side:
    """One answer as it is shown."""

    title: str
    note: str
    text: str


def text_of(turns: tuple[Turn, ...]) -> str:
    """Return one text: the content, with roles where there is more than one turn."""
    if len(turns) == 1:
        return turns[0].content
    return "\n\n".join(f"{turn.role}:\n{turn.content}" for turn in turns)


def turns(conversation: tuple[Turn, ...], terms: frozenset[str], limit: int = SHORT) -> None:
    """Show a conversation turn by turn."""
    boxes = [
        f'<div class="as-box as-turn"><b>{html.escape(visible(turn.role))}</b>'
        f'<div class="as-text" dir="auto">{_marked(turn.content[:limit], terms)}</div></div>'
        for turn in conversation
    ]
    st.html(_STYLE + "".join(boxes))
    _notice([len(turn.content) for turn in conversation], limit)


def sides(
    first: Side, second: Side, terms: frozenset[str], compare: bool = True, limit: int = SHORT
) -> None:
    """Show two answers side by side, what only one of them says underlined."""
    texts = first.text[:limit], second.text[:limit]
    found = diff(*texts) if compare else _uncompared(*texts)
    st.html(
        f'{_STYLE}<div class="as-sides">{_box("as-first", first, found.first, terms)}'
        f"{_box('as-second', second, found.second, terms)}</div>"
    )
    _notice([len(first.text), len(second.text)], limit)
    if found.unit in _NOTICES:
        st.caption(_NOTICES[found.unit])


def _uncompared(first: str, second: str) -> Diff:
    return Diff((Piece(first, False),), (Piece(second, False),), "word")


def _box(kind: str, side: Side, pieces: tuple[Piece, ...], terms: frozenset[str]) -> str:
    body = "".join(
        f"<ins>{_marked(p.text, terms)}</ins>" if p.changed else _marked(p.text, terms)
        for p in pieces
    )
    note = f"<i>{html.escape(visible(side.note))}</i>" if side.note else ""
    return (
        f'<div class="as-box {kind}"><b>{html.escape(side.title)}{note}</b>'
        f'<div class="as-text" dir="auto">{body or "<i>(empty)</i>"}</div></div>'
    )


def _marked(text: str, terms: frozenset[str]) -> str:
    """Escape, show what is invisible, and mark the searched words."""
    shown, signs = html.escape(visible(text)), 0
    if len(_ESCAPED.findall(shown)) <= MOST_SIGNS:
        shown = _ESCAPED.sub(lambda found: f"<code>{found[0]}</code>", shown)
    if not terms:
        return shown
    words = "|".join(re.escape(html.escape(term)) for term in sorted(terms, key=len, reverse=True))
    pattern = re.compile(rf"(<[^>]*>|&#?\w+;)|\b({words})\b", re.IGNORECASE)

    def mark(found: re.Match[str]) -> str:
        nonlocal signs
        signs += found[2] is not None
        return found[0] if found[1] or signs > MOST_SIGNS else f"<mark>{found[0]}</mark>"

    return pattern.sub(mark, shown)


def _notice(lengths: list[int], limit: int) -> None:
    longest = max(lengths, default=0)
    if longest > limit:
        st.caption(f"Shown: the first {limit:,} of {longest:,} characters of the longest text.")
