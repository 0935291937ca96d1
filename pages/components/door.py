"""The app behind its door: the page of a one-time link, and the cookie that it is changed for.

To look at a link does not use it up, since chat programs look at links to preview them; its button
does. The page's words are constants: nothing of the request, the store or the log is in it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from core.errors import AssayError
from core.relabel import invites
from core.relabel.log import Log, open_log
from core.relabel.people import People, listed
from core.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]
INSIDE = "/relabel"
"""Where a used link leads: the page that everybody has."""

_STYLE = """
:root { color-scheme: light dark; --ink: #0f1720; --paper: #fff; --edge: #d9dfe5; --go: #1f5f99; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9ee; --paper: #11161c; --edge: #2c3742; --go: #2f6fa8; } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
  background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 1rem; padding: 1.5rem 2rem; border: 1px solid var(--edge);
  border-radius: 6px; }
h1 { font-size: 1.3rem; margin: 0 0 .5rem; }
button { font: inherit; font-weight: 600; padding: .5rem 1.25rem; color: #fff;
  background: var(--go); border: 0; border-radius: 6px; cursor: pointer; }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
"""
_FRAME = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    f'<link rel="icon" href="data:,"><title>Assay</title><style>{_STYLE}</style></head>'
    "<body><main><h1>Assay</h1>%s</main></body></html>"
)
_OPEN = (
    "<p>This link lets you in once, in this browser.</p>"
    '<form method="post"><button autofocus>Come in</button></form>'
)
_GONE = "<p>This link no longer lets anybody in. Ask the lead of the project for a new one.</p>"
_UNKNOWN = "<p>There is no such link. Ask the lead of the project for one.</p>"
_FOREIGN = "<p>This was not sent from the page of the link. Open the link and use its button.</p>"
_FAILED = "<p>This cannot be looked up at the moment. Try the link again later.</p>"
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
_SAID = {"gone": (_GONE, 410), "unknown": (_UNKNOWN, 404), "open": (_OPEN, 200)}


class Door:
    """Knows the links of a store's log; one per process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._log: Log | None = None
        self._access = invites.Access()

    def look(self, request: Request) -> Response:
        """Show what a link does; it is not used."""
        return self._guarded(lambda: self._shown(_token(request)))

    def use(self, request: Request) -> Response:
        """Use a link up, give the cookie for it, and lead inside."""
        if not same_origin(request):
            return _page(_FOREIGN, 403)
        return self._guarded(lambda: self._used(_token(request), request.url.scheme == "https"))

    def routes(self) -> list[Route]:
        """Return both as routes; both run in a thread of their own, so they may wait."""
        return [
            Route("/join/{token}", self.look, methods=["GET"]),
            Route("/join/{token}", self.use, methods=["POST"]),
        ]

    def _guarded(self, answer: Callable[[], Response]) -> Response:
        try:
            with self._lock:
                return answer()
        except AssayError as error:
            # For the lead alone: an error's words may name folders and addresses.
            logging.getLogger(__name__).error("a link could not be looked up: %s", error)
            return _page(_FAILED, 503)

    def _shown(self, token: str) -> Response:
        if len(token) != invites.TOKEN_CHARS:
            return _page(_UNKNOWN, 404)
        log = self._opened()
        self._access.catch_up(log)
        return _page(*_SAID[self._access.fate(token, self._people(), log.now())])

    def _used(self, token: str, https: bool) -> Response:
        shown = self._shown(token)
        if shown.status_code != 200:
            return shown
        secret = invites.secret_of(self._settings.store)
        given = invites.join(self._opened(), self._access, self._people(), token)
        if given is None:
            return _page(_GONE, 410)
        inside = RedirectResponse(INSIDE, 303, {"Cache-Control": "no-store"})
        inside.set_cookie(
            invites.cookie_name(secret),
            invites.sign(secret, given),
            max_age=invites.COOKIE_DAYS * 86_400,
            secure=https,
            httponly=True,
            samesite="strict",
        )
        return inside

    def _opened(self) -> Log:
        if self._log is None:
            witness = self._settings.log_head
            self._log = open_log(self._settings.log_url, witness)
        return self._log

    def _people(self) -> People:
        return listed(self._settings.store) or {}


def application() -> st.App:
    """Return the app and its door, for `serve`."""
    return st.App(ROOT / "app.py", routes=Door(load_settings({})).routes())


def same_origin(request: Request) -> bool:
    """Return whether a form was sent from a page of ours: nobody is to be signed in by others."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc == request.headers.get("host")


def _token(request: Request) -> str:
    token: str = request.path_params["token"]
    return token


def _page(words: str, status: int) -> Response:
    return HTMLResponse(_FRAME % words, status, _HEADERS)
