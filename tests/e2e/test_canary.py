"""Secrets planted in every way they come in, then looked for wherever anything is written or shown."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

import pytest

from nof1web import config
from nof1web.adapters import embedded_redis
from tests.e2e.deployment import EMAIL, Browserless, Deployment, eventually
from tests.e2e.places import (
    Program,
    backups,
    crash,
    dumped,
    errors,
    files,
    in_redis,
    pages,
    processes,
    said,
    shown,
)

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
NAME, AGENT = "Canary bird", "grok-4"
MAIN = ("--user", EMAIL, "--credential", NAME)
WRONG, PROXY, PHRASE = "wrongsecretcanary" + "7" * 47, "proxypasswordcanary", "bundle passphrase canary"
PRIVATE = "BEGIN " + "PRIVATE KEY"


def typed(deployment: Deployment, person: Browserless, path: str, ends: str, **fields: str) -> None:
    """Send a key's form and wait for the worker's answer."""
    answer = person.post(path, "/credentials", **fields)
    draft = answer.url.replace(deployment.url, "")
    eventually(lambda: ends in person.get(draft), of=f"{ends!r} at {draft}")


def trade(deployment: Deployment, person: Browserless, credential: str, account: str) -> str:
    """Follow an agent until an order of its own is filled and protected, then until it is closed; return the tracker.

    Everything that a secret signs has happened then: reads, leverage, orders, stops, and what they answered.
    """
    deployment.quiet(AGENT)
    chosen = {"credential": credential, "agent": f"nof1/{AGENT}", "shown_for": credential, "mode": "trade"}
    sizes = {"total_margin": "1000", "interval": "1", "price_tolerance": "20", "existing": "copy"}
    answer = person.post("/trackers/new", f"/trackers/new?credential={credential}", **chosen, **sizes)
    person.post(f"/credentials/{credential}/start", "/credentials")
    deployment.agent(AGENT, BTC={"quantity": "0.05", "leverage": 10, "stop_loss": "10000"})
    eventually(lambda: deployment.positions(account) and deployment.resting(account), of="an order and its stop")
    deployment.agent(AGENT)
    eventually(lambda: not deployment.positions(account), of="the close")
    person.post(f"/credentials/{credential}/stop", "/credentials")
    return answer.url.rpartition("/")[2]


def plant(deployment: Deployment, person: Browserless, program: Program) -> tuple[dict[str, str], list[bytes], str]:
    """Bring secrets in by pages, programs and commands, good and bad; return them, what was answered, and an account.

    Ends with a key of the account in use that came in by a command, after one that a page took.
    """
    key, other = deployment.new_key(), deployment.new_key()
    second = deployment.exchange.post("/sim/keys", account_id=key["account_id"])
    common = {"environment": "testnet", "api_key": key["api_key"]}
    page = {"name": NAME, "api_secret": key["api_secret"]}
    typed(deployment, person, "/credentials", "does not belong to this key", **common, name="Bad", api_secret=WRONG)
    away = {"proxy": f"socks5h://ann:{PROXY}@127.0.0.1:9", "name": "Away", "api_secret": other["api_secret"]}
    away |= {"environment": "testnet", "api_key": other["api_key"]}
    typed(deployment, person, "/credentials", "callout bad", **away)
    typed(deployment, person, "/credentials", "The key works", **common, **page)
    pair = {"name": "Paired", "environment": "testnet", "proxy": away["proxy"]}
    assert "BEGIN PUBLIC KEY" in person.post("/credentials/pair", "/credentials/pair", **pair).text
    api = [program.send("/credentials", **away | {"name": "Api"}) for _twice in (1, 2)]
    api.append(program.send("/credentials", environment="testnet", api_key="short", name="A", api_secret=WRONG))
    assert {answer.status_code for answer in api} <= {202, 409, 422}
    new = ("--api-key", second["api_key"], "--api-secret-stdin")
    heard = [answer.content for answer in api]
    heard.append(said(deployment, "credential", "rotate", *MAIN, *new[:1], "k" * 64, *new[2:], stdin=WRONG + "\n"))
    heard.append(said(deployment, "credential", "rotate", *MAIN, *new, stdin=second["api_secret"] + "\n"))
    secrets = {"page": key["api_secret"], "rotated": second["api_secret"], "away": other["api_secret"]}
    return {**secrets, "wrong": WRONG, "proxy": PROXY, "pair": PRIVATE}, heard, str(key["account_id"])


def kept(deployment: Deployment, folder: Path) -> list[bytes]:
    """Renew the tenant's key, test what is sealed now, and write both kinds of export; return what was said."""
    bundle = ("user", "export", EMAIL, str(folder / "all.bundle"), "--bundle", "--passphrase-stdin")
    return [
        said(deployment, "rotate-key", "--tenants"),
        said(deployment, "credential", "test", *MAIN),
        said(deployment, "doctor"),
        said(deployment, "user", "export", EMAIL, str(folder / "export.zip")),
        said(deployment, *bundle, stdin=PHRASE + "\n"),
    ]


def traces(secret: str) -> tuple[bytes, ...]:
    """Return a secret as it would be found: as it is, and in the usual wrappings."""
    raw = secret.encode()
    # In base64 a text reads differently at each of three places; its first and last letter may hold what is beside it.
    beside = (base64.b64encode(b"\0" * lead + raw)[-(-8 * lead // 6) : 8 * (lead + len(raw)) // 6] for lead in range(3))
    return raw, raw.hex().encode(), *beside


def test_a_trace_is_found_in_every_wrapping() -> None:
    basic, packed = b"Basic " + base64.b64encode(b"ann:a canary!"), b"..." + zlib.compress(b"a canary") + b"."
    for data in (b"a canary", basic, packed):
        assert any(trace in shown(data) for trace in traces("a canary"))


def test_planted_secrets_are_nowhere(deployment: Deployment, tmp_path: Path) -> None:
    person = deployment.person()
    program = Program(deployment, person)
    planted, heard, account = plant(deployment, person, program)
    (bird,) = [row["credential_id"] for row in program.read("/credentials").json()["items"] if row["name"] == NAME]
    tracker = trade(deployment, person, bird, account)
    heard += kept(deployment, tmp_path)
    redis = embedded_redis.connect(config.load(deployment.env))
    copies = backups(Path(deployment.env["NOF1_TENANTS_DIR"]), tmp_path)
    places = [*files(deployment, *dumped(redis), *copies, *crash(deployment), *tmp_path.iterdir())]
    names = {Path(path).name for path, _data in places}
    assert {"tenant.db", "registry.db", "0-market.db", "up.log", "export.zip", "all.bundle"} <= names
    assert any(name.endswith("-wal") for name in names) and any(name.endswith((".rdb", ".aof")) for name in names)
    places += [*in_redis(redis), *processes(deployment), *pages(deployment, person, bird, tracker)]
    places += [*errors(deployment, person, WRONG), *program.everything(credential=bird, tracker=tracker)]
    places += [(f"said {number}", data) for number, data in enumerate(heard)]
    # Where nothing at all were found, nothing would have been looked at.
    assert len(places) > 120 and sum(NAME.encode() in shown(data) for _place, data in places) > 20
    (master,) = [data.decode().strip() for place, data in places if place.endswith("demo-master.key")]
    found = {
        (name, place)
        for place, data in places
        for name, secret in {**planted, "passphrase": PHRASE, "master": master}.items()
        if any(trace in shown(data) for trace in traces(secret))
    }
    assert {(name, Path(place).name) for name, place in found} == {("master", "demo-master.key")}
    assert not any(base64.b64decode(master) in shown(data) for _place, data in places)
