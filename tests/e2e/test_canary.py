"""Secrets planted in every way they come in, then looked for wherever anything is written or shown."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import signal
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from redis import Redis

from nof1web import config
from nof1web.adapters import embedded_redis
from nof1web.config import ROOT
from tests.e2e.deployment import EMAIL, Browserless, Deployment, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
MAIN = ("--user", EMAIL, "--credential", "Canary bird")
WRONG, PROXY, PHRASE = "wrongsecretcanary" + "7" * 47, "proxypasswordcanary", "bundle passphrase canary"


def typed(deployment: Deployment, person: Browserless, path: str, ends: str, **fields: str) -> None:
    """Send a key's form and wait for the worker's answer."""
    answer = person.post(path, "/credentials", **fields)
    draft = answer.url.replace(deployment.url, "")
    eventually(lambda: ends in person.get(draft), of=f"{ends!r} at {draft}")


def plant(deployment: Deployment, folder: Path) -> dict[str, str]:
    """Bring secrets in by pages and commands, good ones and bad ones; return each by where it came in."""
    person, key, other = deployment.person(), deployment.new_key(), deployment.new_key()
    second = deployment.exchange.post("/sim/keys", account_id=key["account_id"])
    common = {"environment": "testnet", "api_key": key["api_key"]}
    page = {"name": "Canary bird", "api_secret": key["api_secret"]}
    typed(deployment, person, "/credentials", "does not belong to this key", **common, name="Bad", api_secret=WRONG)
    away = {"proxy": f"socks5h://ann:{PROXY}@127.0.0.1:9", "name": "Away", "api_secret": other["api_secret"]}
    typed(deployment, person, "/credentials", "callout bad", environment="testnet", api_key=other["api_key"], **away)
    typed(deployment, person, "/credentials", "The key works", **common, **page)
    deployment.flask("credential", "test", *MAIN)
    new = ("--api-key", second["api_key"], "--api-secret-stdin")
    deployment.flask("credential", "rotate", *MAIN, *new, stdin=second["api_secret"] + "\n")
    deployment.flask("credential", "rotate", *MAIN, *new[:1], "k" * 64, *new[2:], stdin=WRONG + "\n", code=1)
    deployment.flask("rotate-key", "--tenants")
    deployment.flask("credential", "test", *MAIN)
    deployment.flask("user", "export", EMAIL, str(folder / "export.zip"))
    bundle = ("user", "export", EMAIL, str(folder / "all.bundle"), "--bundle", "--passphrase-stdin")
    deployment.flask(*bundle, stdin=PHRASE + "\n")
    secrets = {"page": key["api_secret"], "rotated": second["api_secret"], "away": other["api_secret"]}
    return {**secrets, "wrong": WRONG, "proxy": PROXY, "passphrase": PHRASE}


def traces(secret: str) -> tuple[bytes, ...]:
    """Return a secret as it would be found: as it is, and in the usual wrappings."""
    raw = secret.encode()
    return raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"=")[:-1]


def shown(data: bytes) -> bytes:
    """Return data with everything compressed in it laid open: jobs travel so."""
    found, at = [data], data.find(b"\x78\x9c")
    while at >= 0:
        with contextlib.suppress(zlib.error):
            found.append(zlib.decompressobj().decompress(data[at:]))
        at = data.find(b"\x78\x9c", at + 1)
    return b"\n".join(found)


def in_redis(redis: Redis) -> Iterator[tuple[str, bytes]]:
    """Yield everything Redis keeps, by key."""
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


def dumped(redis: Redis) -> Path:
    """Have Redis write its dump file, its strings readable; return the file."""
    redis.config_set("rdbcompression", "no")
    redis.save()
    return Path(redis.config_get("dir")["dir"], redis.config_get("dbfilename")["dbfilename"])


def backups(folder: Path, into: Path) -> Iterator[Path]:
    """Copy every database the way a backup does; yield the copies."""
    ours = (path for path in folder.rglob("*.db") if "exchange" not in path.relative_to(folder).parts)
    for number, path in enumerate(sorted(ours)):
        with closing(sqlite3.connect(path)) as file, closing(sqlite3.connect(into / f"{number}-{path.name}")) as copy:
            file.backup(copy)
        yield into / f"{number}-{path.name}"


def crash(deployment: Deployment) -> list[Path]:
    """Have a worker that opened secrets die of a signal that dumps memory; return what it left behind."""
    workers = [pid for pid, line in deployment.children().items() if line.endswith("nof1 worker")]
    limits = [Path(f"/proc/{pid}/limits").read_text() for pid in workers]
    assert workers and all(re.search(r"Max core file size +0 +0 ", text) for text in limits)
    os.kill(max(workers), signal.SIGABRT)
    eventually(lambda: max(workers) not in deployment.children(), of="the crash")
    return [path for place in (ROOT, deployment.log.parent) for path in place.glob("core*") if path.is_file()]


def pages(deployment: Deployment, person: Browserless) -> Iterator[tuple[str, bytes]]:
    """Yield what a person, a stranger and a program are shown, errors included."""
    rows = deployment.flask("credential", "list", "--user", EMAIL)
    (bird,) = [row["credential_id"] for row in rows if row["name"] == "Canary bird"]
    own = [f"/credentials/{bird}{rest}" for rest in ("", "/key", "/remove", "/arm", "/balances", "/nowhere")]
    for path in ("/", "/credentials", "/agents", "/activity", "/why", "/readyz", "/metrics", "/nowhere", *own):
        yield path, person.session.get(deployment.url + path, timeout=20).content
    yield from errors(deployment, person)
    for command in (("credential", "list"), ("credential", "key", "--credential", bird), ("positions",), ("orders",)):
        yield " ".join(command), str(deployment.flask(*command, "--user", EMAIL)).encode()


def errors(deployment: Deployment, person: Browserless) -> Iterator[tuple[str, bytes]]:
    """Yield the error pages of forms that held a secret: invalid, forged, too large, a verb nobody takes."""
    key = {"environment": "testnet", "api_secret": WRONG}
    answers = {
        422: person.post("/credentials", "/credentials", name="", **key),
        403: person.session.post(deployment.url + "/credentials", data=key, timeout=20),
        413: person.post("/credentials", "/credentials", name="x" * 300_000, **key),
        405: person.session.put(deployment.url + "/credentials", data=key, timeout=20),
    }
    assert {status: answer.status_code for status, answer in answers.items()} == {each: each for each in answers}
    for status, answer in answers.items():
        yield str(status), answer.content


def test_planted_secrets_are_nowhere(deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = plant(deployment, tmp_path)
    folder = Path(deployment.env["NOF1_TENANTS_DIR"])
    redis = embedded_redis.connect(config.load(deployment.env))
    left = [dumped(redis), *backups(folder, tmp_path), *crash(deployment)]
    # The built-in exchange is the other side of the wire: it has to know its own keys.
    kept = [path for path in folder.rglob("*") if "exchange" not in path.relative_to(folder).parts]
    files = [path for path in {*kept, *left, *tmp_path.iterdir(), deployment.log} if path.is_file()]
    assert {"tenant.db", "registry.db", "0-market.db", left[0].name} <= {path.name for path in files}
    places = [(str(path), path.read_bytes()) for path in files]
    places += [*in_redis(redis), *pages(deployment, deployment.person())]
    # Where nothing at all were found, nothing would have been looked at.
    assert len(places) > 40 and sum(b"Canary bird" in data for _place, data in places) > 5
    assert b"a job" in shown(b"..." + zlib.compress(b"a job") + b"...")
    found = {
        (name, place)
        for place, data in places
        for name, secret in planted.items()
        if any(trace in shown(data) for trace in traces(secret))
    }
    assert found == set()
