"""Where the judge is asked: an address without secrets in it, and a key that nothing shows."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from core.errors import UsageError

KEYS = ("ASSAY_JUDGE_KEY", "OPENAI_API_KEY")
"""Environment variables that hold the key; the first that is set counts, also when it is empty."""
_HINT = "Give the base address of the API, such as http://localhost:8000/v1."
_SHOWN_CHARS = 200
_KEY_CHARS = 8
"""A shorter key is a word like EMPTY that a local server wants; answers may hold it as well."""


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible API."""

    address: str
    """Base URL without user, query or final slash."""
    key: str = field(repr=False)
    """Empty where none is set."""

    @property
    def parts(self) -> SplitResult:
        """Return the pieces of the address."""
        return urlsplit(self.address)

    @property
    def open_to_readers(self) -> bool:
        """Whether the key would travel unencrypted over a network."""
        return bool(self.key) and self.parts.scheme == "http" and not _is_here(self.parts.hostname)

    def shown(self, text: str) -> str:
        """Return the start of what the endpoint said, on one line and without the key."""
        text = self.without_key(text)[: 10 * _SHOWN_CHARS]
        line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return line if len(line) <= _SHOWN_CHARS else line[: _SHOWN_CHARS - 1] + "…"

    def without_key(self, text: str) -> str:
        """Return a text of the endpoint, which may repeat the key that it was sent."""
        return text.replace(self.key, "[key]") if len(self.key) >= _KEY_CHARS else text


def find_endpoint(given: str) -> Endpoint:
    """Return the endpoint; raise UsageError, which repeats nothing of an address with secrets."""
    given = given.strip()
    if any(sign in given for sign in "@?#"):
        raise UsageError(
            "The --endpoint holds more than an address: a user, a password or a query.",
            f"Leave it out; the key is read from the environment, {' or '.join(KEYS)}.",
        )
    if not _is_address(given):
        raise UsageError("The --endpoint is no http or https address.", _HINT)
    parts = urlsplit(given)
    return Endpoint(f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}", _key())


def _is_address(given: str) -> bool:
    import httpx2

    try:
        parts, host = urlsplit(given), httpx2.URL(given).host
        known = parts.scheme in ("http", "https") and bool(host) and parts.port != 0
        return known and given.isascii() and given.isprintable() and " " not in given
    except (ValueError, httpx2.InvalidURL):
        return False


def _key() -> str:
    name = next((name for name in KEYS if name in os.environ), KEYS[0])
    key = os.environ.get(name, "").strip()
    # The library would quote such a key in its error.
    if not key.isascii() or not key.isprintable():
        raise UsageError(f"The key in {name} holds characters that no key has.", "Set it again.")
    return key


def _is_here(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
