"""Names of makers and models are hidden, at one length; people and animals keep theirs."""

import pytest

from core.views.masking import MASK, mask, names_one

HIDDEN = {
    "I am Claude, made by Anthropic.": f"I am {MASK}, made by {MASK}.",
    "As ChatGPT, I cannot do that": f"As {MASK}, I cannot do that",
    "my name is Gemini 1.5.": f"my name is {MASK}.",
    "I'm a Llama, trained by Meta": f"I'm a {MASK}, trained by {MASK}",
    "gpt-4o mini and GPT-3.5-turbo": f"{MASK} and {MASK}",
    "Claude 3.5 Sonnet": MASK,
    "OPENAI": MASK,
    "Mistral-7B-Instruct-v0.2": MASK,
}
KEPT = (
    "Claude Monet painted it, says Google.",
    "A llama, an alpaca and a koala.",
    "She is a Gemini.",
    "the bard of Avon",
    "to cohere, to grok",
    "egpt and openaire",
    "",
)


@pytest.mark.parametrize("text", HIDDEN)
def test_names_are_hidden(text: str) -> None:
    assert mask(text) == HIDDEN[text]
    assert names_one(text)


@pytest.mark.parametrize("text", KEPT)
def test_words_stay(text: str) -> None:
    assert mask(text) == text
    assert not names_one(text)


def test_what_is_hidden_has_one_length() -> None:
    assert len({mask(f"I am {name}.") for name in ("Claude", "ChatGPT", "Qwen 2.5", "xAI")}) == 1


def test_models_of_the_store_are_hidden_where_they_are_no_words() -> None:
    names = ("acme/owl-7b", "the", "a", "owl", "x" * 5, "(.*)-1")
    assert mask("owl-7b says the owl; (.*)-1", names) == f"{MASK} says the owl; {MASK}"
    assert mask("acme/owl-7b", names) == MASK
    assert mask("xxxxx the a", names) == "xxxxx the a"


def test_masking_twice_is_masking_once() -> None:
    once = mask("I am Claude 3 by Anthropic")
    assert mask(once) == once
    assert not names_one(once)


def test_a_long_text_is_searched_in_one_pass() -> None:
    assert mask("I am as a " * 40_000).count(MASK) == 0
