"""A chat endpoint on loopback that answers as a test wants, and remembers what it was asked."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from core.errors import ScoreError
from core.schema import JUDGE_COLUMNS, ScoringPlan
from core.scorers.judge import SPEC
from core.scorers.spec import ScorerOptions

PAIR = ("What is 2+2?", "It is four.", "Five")
_TAG = re.compile(r"<(prompt|response-A|response-B)-([0-9a-f]{16})>\n(.*?)\n</\1-\2>", re.S)


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Mapping[str, object]

    @property
    def instruction(self) -> str:
        """What the system turn says."""
        turns = self.body["messages"]
        return turns[0]["content"] if turns[0]["role"] == "system" else ""

    @property
    def message(self) -> str:
        """What the user turn says."""
        return self.body["messages"][-1]["content"]

    @property
    def mark(self) -> str:
        """The mark of the question."""
        return _TAG.search(self.message)[2]

    def text(self, name: str) -> str:
        """What stands between the tags of `prompt`, `response-A` or `response-B`."""
        return {tag: text for tag, _, text in _TAG.findall(self.message)}[name]

    @property
    def outside(self) -> str:
        """The message without what stands between tags."""
        return _TAG.sub("", self.message)


@dataclass(frozen=True)
class Reply:
    """One answer; `status` 0 breaks the connection."""

    status: int = 200
    body: object = None
    """Sent as JSON, or as it is when it is bytes."""
    headers: Mapping[str, str] = field(default_factory=dict)


def chat(
    content: object, usage: object = (100, 20), finish: str = "stop", **message: object
) -> Reply:
    """Return a chat completion; `usage` is (prompt, answer) tokens, or what stands in its place."""
    if isinstance(usage, tuple):
        usage = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
    turn = {"role": "assistant", "content": content, **message}
    choice = {"index": 0, "finish_reason": finish, "message": turn}
    return Reply(body={"object": "chat.completion", "choices": [choice], "usage": usage})


def refusal(status: int, message: str, **headers: str) -> Reply:
    """Return an error as these servers send it."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"error": {"message": message, "type": "error"}}, names)


def verdict(letter: str, reason: str = "It is better.", **more: object) -> Reply:
    """Return the answer of a well-behaved judge."""
    return chat(json.dumps({"reason": reason, "verdict": letter}), **more)


def longer_wins(asked: Asked) -> Reply:
    """Prefer the longer response, whichever letter it has; a question without texts is a tie."""
    if not _TAG.search(asked.message):
        return verdict("tie")
    a, b = len(asked.text("response-A")), len(asked.text("response-B"))
    return verdict("tie" if a == b else "A" if a > b else "B", f"{a} to {b} characters.")


def first(*replies: Reply) -> Callable[[Asked], Reply]:
    """Return a judge that begins with these replies and is well from then on."""
    coming = list(replies)
    return lambda asked: coming.pop(0) if coming else longer_wins(asked)


class JudgeEndpoint:
    """The server: `asked` are all requests in order of arrival, `peak` the most at one time."""

    def __init__(self, judge: Callable[[Asked], Reply] = longer_wins) -> None:
        self.judge = judge
        self.asked: list[Asked] = []
        self.peak = 0
        self.stopped = threading.Event()
        self._now = 0
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    @contextmanager
    def running(self) -> Iterator[JudgeEndpoint]:
        """Serve until the block ends; judges that wait on `stopped` are let go."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self.stopped.set()
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def reply(self, asked: Asked) -> Reply:
        """Count and answer a request."""
        with self._lock:
            self.asked.append(asked)
            self._now += 1
            self.peak = max(self.peak, self._now)
        try:
            return self.judge(asked)
        finally:
            with self._lock:
                self._now -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about clients that went away."""


def _handler(endpoint: JudgeEndpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(self.rfile.read(length))
            self._send(endpoint.reply(Asked(self.path, headers, body)))

        def _send(self, reply: Reply) -> None:
            self.close_connection = True
            if not reply.status:
                return
            raw = isinstance(reply.body, bytes)
            data = reply.body if raw else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "text/html" if raw else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Connection", "close")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


def judge_rows(pairs: Sequence[tuple[object, object, object]]) -> pa.Table:
    """Return JUDGE_COLUMNS of (prompt, first, second), each a text or a list of turns.

    Pair i has id i + 1, its responses have 10·(i + 1) + 1 and 10·(i + 1) + 2.
    """
    rows = []
    for i, texts in enumerate(pairs, 1):
        row = {"pair_id": i, "first_id": 10 * i + 1, "second_id": 10 * i + 2}
        for name, said in zip(("prompt", "first", "second"), texts, strict=True):
            turns = None if isinstance(said, str) else json.dumps(said)
            row |= {f"{name}_text": said if turns is None else None, f"{name}_messages": turns}
        rows.append(row)
    return pa.Table.from_pylist(rows, JUDGE_COLUMNS)


def open_judge(url: str, *, template: Path | None = None, seed: int = 42, **given: float) -> Any:
    """Return the scorer at that address; `said` of it collects its sentences."""
    said: list[str] = []
    options = ScorerOptions(
        model="judge-model",
        endpoint=url,
        template=template,
        seed=seed,
        parameters=SPEC.settled({"retries": 0, **given}),
        say=said.append,
    )
    nothing = np.empty(0, np.int64)
    plan = ScoringPlan(nothing, nothing, nothing, read=lambda ids: judge_rows([]))
    judge = SPEC.open(options, plan)
    judge.said = said
    return judge


def judged(judge: Any, pairs: Sequence[tuple[object, object, object]]) -> list[dict[str, Any]]:
    """Return the rows for pairs, sorted by pair_id."""
    tables = list(judge.score(judge.prepare(judge_rows(pairs))))
    return pa.concat_tables(tables).sort_by("pair_id").to_pylist()


def fails(endpoint: JudgeEndpoint, pairs: int = 1, **given: float) -> ScoreError:
    """Return the error that ends the run."""
    with pytest.raises(ScoreError) as caught:
        judged(open_judge(endpoint.url, **given), [PAIR] * pairs)
    return caught.value
