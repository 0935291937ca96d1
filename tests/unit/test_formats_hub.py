"""`hf:` names through the real `datasets`, against a stand-in for the hub on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from core.errors import SourceError
from core.formats.hub import parse_hub_name

ROOT = Path(__file__).resolve().parents[2]
COMMIT = "a" * 40
ROW = b'{"prompt": "2+2=", "chosen": " 4", "rejected": " 5"}\n'
FILES = {
    "README.md": b"---\nlanguage: en\nlicense: mit\n---\n# Pairs\n",
    "train.jsonl": ROW * 3,
    "test.jsonl": ROW,
}


def entry(path: str) -> dict[str, object]:
    oid = hashlib.sha1(FILES[path]).hexdigest()
    return {"type": "file", "path": path, "size": len(FILES[path]), "oid": oid}


class Hub(BaseHTTPRequestHandler):
    """The few routes that `datasets` asks for."""

    def answer(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Repo-Commit", COMMIT)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        path = unquote(urlparse(self.path).path)
        if found := re.fullmatch(r"/datasets/acme/pairs/resolve/[^/]+/(.+)", path):
            self.file(found[1])
        elif re.fullmatch(r"/api/datasets/acme/pairs(/revision/[^/]+)?", path):
            siblings = [{"rfilename": name} for name in FILES]
            self.json({"id": "acme/pairs", "sha": COMMIT, "private": False, "siblings": siblings})
        elif re.fullmatch(r"/api/datasets/acme/pairs/tree/[^/]+", path):
            self.json([entry(name) for name in FILES])
        else:
            known = "/datasets/acme/pairs/" in path
            self.answer(404, X_Error_Code="EntryNotFound" if known else "RepoNotFound")

    do_HEAD = do_GET

    def file(self, name: str) -> None:
        if name in FILES:
            tag = hashlib.sha1(FILES[name]).hexdigest()
            self.answer(200, FILES[name], ETag=f'"{tag}"')
        else:
            self.answer(404, X_Error_Code="EntryNotFound")

    def json(self, value: object) -> None:
        self.answer(200, json.dumps(value).encode(), Content_Type="application/json")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


SCRIPT = """
import json, sys
from core.errors import AssayError
from core.formats import plan_import
for name in sys.argv[1:]:
    try:
        plan = plan_import(name)
        rows = {}
        for batch in plan.batches():
            for row in batch.pairs.to_pylist():
                rows.setdefault(row["split"], []).append(row["row"])
        print(json.dumps([plan.info.name, plan.info.revision, plan.info.licence, rows]))
    except AssayError as error:
        print(json.dumps(str(error)))
"""


def test_a_hub_name_is_read_with_its_commit_and_licence(hub: str, tmp_path: Path) -> None:
    # The endpoint is read when the hub's client is imported, so a fresh interpreter asks.
    keep = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    env = {**keep, "HF_ENDPOINT": hub, "HF_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    (tmp_path / "acme" / "pairs").mkdir(parents=True)
    repo = "hf:acme/pairs"
    names = [f"{repo}@main", f"{repo}/default:test", f"{repo}:dev", "hf:acme/no"]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *names],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    whole, one, unknown, missing = (json.loads(line) for line in done.stdout.splitlines())
    assert whole == ["pairs", COMMIT, "mit", {"train": [0, 1, 2], "test": [0]}]
    assert one == ["pairs", COMMIT, "mit", {"test": [0]}]
    assert unknown.startswith("There is no split named 'dev'. Known: test, train.")
    assert missing.startswith("acme/no could not be read from the hub: ")
    assert str(tmp_path) not in missing


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hf:org/name", ("org/name", None, None, None)),
        ("hf:org/name@v1.0", ("org/name", "v1.0", None, None)),
        ("hf:org/na.me@abc/config-1:train_prefs", ("org/na.me", "abc", "config-1", "train_prefs")),
        ("hf:org/name:test", ("org/name", None, None, "test")),
    ],
)
def test_hub_names_are_taken_apart(text: str, parts: tuple[str | None, ...]) -> None:
    name = parse_hub_name(text)
    assert (name.repo, name.revision, name.config, name.split) == parts


@pytest.mark.parametrize(
    "text",
    ["hf:json", "hf:../x", "hf:a/..", "hf:/etc/passwd", "hf:a/b/../c", "hf:a/b@../x", "hf:a/b c"],
)  # fmt: skip
def test_what_is_no_hub_name_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="is not a name on the hub"):
        parse_hub_name(text)
