"""Turns to the text that a model reads: with its chat template, or as plain text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.errors import ScoreError
from core.scorers.places import gist
from core.scorers.turns import Row, Turns, plain_prompt, plain_response

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_DAY = date(2024, 7, 26)
"""Llama's own default where a template is not told the date."""
_DATE = (
    "{% macro strftime_now(form) %}{{ form"
    + "".join(f"|replace('%{c}', '{_DAY.strftime('%' + c)}')" for c in "aAbBcdejmuUwWxyY")
    + "|replace('%H', '00')|replace('%M', '00')|replace('%S', '00') }}{% endmacro %}{{ '' }}"
)
"""Takes the place of the function that gives templates the time of the day they are rendered on."""
_ROLES = frozenset({"user", "assistant", "system", "developer", "tool", "function"})
_PROBE: tuple[Turns, Turns] = (
    [{"role": "user", "content": "Question7"}],
    [{"role": "assistant", "content": "Answer8"}],
)


class Refused(Exception):
    """A conversation that the template does not take; its text says why."""


class Rendering(Protocol):
    """How turns become text."""

    hash: str | None
    """SHA-256 of the template; None for plain text, to which the tokenizer itself adds BOS."""
    eos: str
    """Closes a whole text that has no template to close it."""

    def render(self, prompt: Turns, response: Turns | None) -> str:
        """Return the whole without `eos`, or the prompt open for an answer; raise Refused."""
        ...

    def check(self) -> None:
        """Raise ScoreError when not even one question with one answer can be rendered."""
        ...


def read_template(file: Path | None) -> str | None:
    """Return the template of `--template`; raise ScoreError when it cannot be read."""
    if file is None:
        return None
    try:
        return file.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ScoreError(f"The chat template {file} cannot be read: {gist(error)}.") from error


def rendering_of(
    tokenizer: PreTrainedTokenizerFast, template: str | None, say: Callable[[str], None]
) -> Rendering:
    """Return the given template, the tokenizer's own, or plain text, which is then said."""
    found = template if template is not None else _own(tokenizer)
    if found is not None:
        return Templated(tokenizer, found, say)
    name = tokenizer.name_or_path or "The tokenizer"
    say(
        f"{name} has no chat template: prompt and response are joined as plain text. "
        "Give one with --template FILE."
    )
    return Plain(tokenizer.eos_token)


def _own(tokenizer: PreTrainedTokenizerFast) -> str | None:
    if not tokenizer.chat_template:
        return None
    try:
        return str(tokenizer.get_chat_template())
    except ValueError as error:
        said = f"{tokenizer.name_or_path} has several chat templates, none of them the default."
        raise ScoreError(said, "Give one with --template FILE.") from error


class Plain:
    """Prompt and response one after the other, closed with EOS, as TRL's standard format."""

    def __init__(self, eos: str | None) -> None:
        self.hash: str | None = None
        self.eos = eos or ""

    def render(self, prompt: Turns, response: Turns | None) -> str:
        """Return the texts joined; an EOS string at the very end is the EOS that is added."""
        if response is None:
            return plain_prompt(prompt)
        return plain_prompt(prompt) + plain_response(response).removesuffix(self.eos)

    def check(self) -> None:
        """Do nothing: plain text refuses nobody."""


class Templated:
    """A chat template, rendered as the library does it."""

    eos = ""

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, template: str, say: Callable[[str], None]
    ) -> None:
        self._apply: Callable[..., Any] = tokenizer.apply_chat_template
        self._name = tokenizer.name_or_path or "the model"
        self._template = template
        self.hash: str | None = sha256(template.encode()).hexdigest()
        if "strftime_now" in template:
            self._template = _DATE + template
            say(f"The chat template writes the date: always {_DAY}, so that numbers repeat.")
        self._parts = self._takes_parts()

    def _takes_parts(self) -> bool:
        """Return whether contents must be lists of parts: templates of pictures drop plain text."""
        from jinja2 import TemplateSyntaxError

        dropped = False
        for self._parts in (False, True):
            try:
                rendered = self.render(*_PROBE)
            except Refused as error:
                if isinstance(error.__cause__, TemplateSyntaxError):
                    raise self._broken(error) from error
            else:
                if all(str(turn["content"]) in rendered for turns in _PROBE for turn in turns):
                    return self._parts
                dropped = True
        if dropped:
            raise self._broken(Refused("it leaves out what is said"))
        return False

    def render(self, prompt: Turns, response: Turns | None) -> str:
        """Return the conversation, or the prompt with the opening of an answer."""
        turns = prompt if response is None else prompt + response
        try:
            found = self._apply(
                list(map(_in_parts, turns)) if self._parts else turns,
                chat_template=self._template,
                tokenize=False,
                add_generation_prompt=response is None,
            )
        except Exception as error:  # a template can fail in any way that an expression can
            raise Refused(gist(error)) from error
        return str(found)

    def check(self) -> None:
        """Raise ScoreError when not even one question with one answer can be rendered."""
        try:
            self.render(*_PROBE)
        except Refused as error:
            raise self._broken(error) from error

    def _broken(self, error: Refused) -> ScoreError:
        said = f"The chat template of {self._name} fails: {error}."
        return ScoreError(said, "Give another with --template FILE.")


def _in_parts(turn: dict[str, object]) -> dict[str, object]:
    content = turn.get("content")
    if not isinstance(content, str):
        return turn
    return {**turn, "content": [{"type": "text", "text": content}]}


def forged(row: Row, within: Callable[[str], bool]) -> str | None:
    """Return a role that a template could join into a control token, as '<|' + role + '|>'."""
    roles = {str(turn.get("role")) for turn in (*row.prompt, *row.response)} - _ROLES
    return next((role for role in sorted(roles) if within(role)), None)
