"""Texts from data on pages: escaped, visible, cut; diffs that join to the text and end in time."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.views.results import Share, Turn
from core.views.wilson import share
from pages.components import markdown, render
from pages.components.render import Side
from pages.components.worddiff import diff
from pages.components.words import number, plain, prose, visible

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "</div></style><iframe srcdoc='<script>alert(1)</script>'>",
    "<ins onclick=alert(1)>x</ins>&#x3C;script&#x3E;",
    "<style>*{display:none}</style>",
    "![x](http://192.0.2.1/a.png) [click](javascript:alert(1)) <http://192.0.2.1>",
    "text\u202egnihsif\u202c \u200b\u2066\x00\x1b[31m \ufeff \U000e0041",
    "{{7*7}} ${7*7} $$\\href{javascript:1}{x}$$ :red[no] :material/check: :smile:",
]
NUMBERED = "".join(f"in line {i} we say\n" for i in range(2000))
ALLOWED = {"style", "div", "b", "i", "ins", "mark", "code"}


class Tags(HTMLParser):
    """Collects tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.styles: set[str] = set()
        self.said: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.styles |= {value for name, value in attrs if name == "style"}
        self.said += [value for name, value in attrs if name == "aria-label"]


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the renderer hands to the page as HTML."""
    pages: list[str] = []
    monkeypatch.setattr("pages.components.render.st.html", pages.append)
    monkeypatch.setattr("pages.components.render.st.caption", lambda text: None)
    return pages


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_renderer_emits_no_tag_of_the_data(emitted: list[str], payload: str) -> None:
    terms = frozenset({"script", "mark", "lt", "amp", "class", payload[:5]})
    render.turns((Turn(payload, payload),), terms)
    render.sides(Side("Chosen", payload, payload), Side("Rejected", "", payload + " more"), terms)
    for page in emitted:
        tags = Tags()
        tags.feed(page)
        assert tags.seen <= ALLOWED
        assert tags.attributes <= {"class", "dir"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_picture_of_hostile_names_is_names(emitted: list[str], payload: str) -> None:
    shares = (share(3, 4), share(0, 0))
    render.picture((payload, "gold"), [render.Line(payload, shares)], payload)
    tags = Tags()
    tags.feed(emitted[0])
    assert tags.seen <= ALLOWED | {"span"}
    assert tags.attributes <= {"class", "style", "role", "aria-label"}
    columns = "grid-template-columns:minmax(6rem,max-content) minmax(7rem,1fr) repeat(2,auto)"
    ticks = {"left:4.00%", "left:50.00%", "left:96.00%"}
    assert tags.styles <= {columns, *ticks, *_places(shares[0])}
    assert tags.said == [visible(payload)]


def _places(share: Share) -> set[str]:
    low, value, high = (f"{4 + 92 * end:.2f}%" for end in (share.low, share.value, share.high))
    return {f"top:32%;left:{value}", f"top:32%;left:{low};right:calc(100% - {high})"}


def test_a_picture_draws_only_what_is_known(emitted: list[str]) -> None:
    render.picture(("labels", "gold"), [render.Line("alpha", (share(3, 4), share(0, 0)))], "words")
    assert "75.0\u00a0%<i>30.1–95.4</i>" in emitted[0]
    assert emitted[0].count('class="as-range') == 1
    assert '<div class="as-value">–<i></i></div>' in emitted[0]


def test_a_searched_word_is_marked_and_entities_are_not(emitted: list[str]) -> None:
    render.turns((Turn("user", "Fish & fishing: the FISH, amp"),), frozenset({"fish", "amp"}))
    assert emitted[0].count("<mark>") == 3
    assert "&amp;" in emitted[0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a‹U+202E›b"),
        ("zero\u200bwidth", "zero‹U+200B›width"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("dos\r\nline", "dos\nline"),
        ("\x00", "‹U+0000›"),
        ("a" + "\u202e" * 9, "a‹U+202E›‹× 9›"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("pass\u200dword", "pass‹U+200D›word"),
        ("e" + "\u0301" * 20, "é́́́".replace("é", "e\u0301") + "‹+16 marks›"),
    ],
)
def test_invisible_characters_are_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_plain_words_are_one_line_of_letters(text: str) -> None:
    shown = plain(text).replace(":small[]", "")
    assert "\n" not in shown
    assert all(shown[i - 1] == "\\" for i, c in enumerate(shown) if c in "*_[]<>`#$:")


@pytest.mark.parametrize("sign", ["<->", "->", "<-", "--", ">=", "<=", "~="])
def test_signs_that_streamlit_would_make_one_stay_as_they_are_typed(sign: str) -> None:
    apart = ":small[]".join(f"\\{letter}" for letter in sign)
    for shown in (plain, prose):
        assert shown(f"a {sign} 3") == f"a {apart} 3"
        assert shown(sign) == apart
        assert ":small[]" not in shown(f"a{sign}3 {sign}{sign}")
    assert prose(f"`a {sign} 3`") == f"`a {sign} 3`"


def test_our_own_prose_keeps_its_code() -> None:
    assert prose("use `a_b*` *now*") == "use `a_b*` \\*now\\*"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markdown_on_request_loads_nothing(payload: str) -> None:
    shown = markdown.harmless(f"`{payload}\n```\n{payload}")
    assert "![" not in shown
    assert "```mermaid" not in markdown.harmless("```mermaid\ngraph\n```")


@given(st.text(alphabet="ab \n.é", max_size=60), st.text(alphabet="ab \n.é", max_size=60))
def test_the_pieces_of_a_diff_are_the_texts(first: str, second: str) -> None:
    found = diff(first, second)
    assert "".join(piece.text for piece in found.first) == first
    assert "".join(piece.text for piece in found.second) == second


def test_a_diff_marks_the_words_that_differ() -> None:
    found = diff("the cat sat on the old mat today", "the cat sat on the new mat today")
    assert [p.text.strip() for p in found.first if p.changed] == ["old"]
    assert [p.text.strip() for p in found.second if p.changed] == ["new"]


@pytest.mark.parametrize(
    ("first", "second", "unit"),
    [
        ("one two three four", "one two three four", "word"),
        ("completely different words here", "nothing of it stands over there", "apart"),
        (NUMBERED, "first\n" + NUMBERED + "last", "line"),
        ("c\n" + "ab\n" * 3000, "ab\n" * 3000 + "c\n", "none"),
    ],
)
def test_a_diff_falls_back_when_words_are_too_many(first: str, second: str, unit: str) -> None:
    assert diff(first, second).unit == unit


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (3.0, "3"), (1234567.0, "1,234,567"), (0.12345, "0.123"), (-0.00012, "-0.00012")],
)
def test_numbers_are_short(value: float | None, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("term", "text", "marked"),
    [
        ("fun*", "fun, funny and unfunny", ["fun", "funny"]),
        ("c++ is", "I say C++ is old", ["C++ is"]),
        ("(a", "say (a) or a", ["(a"]),
        ("*", "2 * 3", ["*"]),
    ],
)
def test_prefixes_and_texts_with_signs_are_marked(
    emitted: list[str], term: str, text: str, marked: list[str]
) -> None:
    render.turns((Turn("user", text),), frozenset({term}))
    assert re.findall("<mark>(.*?)</mark>", emitted[0]) == marked
