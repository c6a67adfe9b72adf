"""Real processes: what an agent does arrives as fills and protection on an account, seen through HTTP only."""

from __future__ import annotations

import os
import re
import signal
from decimal import Decimal

import pytest
import requests

from tests.e2e.deployment import EMAIL, Deployment, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
AGENT = "claude-sonnet-4-5"


def test_open_resize_flip_and_close_arrive_as_fills_and_protection(deployment: Deployment) -> None:
    deployment.prices(ETHUSDT="3000")
    deployment.quiet(AGENT)
    account = deployment.follow("Spine", AGENT)
    # 2 ETH x 3000 / 10 = 600 of 10000: 6 % of 5000 = 300 margin = 3000 notional = 1 ETH
    deployment.agent(AGENT, ETH={"quantity": "2", "leverage": 10, "stop_loss": "2700", "profit_target": "3600"})
    eventually(lambda: deployment.positions(account) == {"ETHUSDT": Decimal(1)}, of="the open")
    legs = [("STOP_MARKET", Decimal(1)), ("TAKE_PROFIT_MARKET", Decimal(1))]
    eventually(lambda: deployment.resting(account) == legs, seconds=10, of="stop and target")

    deployment.agent(AGENT, ETH={"quantity": "1", "leverage": 10, "stop_loss": "2700", "profit_target": "3600"})
    eventually(lambda: deployment.positions(account) == {"ETHUSDT": Decimal("0.5")}, of="the reduction")
    halves = [(kind, Decimal("0.5")) for kind, _ in legs]
    eventually(lambda: deployment.resting(account) == halves, seconds=10, of="smaller stop and target")

    deployment.agent(AGENT, ETH={"quantity": "-2", "leverage": 10, "stop_loss": "3300"})
    eventually(lambda: deployment.positions(account) == {"ETHUSDT": Decimal(-1)}, of="the flip")
    eventually(lambda: deployment.resting(account) == [("STOP_MARKET", Decimal(1))], seconds=10, of="the new stop")

    person = deployment.person()
    credential = deployment.flask("credential", "list", "--user", EMAIL)
    spine = next(row for row in credential if row["name"] == "Spine")
    html = person.get(f"/credentials/{spine['credential_id']}")
    assert "ETHUSDT" in html and AGENT in html

    deployment.agent(AGENT)
    eventually(lambda: not deployment.positions(account), of="the close")
    eventually(lambda: not deployment.resting(account), seconds=10, of="no protection left behind")
    (trades,) = [deployment.exchange.account(account)["trades"]]
    assert sum(Decimal(row["qty"]) * (1 if row["side"] == "BUY" else -1) for row in trades) == 0


def test_every_order_reached_the_exchange_signed(deployment: Deployment) -> None:
    orders = [row for row in deployment.exchange.log() if row["path"] == "/fapi/v1/order" and row["method"] == "POST"]
    assert orders and all(row["signed"] and row["client_id"].startswith("n") for row in orders)


def test_a_worker_killed_in_mid_cycle_leads_to_no_duplicate_order(deployment: Deployment) -> None:
    agent = "qwen3-max"
    deployment.prices(SOLUSDT="150")
    deployment.quiet(agent)
    key = deployment.new_key()
    account, credential = key["account_id"], deployment.add_credential("Killed", key)
    deployment.track("Killed", agent)
    eventually(lambda: _idle(deployment), of="a first cycle")
    late = {"path": "/fapi/v1/order", "method": "POST", "kind": "slow_answer", "seconds": "9"}
    deployment.exchange.post("/sim/faults", **late, api_key=key["api_key"])
    deployment.agent(agent, SOL={"quantity": "40", "leverage": 10})
    eventually(lambda: not _faults(deployment), seconds=40, of="the order at the exchange")
    os.kill(eventually(lambda: _worker_of(deployment, credential), seconds=8, of="its worker"), signal.SIGKILL)
    assert deployment.positions(account) == {"SOLUSDT": Decimal(20)}, "executed, but not yet answered"
    eventually(lambda: deployment.held("Killed") == {"SOLUSDT": 20}, seconds=60, of="the journal settled")
    fills = deployment.exchange.account(account)["orders"]
    assert [Decimal(row["executedQty"]) for row in fills] == [Decimal(20)]


def test_a_dead_child_is_started_again_within_a_second_or_so(deployment: Deployment) -> None:
    scheduler = next(pid for pid, args in deployment.children().items() if re.search(r"flask nof1 scheduler$", args))
    os.kill(scheduler, signal.SIGKILL)

    def another() -> bool:
        pids = [pid for pid, args in deployment.children().items() if re.search(r"flask nof1 scheduler$", args)]
        return bool(pids) and scheduler not in pids

    eventually(another, seconds=5, of="another scheduler")


@pytest.mark.long
def test_cycles_go_on_without_anybody_looking(deployment: Deployment) -> None:
    before = deployment.flask("status")["credentials"]
    agent = "gpt-5"
    deployment.quiet(agent)
    account = deployment.follow("Unwatched", agent)
    deployment.prices(BNBUSDT="600")
    deployment.agent(agent, BNB={"quantity": "10", "leverage": 10})
    eventually(lambda: deployment.positions(account), of="a fill nobody watched")
    assert len(deployment.flask("status")["credentials"]) == len(before) + 1


def _idle(deployment: Deployment) -> bool:
    rows = deployment.flask("status")["credentials"]
    return any(row["name"] == "Killed" and row["last_cycle_at"] for row in rows)


def _faults(deployment: Deployment) -> list[dict[str, object]]:
    faults: list[dict[str, object]] = requests.get(f"{deployment.exchange.url}/sim/faults", timeout=10).json()
    return faults


def _worker_of(deployment: Deployment, credential: str) -> int | None:
    """The worker that is at work for this credential."""
    workers = deployment.flask("status")["workers"]
    return next((int(worker["pid"]) for worker in workers if credential in (worker["credential"] or "")), None)


def test_a_paper_account_needs_no_key_and_goes_the_same_way(deployment: Deployment) -> None:
    agent = "deepseek-chat-v3.1"
    deployment.prices(DOGEUSDT="0.2")
    deployment.quiet(agent)
    deployment.flask("credential", "add", "--user", EMAIL, "--name", "Paper", "--env", "paper")
    deployment.track("Paper", agent)
    deployment.agent(agent, DOGE={"quantity": "30000", "leverage": 10, "stop_loss": "0.18"})
    # 30000 x 0.2 / 10 = 600 of 10000: 6 % of 5000 = 300 margin = 3000 notional = 15000 DOGE
    eventually(lambda: deployment.held("Paper") == {"DOGEUSDT": 15000}, of="the paper fill")
    deployment.agent(agent)
    eventually(lambda: deployment.held("Paper") == {}, of="the paper close")
    # The demo's own credential follows this agent too: its orders show what would be seen of the paper account's.
    paper, real = (_order_ids(deployment, name) for name in ("Paper", "Momentum"))
    seen = {row["client_id"] for row in deployment.exchange.log() if row["path"] == "/fapi/v1/order"}
    assert paper and not paper & seen and real & seen


def _order_ids(deployment: Deployment, name: str) -> set[str]:
    rows = deployment.flask("orders", "--user", EMAIL, "--credential", name, "--limit", "500")
    return {row["client_order_id"] for row in rows}
