"""Asks the endpoint through the openai package: nobody else is asked, nothing else is sent."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.scorers.judge_endpoint import Endpoint
from core.scorers.judge_form import Form
from core.scorers.judge_replies import (
    Heard,
    choice_of,
    parsed_of,
    said_of,
    text_of,
    tokens_of,
)
from core.scorers.judge_troubles import failing, no_chat, too_slow, unreachable

if TYPE_CHECKING:
    from httpx2 import Request, Response
    from openai import AsyncOpenAI

_CONNECT_SECONDS = 10.0
_BLOCKED = re.compile(r"content[ _](filter|management|policy)", re.I)


@dataclass(frozen=True)
class Settings:
    """How hard the endpoint is asked."""

    parallel: int
    retries: int
    timeout_seconds: float


class Client:
    """One event loop's connections to the endpoint."""

    def __init__(self, endpoint: Endpoint, form: Form, settings: Settings) -> None:
        self._endpoint, self._form, self._settings = endpoint, form, settings
        self._client = _connect(endpoint, settings)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def ask(self, message: str) -> Heard:
        """Return what the judge says; raise ScoreError when asking others makes no sense."""
        from openai import APIConnectionError, APIStatusError, APITimeoutError

        while True:
            sent = self._form.left_out
            try:
                return self._heard(await self._post(message))
            # None of these is named as the cause: a server's words may hold the key.
            except APIStatusError as error:
                said = self._endpoint.without_key(said_of(error))
                if error.status_code in (400, 422) and self._form.gives_way(sent, said):
                    continue
                return await self._refused(error.status_code, said)
            except APITimeoutError:
                raise too_slow(self._endpoint, self._settings.timeout_seconds) from None
            except APIConnectionError:
                raise unreachable(self._endpoint) from None

    async def _post(self, message: str) -> Response:
        import httpx2

        body = self._form.body(message)
        return await self._client.post("chat/completions", body=body, cast_to=httpx2.Response)

    async def _refused(self, status: int, said: str) -> Heard:
        """Return a refusal that is the pair's fault; a server may also fail on one text only."""
        if status in (400, 413, 422) or (status == 500 and await self._is_alive()):
            text = f"The endpoint refused with status {status}: {said}"
            return Heard(text, 0, 0, refused=True, blocked=bool(_BLOCKED.search(said)))
        raise failing(self._endpoint, self._form.model, status, said) from None

    async def _is_alive(self) -> bool:
        from openai import APIError

        try:
            await self._post("Answer with the word tie.")
        except APIError:
            return False
        return True

    def _heard(self, response: Response) -> Heard:
        body = parsed_of(response.content)
        choice = choice_of(body)
        if choice is None and not self._form.proven:
            raise no_chat(self._endpoint, response.text)
        if choice is None:
            said = self._endpoint.shown(response.text)
            return Heard(f"The endpoint gave no chat answer: {said}", None, None, refused=True)
        self._form.proven = True
        ended, text = choice.get("finish_reason"), text_of(choice["message"])
        return Heard(
            self._endpoint.without_key(text) or f"An empty answer (finish reason {ended}).",
            tokens_of(body, "prompt_tokens"),
            tokens_of(body, "completion_tokens"),
            refused=not text,
            blocked=ended == "content_filter",
        )


async def reach(endpoint: Endpoint) -> None:
    """Raise ScoreError at once where nobody listens; later in a run a restart is waited for."""
    parts = endpoint.parts
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, port)
            writer.close()
            await writer.wait_closed()
    except (OSError, UnicodeError) as error:
        raise unreachable(endpoint) from error


def _connect(endpoint: Endpoint, settings: Settings) -> AsyncOpenAI:
    import httpx2
    from openai import AsyncOpenAI

    key = endpoint.key or "none"  # local servers want no key, the library wants one

    async def plain(request: Request) -> None:
        # The library adds what its own variables say and what machine this is; the last word is
        # here. No Accept-Encoding: a small answer need not unpack into a large one.
        request.headers = httpx2.Headers(
            {
                "Host": request.url.netloc.decode("ascii"),
                "Authorization": f"Bearer {key}",
                "Accept": "application/json",
                "Content-Type": "application/json",
                "Content-Length": str(len(request.content)),
                "User-Agent": "assay",
            }
        )

    http = httpx2.AsyncClient(
        trust_env=False,  # no proxies: what is asked goes to the endpoint or nowhere
        follow_redirects=False,
        verify=httpx2.create_ssl_context(),
        limits=httpx2.Limits(max_connections=settings.parallel),
        event_hooks={"request": [plain]},
    )
    return AsyncOpenAI(
        api_key=key,
        base_url=endpoint.address,
        max_retries=settings.retries,
        timeout=httpx2.Timeout(settings.timeout_seconds, connect=_CONNECT_SECONDS),
        http_client=http,
    )
