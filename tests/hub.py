"""A stand-in for a hub on loopback: enough of its HTTP interface for the real client to push to.

It keeps repositories, large files, pull requests and every request; `fault` breaks a route.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

WRITER, READER = "hf_secretWriterToken0123456789", "hf_secretReaderToken0123456789"
LARGE = (".parquet", ".arrow", ".zst", ".gz")
"""Kinds of file that go to the large file storage."""
Answer = tuple[int, object, dict[str, str]]
Route = Callable[..., Answer]


@dataclass
class Repo:
    """A data set: its commits, newest last, and its pull requests."""

    private: bool = True
    gated: bool = False
    ignored: tuple[str, ...] = ()
    commits: list[dict[str, bytes]] = field(default_factory=lambda: [{".gitattributes": b"*\n"}])
    pulls: list[dict[str, bytes]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    parents: list[str | None] = field(default_factory=list)

    @property
    def main(self) -> dict[str, bytes]:
        """What stands on main."""
        return self.commits[-1]

    @property
    def sha(self) -> str:
        """Of main."""
        return sha_of(self.main)

    def at(self, revision: str) -> dict[str, bytes] | None:
        """Files of a revision."""
        if revision == "main":
            return self.main
        if found := re.fullmatch(r"refs/pr/(\d+)", revision):
            return self.pulls[int(found[1]) - 1]
        return next((c for c in [*self.commits, *self.pulls] if sha_of(c) == revision), None)


def sha_of(files: dict[str, bytes]) -> str:
    """Name a commit by what is in it."""
    said = json.dumps([(name, git_id(data)) for name, data in sorted(files.items())])
    return hashlib.sha1(said.encode()).hexdigest()


def git_id(data: bytes) -> str:
    """What git calls this content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class Hub:
    """All that the stand-in holds."""

    url: str = ""
    repos: dict[str, Repo] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    makes_public: bool = False
    """New repositories become public whatever was asked for."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of every request."""
    faults: dict[str, Answer | str] = field(default_factory=dict)
    """What is in a path → the answer to give, or `drop` to close the connection."""

    def fault(self, part: str, status: int | str, said: str = "", **headers: str) -> None:
        """Answer every request whose "METHOD path" has `part` with an error, or `drop` it."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults[part] = status if isinstance(status, str) else (status, {"error": said}, named)

    def writes(self) -> list[str]:
        """Paths of the requests that could change something."""
        return [path for method, path in self.asked if method not in ("GET", "HEAD")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def _do(self) -> None:
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), parse_qs(parts.query)
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.hub.asked.append((self.command, path))
        for part, found in self.hub.faults.items():
            if part in f"{self.command} {path}":
                return self._drop() if found == "drop" else self._send(*found)
        for pattern, route in _ROUTES.items():
            if found := re.fullmatch(pattern, f"{self.command} {path}"):
                return self._send(*route(self, *found.groups(), query=query, data=data))
        return self._send(404, {"error": "no such route"}, {})

    do_GET = do_POST = do_PUT = do_HEAD = _do

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, status: int, body: object, headers: dict[str, str]) -> None:
        said = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)

    @property
    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def may(self, name: str, write: bool = False) -> Answer | None:
        """Say why a request may not go on, None where it may."""
        if self.token and self.token not in (WRITER, READER):
            said = "Invalid credentials in Authorization header"
            return 401, {"error": said}, {"X-Error-Message": said}
        repo = self.hub.repos.get(name)
        if repo is None or (repo.private and not self.token):
            status = 404 if self.token else 401
            return status, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"}
        if write and self.token != WRITER:
            return 403, {"error": f"{self.token} lacks the right to write"}, {}
        return None

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def _info(ask: _Handler, name: str, revision: str | None = None, **_: object) -> Answer:
    if (no := ask.may(name)) is not None:
        return no
    repo = ask.hub.repos[name]
    files = repo.at(revision or "main")
    if files is None:
        return 404, {}, {"X-Error-Code": "RevisionNotFound"}
    siblings = [_sibling(path, data) for path, data in files.items()]
    said = {"id": name, "sha": sha_of(files), "private": repo.private, "siblings": siblings}
    return 200, {**said, "gated": "manual" if repo.gated else False}, {}


def _sibling(path: str, data: bytes) -> dict[str, object]:
    said = {"rfilename": path, "size": len(data), "blobId": git_id(data)}
    if not path.endswith(LARGE):
        return said
    sha = hashlib.sha256(data).hexdigest()
    return {**said, "lfs": {"size": len(data), "sha256": sha, "pointerSize": 130}}


def _create(ask: _Handler, data: bytes, **_: object) -> Answer:
    asked = json.loads(data)
    name = f"{asked['organization']}/{asked['name']}"
    if ask.token != WRITER:
        return (403 if ask.token else 401), {"error": f"no right for {ask.token}"}, {}
    if name in ask.hub.repos:
        return 409, {"error": "You already created this dataset repo"}, {}
    ask.hub.repos[name] = Repo(
        private=asked.get("visibility") == "private" and not ask.hub.makes_public
    )
    return 200, {"url": f"{ask.hub.url}/datasets/{name}", "name": name}, {}


def _yaml(ask: _Handler, data: bytes, **_: object) -> Answer:
    if "license: nonsense" in json.loads(data)["content"]:
        return 400, {"errors": [{"message": '"license" must be one of a list'}]}, {}
    warned = (
        [{"message": "add a language"}] if "language" not in json.loads(data)["content"] else []
    )
    return 200, {"errors": [], "warnings": warned}, {}


def _preupload(ask: _Handler, name: str, revision: str, data: bytes, **_: object) -> Answer:
    if (no := ask.may(name)) is not None:
        return no
    repo = ask.hub.repos[name]
    there = repo.at(revision) or {}
    files = [
        {
            "path": file["path"],
            "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
            "shouldIgnore": file["path"] in repo.ignored,
            "oid": git_id(there[file["path"]]) if file["path"] in there else None,
        }
        for file in json.loads(data)["files"]
    ]
    return 200, {"files": files}, {}


def _batch(ask: _Handler, name: str, data: bytes, **_: object) -> Answer:
    if (no := ask.may(name)) is not None:
        return no
    objects = [
        {**one, "actions": {"upload": {"href": f"{ask.hub.url}/storage/{one['oid']}"}}}
        for one in json.loads(data)["objects"]
    ]
    return 200, {"objects": objects, "transfer": "basic"}, {}


def _store(ask: _Handler, oid: str, data: bytes, **_: object) -> Answer:
    ask.hub.large[oid] = data
    return 200, b"", {}


def _commit(
    ask: _Handler, name: str, revision: str, query: dict[str, list[str]], data: bytes, **_: object
) -> Answer:
    pull = query.get("create_pr") == ["1"]
    if (no := ask.may(name, write=not pull)) is not None:
        return no
    repo, lines = ask.hub.repos[name], [json.loads(line) for line in data.splitlines()]
    header = lines[0]["value"]
    parent = header.get("parentCommit")
    if parent and not pull and parent != repo.sha:
        return 412, {"error": "main has moved"}, {}
    made = dict(repo.at(parent or "main") or {})
    for line in lines[1:]:
        value = line["value"]
        large = line["key"] == "lfsFile"
        made[value["path"]] = (
            ask.hub.large[value["oid"]] if large else base64.b64decode(value["content"])
        )
    repo.messages.append(header["summary"])
    repo.parents.append(parent)
    (repo.pulls if pull else repo.commits).append(made)
    url = f"{ask.hub.url}/datasets/{name}"
    said = {"commitUrl": f"{url}/commit/{sha_of(made)}", "commitOid": sha_of(made)}
    return 200, {**said, "pullRequestUrl": f"{url}/discussions/{len(repo.pulls)}"}, {}


def _resolve(ask: _Handler, name: str, revision: str, path: str, **_: object) -> Answer:
    if (no := ask.may(name)) is not None:
        return no
    if ask.hub.repos[name].gated:
        return 403, {"error": "ask for access"}, {"X-Error-Code": "GatedRepo"}
    files = ask.hub.repos[name].at(revision) or {}
    if path not in files:
        return 404, {}, {"X-Error-Code": "EntryNotFound"}
    headers = {"ETag": f'"{git_id(files[path])}"', "X-Repo-Commit": sha_of(files)}
    return 200, files[path], headers


_NAME = r"([^/]+/[^/]+?)"
_ROUTES: dict[str, Route] = {
    rf"GET /api/datasets/{_NAME}": _info,
    rf"GET /api/datasets/{_NAME}/revision/(.+)": _info,
    r"POST /api/repos/create": _create,
    r"POST /api/validate-yaml": _yaml,
    rf"POST /api/datasets/{_NAME}/preupload/(.+)": _preupload,
    rf"POST /datasets/{_NAME}\.git/info/lfs/objects/batch": _batch,
    r"PUT /storage/(.+)": _store,
    rf"POST /api/datasets/{_NAME}/commit/(.+)": _commit,
    rf"(?:GET|HEAD) /datasets/{_NAME}/resolve/([^/]+)/(.+)": _resolve,
}


@contextlib.contextmanager
def standing(hub: Hub) -> Iterator[Hub]:
    """Serve a hub on a free port of loopback."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _loopback(real: Callable[..., object], host: object, *args: object, **more: object) -> object:
    if host not in ("127.0.0.1", b"127.0.0.1"):
        pytest.fail(f"a request went out to {host!r}")
    return real(host, *args, **more)


@pytest.fixture
def hub(
    own_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    """A stand-in that this process's client asks, with the right to write."""
    import huggingface_hub.utils._http as http
    from huggingface_hub import constants

    home = tmp_path_factory.mktemp("hf")
    # The client read its settings when it was imported, perhaps by another test.
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
    monkeypatch.setattr(constants, "HF_STORED_TOKENS_PATH", str(home / "stored_tokens"))
    monkeypatch.setattr(http.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(socket, "getaddrinfo", partial(_loopback, socket.getaddrinfo))
    monkeypatch.setenv("HF_TOKEN", WRITER)
    with standing(Hub()) as there:
        monkeypatch.setenv("HF_ENDPOINT", there.url)
        yield there
        http.close_session()
