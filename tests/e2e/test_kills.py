"""Processes die at random while agents trade: afterwards what is believed is what the exchange has, once."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.deployment import EMAIL, Deployment, eventually, running

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(900)]
AGENTS = ("gpt-5", "gemini-2.5-pro", "qwen3-max")
ROUNDS, PAUSE = 40, 4.0
VICTIMS = ("flask nof1 worker", "flask nof1 worker", "flask nof1 worker", "nof1 scheduler", "valkey-server", "nof1 sim")


def test_forty_kills_double_nothing_and_lose_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(7)
    with running(tmp_path) as deployment:
        accounts = {name: _follow(deployment, name, agent) for name, agent in zip("ABC", AGENTS, strict=True)}
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
            deployment.exchange.post(
                f"/sim/agents/{agent}", equity="10000", positions={"BTC": {"quantity": "0.1", "leverage": 5}}
            )
        for name, account in accounts.items():
            eventually(
                lambda a=account, n=name: _agree(deployment, n, a), seconds=120, of=f"{name}: holdings = positions"
            )
        orders = [order for account in accounts.values() for order in deployment.exchange.account(account)["orders"]]
        mine = Counter(order["clientOrderId"] for order in orders)
        assert not [order_id for order_id, count in mine.items() if count > 1], "an id was used twice"
        for agent in AGENTS:
            deployment.exchange.post(f"/sim/agents/{agent}", equity="10000", positions={})
        for account in accounts.values():
            eventually(
                lambda a=account: not _live(deployment, a) and not _resting(deployment, a), seconds=120, of="all flat"
            )
        record_property("kills of real processes", f"{sum(killed.values())}: {dict(killed)}")
        record_property("orders during the kills", f"{len(orders)}, none doubled; holdings equal positions after")


def _follow(deployment: Deployment, name: str, agent: str) -> str:
    key = deployment.new_key("20000")
    deployment.add_credential(name, key)
    deployment.flask(
        "tracker", "add", "--user", EMAIL, "--credential", name, "--source", "nof1", "--agent", agent,
        "--mode", "trade", "--set", "total_margin=15000", "--set", "interval=1", "--set", "existing=copy",
    )  # fmt: skip
    deployment.flask("start", "--user", EMAIL, "--credential", name)
    return str(key["account_id"])


def _exchange_answers(deployment: Deployment) -> bool:
    try:
        return bool(deployment.exchange.log() is not None)
    except OSError:
        return False


def _live(deployment: Deployment, account: str) -> dict[str, Decimal]:
    rows = deployment.exchange.account(account)["positions"]
    return {row["symbol"]: Decimal(row["positionAmt"]) for row in rows if Decimal(row["positionAmt"])}


def _resting(deployment: Deployment, account: str) -> list[str]:
    rows = deployment.exchange.account(account)["algo_orders"]
    return [row["symbol"] for row in rows if row["algoStatus"] == "NEW"]


def _agree(deployment: Deployment, name: str, account: str) -> bool:
    rows = [row for row in deployment.flask("positions", "--user", EMAIL) if row["credential"] == name]
    held = {row["symbol"]: Decimal(row["holding"]) for row in rows if Decimal(row["holding"])}
    return bool(held) and held == _live(deployment, account) and set(held) == {"BTCUSDT"}
