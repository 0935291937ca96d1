"""The one place that emits HTML: conversations and answers, letter for letter.

Every text is escaped, cut to a limit with a notice, and its invisible characters are made visible.
Attributes hold constants, places in a picture, and the picture's own words, escaped. Nothing here
links, loads or runs anything.
"""

from __future__ import annotations

import html
import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.views.results import Share, Turn
from pages.components import codeblocks, style
from pages.components.worddiff import Diff, Piece, diff
from pages.components.words import interval, percent, visible

SHORT = 6_000
"""Characters of one text that are shown at first."""
LONG = 400_000
"""Characters of one text that a page can show; the rest is in the export."""
TALL = 900
"""Characters of a conversation above which a bounded one may need to scroll; a turn's name and
edges take as much room as TURN of them."""
TURN = 200

MOST_SIGNS = 2_000
"""Signs of one text that get a colour of their own; a browser is slow with more elements."""

STEPS = 4
"""Depths of colour on either side of 0."""

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


@dataclass(frozen=True)
class Meter:
    """A share in [0, 1] as a bar and a number; None is an en dash."""

    share: float | None


@dataclass(frozen=True)
class Row:
    """One line of a table; the first cell is its name."""

    cells: tuple[str | Meter, ...]
    hint: str = ""
    """Shown where the mouse rests on the name."""


@dataclass(frozen=True)
class Table:
    """A small table under its title."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    quiet: bool = False
    """The heads are for screen readers alone: the columns speak for themselves."""


@dataclass(frozen=True)
class Heat:
    """A stretch of an answer and its number; None is not coloured."""

    text: str
    value: float | None


def text_of(turns: tuple[Turn, ...]) -> str:
    """Return one text: the content, with roles where there is more than one turn."""
    if len(turns) == 1:
        return turns[0].content
    return "\n\n".join(f"{turn.role}:\n{turn.content}" for turn in turns)


def turns(
    conversation: tuple[Turn, ...],
    terms: frozenset[str],
    limit: int = SHORT,
    bounded: bool = False,
) -> None:
    """Show a conversation turn by turn; `bounded` a long one in a box that scrolls.

    Of several turns such a box shows the last one first: it is what the answers are to.
    """
    boxes = [
        f'<div class="as-box as-turn"><b>{html.escape(visible(turn.role))}</b>'
        f'<div class="as-text" dir="auto">{_body(_uncut(turn.content[:limit]), terms)}</div></div>'
        for turn in conversation
    ]
    drawn = "".join(boxes)
    if bounded and sum(TURN + len(turn.content) for turn in conversation) > TALL:
        drawn = _bounded(drawn, last_first=len(conversation) > 1)
    st.html(style.TEXTS + drawn)
    _notice([len(turn.content) for turn in conversation], limit)


def _bounded(drawn: str, last_first: bool) -> str:
    kind = "as-bounded as-last" if last_first else "as-bounded"
    region = 'role="region" aria-label="Prompt" tabindex="0"'
    return f'<div class="{kind}" {region}><div>{drawn}</div></div>'


def controls() -> None:
    """Make Streamlit's own controls readable; nothing of the data is in it."""
    st.html(style.CONTROLS)


def sides(
    first: Side, second: Side, terms: frozenset[str], compare: bool = True, limit: int = SHORT
) -> None:
    """Show two answers side by side, what only one of them says underlined."""
    texts = first.text[:limit], second.text[:limit]
    found = diff(*texts) if compare else Diff(_uncut(texts[0]), _uncut(texts[1]), "word")
    st.html(
        f'{style.TEXTS}<div class="as-sides">{_box("as-first", first, found.first, terms)}'
        f"{_box('as-second', second, found.second, terms)}</div>"
    )
    _notice([len(first.text), len(second.text)], limit)
    if found.unit in _NOTICES:
        st.caption(_NOTICES[found.unit])


def tables(
    found: Sequence[Table], legend: Sequence[tuple[str, str]] = (), wide: bool = False
) -> None:
    """Show small tables beside one another as there is room, and terms with what they say.

    `wide` gives each table the whole line.
    """
    kind = "as-tables as-wide" if wide else "as-tables"
    terms = "".join(f"<dt>{_words(name)}</dt><dd>{_words(said)}</dd>" for name, said in legend)
    folded = f"<details><summary>What they say</summary><dl>{terms}</dl></details>" * bool(terms)
    drawn = "".join(map(_table, found))
    st.html(f'{style.TABLES}<div class="{kind}">{drawn}</div>{folded}')


def heat(first: tuple[Side, Sequence[Heat]], second: tuple[Side, Sequence[Heat]]) -> None:
    """Show two answers, each stretch in the colour and the line of its number's sign and size."""
    sizes = [abs(h.value) for _, heats in (first, second) for h in heats if h.value is not None]
    # One extreme token must not leave all others pale.
    full = max(sorted(sizes)[int(0.95 * (len(sizes) - 1))], 1e-9) if sizes else 1.0
    boxes = "".join(
        f'<div class="as-box {kind}"><b>{_words(side.title)}<i>{_words(side.note)}</i></b>'
        f'<div class="as-text as-heat" dir="auto">'
        f"{''.join(_heat(stretch, full) for stretch in heats)}</div></div>"
        for kind, (side, heats) in zip(("as-first", "as-second"), (first, second), strict=True)
    )
    st.html(f'{style.TEXTS}{style.HEAT}<div class="as-sides">{boxes}</div>')


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


def _heat(stretch: Heat, full: float) -> str:
    if stretch.value is None:
        return _words(stretch.text)
    level = min(STEPS, math.ceil(STEPS * abs(stretch.value) / full - 0.5))
    sign = (
        ("as-up" if stretch.value > 0 else "as-down") + f" as-{level}" if level > 0 else "as-even"
    )
    return f'<span class="{sign}" title="{stretch.value:+.3f}">{_words(stretch.text)}</span>'


def _table(table: Table) -> str:
    heads = "".join(f'<th scope="col">{_words(head)}</th>' for head in table.heads)
    rows = "".join(
        f'<tr><th scope="row" title="{_words(row.hint)}">{_cell(row.cells[0])}</th>'
        + "".join(f"<td>{_cell(cell)}</td>" for cell in row.cells[1:])
        + "</tr>"
        for row in table.rows
    )
    quiet = ' class="as-quiet"' if table.quiet else ""
    return (
        f"<table><caption>{_words(table.title)}</caption>"
        f"<thead{quiet}><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _cell(cell: str | Meter) -> str:
    if isinstance(cell, str):
        return _words(cell)
    if cell.share is None:
        return "–"
    width = f"{100 * cell.share:.0f}"
    return f'<i class="as-meter"><b style="width:{width}%"></b></i> {width}'


def _words(text: str) -> str:
    return html.escape(visible(text))


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


def _uncut(text: str) -> tuple[Piece, ...]:
    return (Piece(text, False),)


def _box(kind: str, side: Side, pieces: tuple[Piece, ...], terms: frozenset[str]) -> str:
    body = _body(pieces, terms)
    note = f"<i>{html.escape(visible(side.note))}</i>" if side.note else ""
    return (
        f'<div class="as-box {kind}"><b>{html.escape(side.title)}{note}</b>'
        f'<div class="as-text" dir="auto">{body or "<i>(empty)</i>"}</div></div>'
    )


def _body(pieces: tuple[Piece, ...], terms: frozenset[str]) -> str:
    """Return a text with what changed underlined, and its blocks of code set apart."""
    text = "".join(piece.text for piece in pieces)
    if not text:
        return ""
    left, made = codeblocks.MOST_SPANS, []
    for region in codeblocks.regions(text):
        spans = codeblocks.spans(text, region, left) if region.code and left else ()
        left -= len(spans)
        inner = _pieces(text, region, pieces, spans, terms)
        made.append(f'<div class="as-code">{inner}</div>' if region.code else inner)
    return "".join(made)


def _pieces(
    text: str,
    region: codeblocks.Region,
    pieces: tuple[Piece, ...],
    spans: tuple[codeblocks.Span, ...],
    terms: frozenset[str],
) -> str:
    """Return the part of each piece that stands in a region."""
    made, at = [], 0
    for piece in pieces:
        start, end = max(at, region.start), min(at + len(piece.text), region.end)
        at += len(piece.text)
        if start < end:
            inner = _signs(text, start, end, spans, terms)
            made.append(f"<ins>{inner}</ins>" if piece.changed else inner)
    return "".join(made)


def _signs(
    text: str,
    start: int,
    end: int,
    spans: tuple[codeblocks.Span, ...],
    terms: frozenset[str],
) -> str:
    """Return a stretch with the signs of code in their own looks."""
    made = []
    first = bisect_right(spans, start, key=lambda span: span.end)
    for span in spans[first:]:
        if span.start >= end:
            break
        here, there = max(span.start, start), min(span.end, end)
        made.append(_marked(text[start:here], terms))
        made.append(f'<span class="as-{span.kind}">{_marked(text[here:there], terms)}</span>')
        start = there
    return "".join(made) + _marked(text[start:end], terms)


def _marked(text: str, terms: frozenset[str]) -> str:
    """Escape, show what is invisible, and mark the searched words."""
    shown, signs = html.escape(visible(text)), 0
    if len(_ESCAPED.findall(shown)) <= MOST_SIGNS:
        shown = _ESCAPED.sub(lambda found: f"<code>{found[0]}</code>", shown)
    if not terms:
        return shown
    words = "|".join(map(_wanted, sorted(terms, key=len, reverse=True)))
    pattern = re.compile(rf"(<[^>]*>|&#?\w+;)|({words})", re.IGNORECASE)

    def mark(found: re.Match[str]) -> str:
        nonlocal signs
        signs += found[2] is not None
        return found[0] if found[1] or signs > MOST_SIGNS else f"<mark>{found[0]}</mark>"

    return pattern.sub(mark, shown)


def _wanted(term: str) -> str:
    """Return the pattern of a searched word, of the words that `fu*` begins, or of any text.

    A word ends where it ends; a text that begins or ends with a sign has no such end.
    """
    text = html.escape(term.removesuffix("*") if len(term) > 1 else term)
    start = r"\b" if re.match(r"\w", text) else ""
    if term.endswith("*") and len(term) > 1:
        return rf"{start}{re.escape(text)}\w*"
    return start + re.escape(text) + (r"\b" if re.search(r"\w$", text) else "")


def _notice(lengths: list[int], limit: int) -> None:
    longest = max(lengths, default=0)
    if longest > limit:
        st.caption(f"Shown: the first {limit:,} of {longest:,} characters of the longest text.")
