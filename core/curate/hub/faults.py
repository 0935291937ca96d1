"""What can go wrong between here and a hub, each as one sentence and what to do; never a token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.errors import AssayError, ExportError

OFFLINE = "HF_HUB_OFFLINE is set, so the hub is not asked."
_SHOWN = 300
_RESET = re.compile(r";\s*t\s*=\s*(\d+)")
"""Of the header `ratelimit: "api";r=0;t=55`: seconds until one may ask again."""
_FEWEST = 6
"""Characters of a token, below which hiding it would only maim the sentence."""


class HubUnreachable(ExportError):
    """Nobody answered, or the connection broke."""


@dataclass(frozen=True)
class Act:
    """What is being done, for the sentences of its faults."""

    repo: str
    doing: str
    """Such as "read" or "push to"."""
    after: str = ""
    """What a break leaves behind; a sentence."""


@contextmanager
def hub_faults(act: Act) -> Iterator[None]:
    """Turn whatever the hub's client raises into ExportError."""
    try:
        yield
    except AssayError:
        raise
    except Exception as error:  # the client, its HTTP library and Xet have no common base
        told = _told(act, error)
        # A traceback, asked for with --debug, would show what a server sent back.
        if _secret() and _leaks(error):
            raise told from None
        raise told from error


def redacted(text: str) -> str:
    """Return `text` without the token, whoever put it there."""
    secret = _secret()
    return text.replace(secret, "[token]") if secret else text


def _secret() -> str:
    from huggingface_hub import get_token

    try:
        token = get_token() or ""
    except Exception:  # a login that cannot be renewed is told by the request that needs it
        return ""
    return token if len(token) >= _FEWEST else ""


def _leaks(error: BaseException | None) -> bool:
    while error is not None:
        if redacted(repr(error) + str(error)) != repr(error) + str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _told(act: Act, error: Exception) -> ExportError:
    import httpx2
    from huggingface_hub import errors

    root = _root(error)
    if isinstance(root, errors.OfflineModeIsEnabled):
        return HubUnreachable(OFFLINE, "Unset it and try again.")
    if isinstance(root, errors.GatedRepoError):
        return ExportError(
            f"{act.repo} is gated, and this token has no access to it.",
            "Ask for access on its page, or name another repository.",
        )
    if isinstance(root, errors.HfHubHTTPError):
        return _answered(act, root.response.status_code, _seconds(root), _said(root))
    if isinstance(root, errors.HFValidationError):
        return ExportError(f"{act.repo} is no name that a hub knows.", "Write org/name.")
    if isinstance(root, ValueError):
        return ExportError(f"The hub refuses what was sent: {_said(root)}.", act.after)
    if isinstance(root, httpx2.TransportError | OSError):
        return HubUnreachable(
            f"The connection to the hub broke ({_said(root)}).",
            f"{act.after} Try again when the network is back.".strip(),
        )
    return ExportError(f"The hub's client gave up: {_said(root)}.", act.after)


def _root(error: BaseException) -> BaseException:
    """Return what an upload failed of: the client wraps it."""
    while isinstance(error, RuntimeError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _answered(act: Act, status: int, seconds: str, said: str) -> ExportError:
    if status == 401:
        return ExportError(
            f"The hub does not accept the token, or {act.repo} does not exist.",
            "Set HF_TOKEN to a token that may write, or run hf auth login.",
        )
    if status == 403:
        return ExportError(
            f"This token may not {act.doing} {act.repo}.",
            "It needs the right to write there: make one on the hub's page of access tokens, or "
            "name a repository of your own.",
        )
    if status == 404:
        return ExportError(
            f"{act.repo} does not exist, or this token may not see it.", "Check the name."
        )
    if status == 429:
        return ExportError(
            f"The hub asks to slow down (429){seconds}.", f"{act.after} Try again later.".strip()
        )
    if status in (409, 412):
        return ExportError(f"{act.repo} changed meanwhile.", "Nothing was pushed; push again.")
    if status >= 500:
        return ExportError(
            f"The hub has a fault ({status}).", f"{act.after} Try again later.".strip()
        )
    return ExportError(f"The hub refuses to {act.doing} {act.repo}: {said}.", act.after)


def _seconds(error: object) -> str:
    headers = getattr(getattr(error, "response", None), "headers", {})
    found = _RESET.search(headers.get("ratelimit", ""))
    wait = found[1] if found else headers.get("retry-after", "")
    return f": wait {int(wait):,} seconds" if wait.isdigit() and len(wait) < 7 else ""


def _said(error: BaseException) -> str:
    """Return an exception's words as one line."""
    line = redacted(" ".join(str(error).split())).rstrip(". ") or type(error).__name__
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
