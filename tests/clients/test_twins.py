"""Every request of the Binance client is the one that other people's clients send for the same."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from nof1web.adapters.binance import calls, history
from nof1web.adapters.binance.http import Call
from tests.clients.relay import Relay, Sent, running_relay, sent
from tests.clients.running import MODES, PYTHON, ROOT
from tests.clients.scenario import PRICES
from tests.clients.twin_ours import Ours
from tests.exchange_process import ExchangeProcess, running_exchange

SAFE = {"enableFutures": True, "enableWithdrawals": False, "enableInternalTransfer": False}
NOBODY = {"api_key": "", "api_secret": ""}
NAMES = list(Ours("http://127.0.0.1:9", NOBODY, hedge=False, since_at=datetime.now(UTC)).calls())


@dataclass(frozen=True)
class Twins:
    """What each side sent, by the name of the call, and how the other side's calls ended."""

    ours: dict[str, list[Sent]]
    theirs: dict[str, list[Sent]]
    outcomes: dict[str, str]


def play_ours(relay: Relay, hosts: ExchangeProcess, mode: str, since_at: datetime) -> None:
    key = hosts.post("/sim/keys", balance="10000", hedge=mode == "hedge", permissions=SAFE)
    for name, call in Ours(relay.url, key, hedge=mode == "hedge", since_at=since_at).calls().items():
        relay.begin(name)
        call()


def play_theirs(relay: Relay, hosts: ExchangeProcess, mode: str, more: list[str]) -> dict[str, str]:
    key = hosts.post("/sim/keys", balance="10000", hedge=mode == "hedge", permissions=SAFE)
    command = [str(PYTHON), "-m", "tests.clients.twin_theirs", relay.url, *(key[name] for name in NOBODY), mode, *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {"end": done.stderr[-2000:], **{line["step"]: line["outcome"] for line in told}}


@pytest.fixture(scope="module", params=MODES)
def twins(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    since_at = (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)
    since_ms = str(int(since_at.timestamp()) * 1000)
    with (
        pytest.MonkeyPatch.context() as patch,
        running_exchange(tmp_path_factory.mktemp("twins")) as hosts,
        running_relay(hosts.url) as first,
        running_relay(hosts.url) as second,
    ):
        hosts.prices(**PRICES)
        # a page of one trade, so that the next page is asked for too
        patch.setattr(history, "PAGE", 1)
        play_ours(first, hosts, request.param, since_at)
        asked = [dict(each.params).get("fromId") for each in first.sections["trades"]]
        pages = json.dumps([int(page) for page in asked if page])
        assert pages != "[]"
        outcomes = play_theirs(second, hosts, request.param, [since_ms, pages])
        yield Twins(first.sections, second.sections, outcomes)


@pytest.mark.parametrize("name", NAMES)
def test_a_call_is_the_same_request_by_both(twins: Twins, name: str) -> None:
    assert twins.outcomes.get(name, twins.outcomes["end"]) == "ok"
    assert twins.ours[name] == twins.theirs[name] != []


def test_every_request_of_the_client_is_compared(twins: Twins) -> None:
    known = {(each.method, each.path) for each in vars(calls).values() if isinstance(each, Call)}
    assert {(each.method, each.path) for made in twins.ours.values() for each in made} == known


def test_what_needs_a_signature_has_one_and_nothing_else_shows_the_key(twins: Twins) -> None:
    public = {calls.TIME.path, calls.RULES.path, calls.MARKS.path}
    for each in (each for made in twins.ours.values() for each in made):
        assert each.signed == each.with_key == (each.path not in public)
        assert each.body == b""


def test_a_call_with_another_value_would_not_be_the_same() -> None:
    asked = [sent("POST", f"/fapi/v1/leverage?leverage={n}&timestamp=1&signature=a", {}, b"") for n in (7, 8)]
    assert asked[0] != asked[1] and asked[0].signed
