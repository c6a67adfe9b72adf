"""Wherever an installation writes or shows anything: files, databases, logs, Redis, processes, pages, programs."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import requests
import websocket
from redis import Redis

from nof1web.config import ROOT
from tests.e2e.deployment import Browserless, Deployment, eventually
from tests.e2e.forked import flask

Places = Iterator[tuple[str, bytes]]
OWN = ("/", "/credentials", "/agents", "/activity", "/why", "/trackers/new", "/tokens", "/halt", "/removed", "/api")
OPEN = ("/readyz", "/healthz", "/metrics", "/nowhere", "/credentials/pair", "/api/v1/openapi.json")


def said(deployment: Deployment, *args: str, stdin: str = "") -> bytes:
    """Run a command; return all it said, whatever came of it."""
    done = flask(*args, env=deployment.env, stdin=stdin)
    return (done.stdout + done.stderr).encode()


def files(deployment: Deployment, *more: Path) -> Places:
    """Yield every file the installation wrote, its home, databases, write-ahead logs and log among them, and these."""
    for path in sorted({*deployment.log.parent.rglob("*"), *more}):
        # The built-in exchange is the other side of the wire: it has to know its own keys.
        if path.is_file() and "exchange" not in path.parts:
            yield str(path), path.read_bytes()


def backups(folder: Path, into: Path) -> Iterator[Path]:
    """Copy every database the way a backup does; yield the copies."""
    ours = (path for path in folder.rglob("*.db") if "exchange" not in path.parts)
    for number, path in enumerate(sorted(ours)):
        with closing(sqlite3.connect(path)) as file, closing(sqlite3.connect(into / f"{number}-{path.name}")) as copy:
            file.backup(copy)
        yield into / f"{number}-{path.name}"


def dumped(redis: Redis) -> Iterator[Path]:
    """Have Redis write its dump file, its strings readable; yield it and what lies beside it."""
    redis.config_set("rdbcompression", "no")
    redis.save()
    folder = Path(redis.config_get("dir")["dir"])
    yield folder / redis.config_get("dbfilename")["dbfilename"]
    yield from folder.rglob("*")


def in_redis(redis: Redis) -> Places:
    """Yield everything Redis keeps, by key, jobs and their failures laid open."""
    read = {
        b"string": lambda key: [redis.get(key)],
        b"hash": lambda key: [part for pair in redis.hgetall(key).items() for part in pair],
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1),
        b"stream": lambda key: [str(redis.xrange(key)).encode()],
    }
    for key in redis.scan_iter():
        kind = redis.type(key)
        if kind != b"none":
            yield key.decode(errors="replace"), b"\n".join(each or b"" for each in read[kind](key))


def crash(deployment: Deployment) -> list[Path]:
    """Have a worker that opened secrets die of a signal that dumps memory; return what it left behind."""
    lines = {pid: line for pid, line in deployment.children().items() if " exchange" not in line}
    ours = {pid: line for pid, line in lines.items() if " nof1 " in line or "gunicorn" in line}
    assert any("gunicorn" in line for line in ours.values())
    limits = {pid: Path(f"/proc/{pid}/limits").read_text() for pid in ours}
    dumping = [ours[pid] for pid, text in limits.items() if not re.search(r"Max core file size +0 +0 ", text)]
    assert dumping == []
    worker = max(pid for pid, line in ours.items() if line.endswith("nof1 worker"))
    os.kill(worker, signal.SIGABRT)
    eventually(lambda: worker not in deployment.children(), of="the crash")
    return [path for place in (ROOT, deployment.log.parent) for path in place.glob("core*") if path.is_file()]


def processes(deployment: Deployment) -> Places:
    """Yield the command line and the environment of every process."""
    for pid in deployment.children():
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                yield f"/proc/{pid}/{name}", Path(f"/proc/{pid}/{name}").read_bytes()


def pages(deployment: Deployment, person: Browserless, credential: str, tracker: str) -> Places:
    """Yield what a person and a stranger are shown, open pages' pushes included."""
    each = [f"/credentials/{credential}{rest}" for rest in ("", "/key", "/remove", "/arm", "/flatten", "/nowhere")]
    each += [f"/credentials/{credential}/{name}" for name in ("balances", "orders", "events", "cycles", "troubles")]
    for path in (*OWN, *OPEN, *each, f"/trackers/{tracker}"):
        yield path, person.session.get(deployment.url + path, timeout=20).content
        yield f"stranger {path}", requests.get(deployment.url + path, timeout=20).content
    yield "live", b"\n".join(pushed(deployment, person))


def pushed(deployment: Deployment, person: Browserless) -> Iterator[bytes]:
    """Yield what an open page is pushed of all that happened."""
    cookie = "; ".join(f"{each.name}={each.value}" for each in person.session.cookies)
    address = deployment.url.replace("http", "ws") + "/live?after=0"
    opened = websocket.create_connection(address, cookie=cookie, origin=deployment.url, timeout=2)
    with closing(opened) as socket, contextlib.suppress(websocket.WebSocketTimeoutException):
        for _ in range(50):
            yield str(socket.recv()).encode()


def errors(deployment: Deployment, person: Browserless, secret: str) -> Places:
    """Yield the error pages of forms that held a secret: invalid, forged, too large, a verb nobody takes."""
    key = {"environment": "testnet", "api_secret": secret}
    answers = {
        422: person.post("/credentials", "/credentials", name="", **key),
        403: person.session.post(deployment.url + "/credentials", data=key, timeout=20),
        413: person.post("/credentials", "/credentials", name="x" * 300_000, **key),
        405: person.session.put(deployment.url + "/credentials", data=key, timeout=20),
    }
    assert {status: answer.status_code for status, answer in answers.items()} == {each: each for each in answers}
    for status, answer in answers.items():
        yield str(status), answer.content


class Program:
    """A program with a token that may do everything."""

    def __init__(self, deployment: Deployment, person: Browserless) -> None:
        made = person.post("/tokens", "/tokens", name="Canary", scope="admin", days="30").text
        found = re.search(r"nof1_[\w-]{20,}", made)
        assert found, "no token shown"
        self.url = f"{deployment.url}/api/v1"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {found.group()}"

    def send(self, path: str, **body: str) -> requests.Response:
        """Post, in a way that is safe to repeat."""
        return self.session.post(self.url + path, json=body, headers={"Idempotency-Key": "canary"}, timeout=20)

    def read(self, path: str) -> requests.Response:
        """Get."""
        return self.session.get(self.url + path, timeout=20)

    def everything(self, **ids: str) -> Places:
        """Yield the answers of every operation that only reads, about these ids where it wants one."""
        for path, verbs in self.read("/openapi.json").json()["paths"].items():
            if "get" in verbs:
                asked = re.sub(r"{(\w+)}", lambda name: ids.get(name.group(1), "nobody"), path)
                yield f"api {asked}", self.read(asked).content


def shown(data: bytes) -> bytes:
    """Return data with everything packed in it laid open: what jobs carry, and the members of an archive."""
    found, at = [data], data.find(b"\x78\x9c")
    while at >= 0:
        with contextlib.suppress(zlib.error):
            found.append(zlib.decompressobj().decompress(data[at:]))
        at = data.find(b"\x78\x9c", at + 1)
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found += [archive.read(name) for name in archive.namelist()]
    if data.startswith(b"{"):
        with contextlib.suppress(ValueError):
            # What JSON writes as \u…, as it is.
            found.append(json.dumps(json.loads(data), ensure_ascii=False).encode())
    return b"\n".join(found)
