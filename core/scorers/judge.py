"""A language model behind a chat endpoint says which response of a pair is better, asked twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

import pyarrow as pa

from core.errors import ScoreError
from core.registry import Param
from core.schema import Provenance, ScoringPlan
from core.scorers.judge_client import Settings
from core.scorers.judge_endpoint import Endpoint, find_endpoint
from core.scorers.judge_form import Form
from core.scorers.judge_rounds import FIRST_ANSWERS, Asking, Rounds, Row
from core.scorers.judge_texts import Question, instruction, questions
from core.scorers.spec import SCORERS, ScorerOptions, ScorerSpec

_SCHEMA = pa.schema(
    [
        ("pair_id", pa.int64()),
        ("winner_id", pa.int64()),
        ("first_order", pa.string()),
        ("second_order", pa.string()),
        ("reason_first", pa.string()),
        ("reason_second", pa.string()),
        ("prompt_tokens", pa.int32()),
        ("answer_tokens", pa.int32()),
        ("truncated", pa.bool_()),
    ]
)
_LASTING = ("max_answer_tokens", "max_chars", "price_in", "price_out")
"""Parameters that the run records: how fast and how patiently is asked may change on the way."""


class Judge:
    """An endpoint that was opened; the connections last as long as a shard."""

    shard_chars = 10_000_000
    shard_items = 64
    """Few, since a shard that is not whole is asked again."""

    def __init__(self, asking: Asking, numbers: Mapping[str, float], opened: Provenance) -> None:
        self.provenance = opened
        self._asking = asking
        self._max_chars = int(numbers["max_chars"])
        self._prices = numbers["price_in"], numbers["price_out"]
        self._understood = False

    def prepare(self, rows: pa.Table) -> list[Question]:
        """Return the questions of rows in JUDGE_COLUMNS."""
        return questions(rows, self._max_chars)

    def score(self, prepared: list[Question]) -> Iterator[pa.Table]:
        """Yield answered pairs as they come; raise ScoreError when the endpoint is at fault."""
        rounds = Rounds(self._asking, prepared, self._understood)
        for rows in rounds.rows():
            self._understood |= rounds.understood
            yield self._table(rows)

    def _table(self, rows: list[Row]) -> pa.Table:
        table = pa.Table.from_pylist(rows, schema=_SCHEMA)
        if not any(self._prices):
            return table
        tokens = (table[name].to_pylist() for name in ("prompt_tokens", "answer_tokens"))
        costs = [self._cost(read, written) for read, written in zip(*tokens, strict=True)]
        return table.append_column("cost", pa.array(costs, pa.float64()))

    def _cost(self, read: int | None, written: int | None) -> float | None:
        if read is None or written is None:
            return None
        return (read * self._prices[0] + written * self._prices[1]) / 1e6


def _open(options: ScorerOptions, plan: ScoringPlan) -> Judge:
    try:
        versions = {"openai": version("openai")}
    except PackageNotFoundError as error:
        raise ScoreError("The judge needs the package openai.", "Install it with pip.") from error
    endpoint = find_endpoint(options.endpoint or "")
    if endpoint.open_to_readers:
        options.say(f"The key travels unencrypted to {endpoint.address}.")
    numbers = options.parameters
    form = Form(
        model=options.model or "",
        instruction=instruction(options.template),
        seed=options.seed,
        max_tokens=int(numbers["max_answer_tokens"]),
        say=options.say,
    )
    settings = Settings(
        parallel=int(numbers["parallel"]),
        retries=int(numbers["retries"]),
        timeout_seconds=numbers["timeout_seconds"],
    )
    opened = _provenance(endpoint, form, numbers, versions)
    return Judge(Asking(endpoint, form, settings), numbers, opened)


def _provenance(
    endpoint: Endpoint, form: Form, numbers: Mapping[str, float], versions: Mapping[str, str]
) -> Provenance:
    return Provenance(
        model=form.model,
        chat_template_hash=hashlib.sha256(form.instruction.encode()).hexdigest(),
        parameters={
            "endpoint": endpoint.address,
            "temperature": 0,
            "seed": form.seed,
            **{name: numbers[name] for name in _LASTING},
        },
        versions=versions,
    )


SPEC = SCORERS.register(
    ScorerSpec(
        name="judge",
        title="Language model as judge",
        description=(
            "A chat model behind an OpenAI-compatible endpoint (vLLM, TGI or a hosted one) says "
            "which response is better and why. Each pair is asked twice, with either response as "
            "A; a response wins only when both answers name it. The key is read from "
            "ASSAY_JUDGE_KEY or OPENAI_API_KEY."
        ),
        limits=(
            "Judges favour length, confident style and text like their own, and a response may "
            "talk to them: texts stand between tags that they cannot close, which helps and does "
            "not cure. An answer that cannot be read or was refused is NULL with its start or the "
            "refusal as the reason. Temperature 0 does not make a served model repeat itself. "
            "Requests go to the endpoint directly: proxies and the variables of the openai "
            f"package are not followed. A run ends when a shard's first {FIRST_ANSWERS} answers "
            "name no winner."
        ),
        paper="Zheng et al. 2023, arXiv:2306.05685",
        columns={
            "winner_id": "Response that won in both orders; NULL when none did.",
            "first_order": "first, second or tie, said when the first response stood as A.",
            "second_order": "first, second or tie, said when the second response stood as A.",
            "reason_first": "Why, in the judge's words, where A is the first response.",
            "reason_second": "Why, in the judge's words, where A is the second response.",
            "prompt_tokens": "Tokens read for both orders, as the endpoint counts.",
            "answer_tokens": "Tokens written for both orders, as the endpoint counts.",
            "cost": "Price of both orders in the currency of price_in; only with prices.",
            "truncated": "Whether the middle of a text was left out (max_chars).",
        },
        takes=("model", "endpoint", "template"),
        required=("model", "endpoint"),
        parameters=(
            Param("parallel", "Questions at a time", 8, 1, 256, "Most that wait for an answer."),
            Param("retries", "Retries", 6, 0, 20, "Of a question, with pauses that grow."),
            Param("timeout_seconds", "Patience", 120.0, 0.1, 3600, "Seconds for one answer."),
            Param("max_answer_tokens", "Longest answer", 1024, 16, 65_536, "Tokens of an answer."),
            Param("max_chars", "Longest text", 24_000, 100, 10_000_000, "Characters of a text."),
            Param("price_in", "Price of reading", 0.0, 0, 1e6, "Of a million tokens; 0 unknown."),
            Param("price_out", "Price of writing", 0.0, 0, 1e6, "Of a million tokens; 0 unknown."),
        ),
        of_pairs=True,
        open=_open,
    )
)
