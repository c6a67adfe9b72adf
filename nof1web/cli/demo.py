"""Demo mode's beginning: a user, two credentials on the built-in exchange, and the agents they follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import requests
from redis.exceptions import RedisError

from nof1web import log
from nof1web.cli.output import Answer
from nof1web.config import Config
from nof1web.core.records import Credential
from nof1web.core.trading import Environment
from nof1web.errors import N_, Nof1Error, Transient, Unavailable
from nof1web.services import credentials, feeding, halting, trackers, users
from nof1web.wiring import Wiring

EMAIL = "demo@nof1.local"
# Printed at every start: demo mode holds play money only.
PASSWORD = "demo-demo-demo"
BALANCE = "1000"
SOURCE = "nof1"
SECONDS = 10
UNKNOWN_KEY = -2015


@dataclass(frozen=True, slots=True)
class Example:
    """One credential of the demo user and the agent it follows."""

    name: str
    agent: str
    total_margin: str


EXAMPLES = (Example("Momentum", "deepseek-chat-v3.1", "500"), Example("Contrarian", "grok-4", "400"))


def prepare(p: Wiring) -> None:
    """Make what the demo lacks; a second call changes nothing. Unavailable while the built-in exchange doesn't answer.

    On another exchange or source than the built-in ones the examples may not fit: that is logged, the demo goes on.
    """
    built_in = p.config.testnet_url == f"http://127.0.0.1:{p.config.sim_port}"
    try:
        _seed(p)
    except RedisError as error:
        raise Unavailable(N_("Redis does not answer. Start everything with: flask nof1 up")) from error
    except Nof1Error as error:
        if built_in and isinstance(error, (Unavailable, Transient)):
            raise
        log.get(__name__).warning("the demo's examples can't be made", error=str(error))


def _seed(p: Wiring) -> None:
    user = p.registry.user_by_email(EMAIL) or users.add_user(p, EMAIL, PASSWORD)
    # Which agents there are is known once their source was read; the scheduler isn't running yet.
    feeding.read_source(p.feed(SOURCE), p.market, p.clock())
    for example in EXAMPLES:
        credential = _usable(p, user.id, example.name)
        # A tracker somebody stopped or changed is still there and is left as it is.
        if not trackers.listing(p, user.id, credential.id):
            _follow(p, user.id, credential, example)


def announce(config: Config) -> Answer:
    """Return what a newcomer needs: the page, the demo's login, the built-in exchange's page."""
    url = config.public_url or f"http://{_reachable(config.bind)}:{config.port}"
    document: dict[str, Any] = {"url": url, "login": None, "exchange_url": None}
    shown = [f"nof1web answers at {url}"]
    if config.demo:
        document |= {"login": {"email": EMAIL, "password": PASSWORD}, "exchange_url": config.testnet_url}
        shown += [
            f"Log in as {EMAIL} with the password {PASSWORD}",
            f"The built-in exchange hands out keys at {config.testnet_url}",
        ]
    return Answer(document, tuple(shown))


def _reachable(bind: str) -> str:
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)
    return f"[{address}]" if ":" in address else address


def _usable(p: Wiring, user_id: str, base: str) -> Credential:
    """Return the newest credential called `base`, `base 2`, …, or a new one when the exchange doesn't know its key."""
    present = {credential.name: credential for credential in credentials.listing(p, user_id)}
    names = (base if number == 1 else f"{base} {number}" for number in count(1))
    newest = None
    for name in names:
        if name not in present:
            break
        newest = present[name]
    if newest is not None:
        if not newest.enabled or _known(p.config.testnet_url, newest.api_key):
            return newest
        log.get(__name__).warning("the exchange has forgotten the demo key", credential=newest.name, replaced_by=name)
        halting.change(p, user_id, newest.id, "stop")
    return _added(p, user_id, name)


def _added(p: Wiring, user_id: str, name: str) -> Credential:
    keys = _asked("POST", f"{p.config.testnet_url}/sim/keys", json={"balance": BALANCE})
    credential, _check = credentials.add(
        p,
        user_id,
        name=name,
        environment=Environment.TESTNET,
        api_key=keys["api_key"],
        api_secret=keys["api_secret"],
    )
    return credential


def _follow(p: Wiring, user_id: str, credential: Credential, example: Example) -> None:
    settings = {"mode": "trade", "total_margin": example.total_margin, "existing": "copy"}
    trackers.add(
        p,
        user_id,
        credential=credential.id,
        source=SOURCE,
        agent=example.agent,
        name=credential.name,
        settings=settings,
    )
    halting.change(p, user_id, credential.id, "start")


def _known(exchange_url: str, api_key: str) -> bool:
    """Whether the exchange knows the key; it tells an unknown key from a wrong signature, so no secret is opened."""
    answer = _asked(
        "GET",
        f"{exchange_url}/fapi/v3/account",
        params={"timestamp": "0", "signature": "0" * 64},
        headers={"X-MBX-APIKEY": api_key},
    )
    return answer.get("code") != UNKNOWN_KEY


def _asked(method: str, url: str, **options: Any) -> Mapping[str, Any]:
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer: Mapping[str, Any] = session.request(method, url, timeout=SECONDS, **options).json()
        except (requests.RequestException, ValueError) as error:
            raise Unavailable(
                N_("The built-in exchange at %(url)s doesn't answer. Start it with: flask nof1 sim"), url=url
            ) from error
    return answer
