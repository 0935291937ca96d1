"""The one place that emits HTML: conversations and answers, letter for letter.

Every text is escaped, cut to a limit with a notice, and its invisible characters are made visible.
Attributes hold constants, places in a picture, and the picture's own words, escaped. Nothing here
links, loads or runs anything.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.views.results import Share, Turn
from pages.components import style
from pages.components.worddiff import Diff, Piece, diff
from pages.components.words import interval, percent, visible

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


@dataclass(frozen=True)
class Side:
    """One answer as it is shown."""

    title: str
    note: str
    text: str


@dataclass(frozen=True)
class Line:
    """One line of a picture: a name, and a share of each kind."""

    name: str
    shares: tuple[Share, ...]


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
    st.html(style.TEXTS + "".join(boxes))
    _notice([len(turn.content) for turn in conversation], limit)


def sides(
    first: Side, second: Side, terms: frozenset[str], compare: bool = True, limit: int = SHORT
) -> None:
    """Show two answers side by side, what only one of them says underlined."""
    texts = first.text[:limit], second.text[:limit]
    found = diff(*texts) if compare else _uncompared(*texts)
    st.html(
        f'{style.TEXTS}<div class="as-sides">{_box("as-first", first, found.first, terms)}'
        f"{_box('as-second', second, found.second, terms)}</div>"
    )
    _notice([len(first.text), len(second.text)], limit)
    if found.unit in _NOTICES:
        st.caption(_NOTICES[found.unit])


def picture(kinds: Sequence[str], lines: Sequence[Line], words: str, most: float = 1.0) -> None:
    """Draw shares up to `most` and their intervals, a line for each name; dashed is the middle."""
    heads = "".join(
        f'<div class="as-head as-value"><span class="as-sign as-{place}"></span>'
        f"{html.escape(kind)}</div>"
        for place, kind in enumerate(kinds)
    )
    ticks = "".join(
        f'<span class="as-tick" style="left:{_left(tick)}">{100 * most * tick:.0f}\u00a0%</span>'
        for tick in (0.0, 0.5, 1.0)
    )
    drawn = "".join(_line(line, most) for line in lines)
    st.html(
        f'{style.PICTURE}<div class="as-picture" role="img" style="grid-template-columns:'
        f'minmax(6rem,max-content) minmax(7rem,1fr) repeat({len(kinds)},auto)" '
        f'aria-label="{html.escape(visible(words))}"><div class="as-head"></div>'
        f'<div class="as-head as-plot">{ticks}</div>{heads}{drawn}</div>'
    )


def _line(line: Line, most: float) -> str:
    signs = "".join(
        f'<span class="as-range as-{place}" style="top:{_top(place, line)};'
        f"left:{_left(share.low / most)};"
        f'right:calc(100% - {_left(share.high / most)})"></span>'
        f'<span class="as-sign as-{place}" style="top:{_top(place, line)};'
        f'left:{_left(share.value / most)}"></span>'
        for place, share in enumerate(line.shares)
        if share.value is not None and share.low is not None and share.high is not None
    )
    values = "".join(
        f'<div class="as-value">{percent(share.value)}<i>{interval(share)}</i></div>'
        for share in line.shares
    )
    return (
        f'<div class="as-name">{html.escape(visible(line.name))}</div>'
        f'<div class="as-plot"><span class="as-half"></span>{signs}</div>{values}'
    )


def _top(place: int, line: Line) -> str:
    """Return the height at which a kind stands on its line."""
    return f"{14 + 72 * (place + 0.5) / len(line.shares):.0f}%"


def _left(share: float) -> str:
    """Return a share's place; signs at both ends stay inside."""
    return f"{4 + 92 * share:.2f}%"


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
