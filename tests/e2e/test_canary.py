"""Secrets planted in every way they come in, then looked for wherever anything is written or shown."""

from __future__ import annotations

import base64
import contextlib
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from nof1web import config
from nof1web.adapters import embedded_redis
from tests.e2e.deployment import EMAIL, Browserless, Deployment, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
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


def pages(deployment: Deployment, person: Browserless) -> Iterator[tuple[str, bytes]]:
    """Yield what a person, a stranger and a program are shown, errors included."""
    rows = deployment.flask("credential", "list", "--user", EMAIL)
    (bird,) = [row["credential_id"] for row in rows if row["name"] == "Canary bird"]
    own = [f"/credentials/{bird}{rest}" for rest in ("", "/key", "/remove", "/arm", "/balances", "/nowhere")]
    for path in ("/", "/credentials", "/agents", "/activity", "/why", "/readyz", "/metrics", "/nowhere", *own):
        yield path, person.session.get(deployment.url + path, timeout=20).content
    invalid = person.post("/credentials", "/credentials", name="", environment="testnet", api_secret=WRONG)
    yield "422", invalid.content
    for command in (("credential", "list"), ("credential", "key", "--credential", bird), ("positions",), ("orders",)):
        yield " ".join(command), str(deployment.flask(*command, "--user", EMAIL)).encode()


def test_planted_secrets_are_nowhere(deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = plant(deployment, tmp_path)
    folder = Path(deployment.env["NOF1_TENANTS_DIR"])
    # The built-in exchange is the other side of the wire: it has to know its own keys.
    kept = [path for path in folder.rglob("*") if "exchange" not in path.relative_to(folder).parts]
    files = [path for path in (*kept, *tmp_path.iterdir(), deployment.log) if path.is_file()]
    assert {"tenant.db", "registry.db"} <= {path.name for path in files}
    redis = embedded_redis.connect(config.load(deployment.env))
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
