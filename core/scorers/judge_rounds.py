"""One shard of questions: both orders of every pair, a bounded number at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.scorers.judge_answers import kept, read_answer
from core.scorers.judge_client import Client, Settings, reach
from core.scorers.judge_endpoint import Endpoint
from core.scorers.judge_form import Form
from core.scorers.judge_replies import Heard
from core.scorers.judge_texts import Question
from core.scorers.judge_troubles import no_winner

FIRST_ANSWERS = 20
"""When none of a shard's first answers can be read, it is not the pairs that are at fault."""
_FEWEST_ANSWERS = 8
"""The same for all answers of a small shard, as long as none could be read before."""

Row = dict[str, object]


@dataclass(frozen=True)
class _Said:
    """One answer: first, second or tie, None when it cannot be read."""

    verdict: str | None
    reason: str
    heard: Heard


@dataclass(frozen=True)
class Asking:
    """Whom a scorer asks, and how."""

    endpoint: Endpoint
    form: Form
    settings: Settings


class Rounds:
    """Asks questions and watches how the answers go."""

    def __init__(self, asking: Asking, questions: list[Question], understood: bool) -> None:
        self._asking, self._questions = asking, questions
        everything = max(_FEWEST_ANSWERS, 2 * len(questions))
        self._patience = FIRST_ANSWERS if understood else min(FIRST_ANSWERS, everything)
        self._unread = 0
        self.understood = False
        """Whether an answer could be read."""

    def rows(self) -> Iterator[list[Row]]:
        """Yield the pairs that were answered since the last time; raise ScoreError to end it."""
        with _loop() as run:
            client = run(self._opened())
            tasks = run(self._started(client))
            waiting = tasks
            try:
                while waiting:
                    wait = asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                    done, waiting = run(wait)
                    yield [task.result() for task in done]
            finally:
                run(_ended(tasks, client))

    async def _opened(self) -> Client:
        if self._questions and not self._asking.form.proven:
            await reach(self._asking.endpoint)
        return Client(self._asking.endpoint, self._asking.form, self._asking.settings)

    async def _started(self, client: Client) -> set[asyncio.Task[Row]]:
        gate = asyncio.Semaphore(self._asking.settings.parallel)
        asked = (self._row(question, client, gate) for question in self._questions)
        return {asyncio.create_task(row) for row in asked}

    async def _row(self, question: Question, client: Client, gate: asyncio.Semaphore) -> Row:
        async def said(swapped: bool) -> _Said:
            async with gate:
                heard = await client.ask(question.message(swapped))
            return self._watched(_read(heard, swapped))

        first, second = await asyncio.gather(said(False), said(True))
        agreed = first.verdict if first.verdict == second.verdict else None
        winner = {"first": question.first_id, "second": question.second_id}
        return {
            "pair_id": question.pair_id,
            "winner_id": winner.get(agreed or ""),
            "first_order": first.verdict,
            "second_order": second.verdict,
            "reason_first": first.reason,
            "reason_second": second.reason,
            "prompt_tokens": _sum(first.heard.prompt_tokens, second.heard.prompt_tokens),
            "answer_tokens": _sum(first.heard.answer_tokens, second.heard.answer_tokens),
            "truncated": question.truncated,
        }

    def _watched(self, said: _Said) -> _Said:
        if said.verdict:
            self.understood = True
        elif not said.heard.blocked:
            self._unread += 1
        if not self.understood and self._unread >= self._patience:
            raise no_winner(self._asking.endpoint, self._patience, said.reason)
        return said


@contextmanager
def _loop() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Yield what runs a coroutine to its end; beside a loop that runs already (a notebook's)."""
    runner = asyncio.Runner()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        with runner:
            yield runner.run
        return
    with ThreadPoolExecutor(max_workers=1) as pool:
        try:
            yield lambda coming: pool.submit(runner.run, coming).result()
        finally:
            pool.submit(runner.close).result()


async def _ended(tasks: set[asyncio.Task[Row]], client: Client) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await client.close()


def _read(heard: Heard, swapped: bool) -> _Said:
    """Name the response behind a letter: A is the first one unless swapped."""
    if heard.refused:
        return _Said(None, kept(heard.text), heard)
    verdict = read_answer(heard.text)
    named = {"A": "second", "B": "first"} if swapped else {"A": "first", "B": "second"}
    return _Said({**named, "tie": "tie"}.get(verdict.letter or ""), verdict.reason, heard)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
