"""Processes die at random while agents trade: afterwards what is believed is what the exchange has, once."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.deployment import Deployment, eventually, running

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(900)]
AGENTS = ("gpt-5", "gemini-2.5-pro", "qwen3-max")
ROUNDS, PAUSE = 40, 4.0
VICTIMS = ("flask nof1 worker", "flask nof1 worker", "flask nof1 worker", "nof1 scheduler", "valkey-server", "nof1 sim")


def test_forty_kills_double_nothing_and_lose_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(7)
    with running(tmp_path) as deployment:
        accounts = {
            name: deployment.follow(name, agent, balance="20000", total_margin="15000", existing="copy")
            for name, agent in zip("ABC", AGENTS, strict=True)
        }
        killed: Counter[str] = Counter()
        for _ in range(ROUNDS):
            time.sleep(PAUSE * chance.random())
            victim = chance.choice(VICTIMS)
            pids = [pid for pid, args in deployment.children().items() if victim in args]
            if pids:
                os.kill(chance.choice(pids), signal.SIGKILL)
                killed[victim] += 1
        eventually(deployment.answers, of="the page after the kills")
        eventually(lambda: _exchange_answers(deployment), of="the exchange after the kills")
        deployment.exchange.post("/sim/market", frozen=True)
        for agent in AGENTS:
            deployment.agent(agent, BTC={"quantity": "0.1", "leverage": 5})
        for name, account in accounts.items():
            eventually(
                lambda a=account, n=name: _agree(deployment, n, a), seconds=120, of=f"{name}: holdings = positions"
            )
        orders = [order for account in accounts.values() for order in deployment.exchange.account(account)["orders"]]
        mine = Counter(order["clientOrderId"] for order in orders)
        assert not [order_id for order_id, count in mine.items() if count > 1], "an id was used twice"
        for agent in AGENTS:
            deployment.agent(agent)
        for account in accounts.values():
            eventually(
                lambda a=account: not deployment.positions(a) and not deployment.resting(a), seconds=120, of="all flat"
            )
        record_property("kills of real processes", f"{sum(killed.values())}: {dict(killed)}")
        record_property("orders during the kills", f"{len(orders)}, none doubled; holdings equal positions after")


def _exchange_answers(deployment: Deployment) -> bool:
    try:
        return bool(deployment.exchange.log() is not None)
    except OSError:
        return False


def _agree(deployment: Deployment, name: str, account: str) -> bool:
    held = deployment.held(name)
    return set(held) == {"BTCUSDT"} and held == deployment.positions(account)
