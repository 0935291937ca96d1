"""What the reader emits: no tag, attribute or style of the data, and every letter of it."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.views.results import Turn
from pages.components import codeblocks, render
from pages.components.render import Heat, Meter, Row, Side, Table
from pages.components.words import visible
from tests.pages.hostile import CORPUS

TAGS = {"style", "div", "b", "i", "ins", "mark", "code", "span", "table", "caption", "thead",
        "tbody", "tr", "th", "td", "details", "summary", "dl", "dt", "dd"}  # fmt: skip
BOX = {"role": {"region"}, "aria-label": {"Prompt"}, "tabindex": {"0"}}
ATTRIBUTES = {"class", "dir", "title", "scope", "style", *BOX}
CLASS = re.compile(r"as-[a-z0-9-]+( as-[a-z0-9-]+)*")
STYLE = re.compile(r"width:\d{1,3}%")
LONG = 300_000


class Emitted(HTMLParser):
    """Collects tags, attributes and text of what was emitted."""

    def __init__(self, pages: list[str]) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, set[str]] = {}
        self.text = ""
        for page in pages:
            self.feed(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")

    def handle_data(self, data) -> None:
        self.text += data


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the renderer hands to the page as HTML."""
    pages: list[str] = []
    monkeypatch.setattr("pages.components.render.st.html", pages.append)
    monkeypatch.setattr("pages.components.render.st.caption", lambda text: None)
    return pages


def harmless(pages: list[str]) -> Emitted:
    found = Emitted(pages)
    assert found.tags <= TAGS
    assert set(found.attributes) <= ATTRIBUTES
    assert all(found.attributes.get(name, said) == said for name, said in BOX.items())
    assert all(CLASS.fullmatch(value) for value in found.attributes.get("class", ()))
    assert all(STYLE.fullmatch(value) for value in found.attributes.get("style", ()))
    return found


def test_the_corpus_is_worth_its_name() -> None:
    assert len(set(CORPUS)) == len(CORPUS) > 100


@pytest.mark.parametrize("text", CORPUS)
def test_texts_are_letters(emitted: list[str], text: str) -> None:
    terms = frozenset({"script", "as", "span", "amp", "lt", text[:6]})
    render.turns((Turn(text, text),), terms)
    assert visible(text) in harmless(emitted).text.replace("\r\n", "\n")


@pytest.mark.parametrize("text", CORPUS)
def test_a_bounded_conversation_is_letters_in_a_box_that_keys_reach(
    emitted: list[str], text: str
) -> None:
    render.turns((Turn("user", text), *[Turn("user", "more")] * 5), frozenset(), bounded=True)
    found = harmless(emitted)
    assert visible(text) in found.text.replace("\r\n", "\n")
    assert BOX.items() <= found.attributes.items()
    assert "as-bounded as-last" in found.attributes["class"]


def test_only_a_long_conversation_is_bounded_and_one_turn_begins_at_its_top(
    emitted: list[str],
) -> None:
    render.turns((Turn("user", "short"),), frozenset(), bounded=True)
    render.turns((Turn("user", "long " * 400),), frozenset())
    assert "tabindex" not in harmless(emitted).attributes
    render.turns((Turn("user", "long " * 400),), frozenset(), bounded=True)
    assert "as-bounded" in harmless(emitted).attributes["class"]


@pytest.mark.parametrize("text", CORPUS)
def test_answers_are_letters_with_differences_and_searched_words(
    emitted: list[str], text: str
) -> None:
    other = text.replace("x", "y", 1) + " and more"
    for compare in (True, False):
        render.sides(Side(text, text, text), Side("b", "", other), frozenset({"img"}), compare)
    harmless(emitted)


@pytest.mark.parametrize("text", CORPUS)
def test_tokens_and_tables_are_letters(emitted: list[str], text: str) -> None:
    heats = [Heat(text[i : i + 3], (i % 5 - 2) / 2) for i in range(0, min(len(text), 60), 3)]
    render.heat((Side(text, text, ""), heats), (Side("b", text, ""), [Heat(text, None)]))
    row = Row((text, text, Meter(0.5), Meter(None)), hint=text)
    render.tables([Table(text, (text, "b", "c", "d"), (row,))], [(text, text)])
    found = harmless(emitted)
    assert visible(text) in found.attributes["title"]


@given(st.text(alphabet="a\"'`{}[]<&#\\\n/*~ 1:", max_size=80))
def test_code_is_found_without_losing_a_letter(text: str) -> None:
    regions = codeblocks.regions(text)
    assert "".join(text[r.start : r.end] for r in regions) == text
    for region in regions:
        at = region.start
        for span in codeblocks.spans(text, region):
            assert at <= span.start < span.end <= region.end
            at = span.end
    shown = render._body(render._uncut(text), frozenset())
    assert html.unescape(re.sub(r"<[^>]*>", "", shown)) == visible(text)


def test_a_block_of_code_has_its_signs_and_prose_has_none(emitted: list[str]) -> None:
    code = 'say "hi"\n```python\ndef f(x):  # why\n    return "a" + 3\n```\nthen return "b"'
    render.turns((Turn("user", code),), frozenset({"why"}))
    page = emitted[0]
    assert page.count('<div class="as-code">') == 1
    assert page.count('class="as-keyword"') == 2
    assert page.count('class="as-string"') == 1
    assert '<span class="as-comment"># <mark>why</mark></span>' in page
    assert '<span class="as-number">3</span>' in page


def test_a_tool_call_is_code_alone_and_between_turns() -> None:
    call = json.dumps([{"function": {"name": "f", "arguments": {"a": 1}}}], indent=2)
    assert [r.code for r in codeblocks.regions(call)] == [True]
    between = f"assistant:\nI look.\n\nassistant, tool_calls:\n{call}\n\ntool:\nfound"
    assert [r.code for r in codeblocks.regions(between)] == [False, True, False]
    assert [r.code for r in codeblocks.regions("[not json")] == [False]


def test_a_difference_inside_code_is_marked_there(emitted: list[str]) -> None:
    same = "one two three four five six seven eight\n"
    first, second = (f"{same}```\nx = {n}\n```\n{same}" for n in (1, 2))
    render.sides(Side("a", "", first), Side("b", "", second), frozenset())
    assert '<ins><span class="as-number">1</span>\n</ins>' in emitted[0]


@pytest.mark.parametrize(
    "piece", ['"\\', "'", "/*", '"""', "```\n", " #", "[\n", "{\n", "]\n", "~~~\n", "a ", '"a": 1,']
)
def test_long_hostile_code_has_few_elements(emitted: list[str], piece: str) -> None:
    text = "```\n" + piece * (LONG // len(piece))
    render.turns((Turn("user", text), Turn("user", text[4:])), frozenset(), LONG)
    assert emitted[0].count("<span") <= 2 * codeblocks.MOST_SPANS
    assert emitted[0].count("<div") <= 2 * (codeblocks.MOST_BLOCKS + codeblocks.MOST_JSON) + 10


def test_the_sign_of_a_token_is_not_only_colour(emitted: list[str]) -> None:
    heats = [Heat("up", 2.0), Heat("down", -0.5), Heat("even", 0.01), Heat("rest", None)]
    render.heat((Side("a", "", ""), heats), (Side("b", "", ""), []))
    assert '<span class="as-up as-4" title="+2.000">up</span>' in emitted[0]
    assert 'class="as-down as-' in emitted[0]
    assert '<span class="as-even" title="+0.010">even</span>rest' in emitted[0]
    for sign, line in (("up", "solid"), ("down", "dotted")):
        assert re.search(rf"\.as-{sign}{{text-decoration:underline 2px {line}", emitted[0])


def test_tokens_of_equal_or_no_ratio_give_a_picture(emitted: list[str]) -> None:
    for values in ([], [0.0, 0.0], [None], [1.0] * 3):
        heats = [Heat("x", value) for value in values]
        render.heat((Side("a", "", ""), heats), (Side("b", "", ""), []))
    assert len(emitted) == 4
