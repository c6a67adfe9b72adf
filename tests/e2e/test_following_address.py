"""Real processes: an address on Hyperliquid is followed from its check on, also when only its equity had moved."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest

from nof1web.core.leaders import SOURCE, WALLETS
from tests.e2e.deployment import EMAIL, Deployment, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(240)]
AGENT = "gemini-2.5-pro"
QUIET_SECONDS = 20
"""more reads than those after which an address that does nothing is only noted as read again"""


def known(deployment: Deployment) -> dict[str, Any]:
    """What the installation knows of the address."""
    return next(row for row in deployment.flask("agents") if row["agent"] == WALLETS[AGENT])


def test_what_an_address_does_arrives_as_fills_long_after_it_did_nothing(deployment: Deployment) -> None:
    deployment.prices(SOLUSDT="150")
    deployment.agent(AGENT, SOL={"quantity": "20", "leverage": 10})
    key = deployment.new_key()
    deployment.add_credential("Address", key)
    wanted = ("--user", EMAIL, "--credential", "Address")
    settings = ("existing=copy", "total_margin=5000", "interval=1", "price_tolerance=20")
    chosen = [part for each in settings for part in ("--set", each)]
    deployment.flask("tracker", "add", *wanted, "--source", SOURCE, "--agent", AGENT, "--mode", "trade", *chosen)
    deployment.flask("start", *wanted)
    account = str(key["account_id"])
    # 20 SOL x 150 / 10 = 300 of 10000: 3 % of 5000 = 150 margin = 1500 notional = 10 SOL
    eventually(lambda: deployment.positions(account) == {"SOLUSDT": Decimal(10)}, of="the open")
    time.sleep(QUIET_SECONDS)
    assert known(deployment)["health"] == "good" and known(deployment)["age_s"] < QUIET_SECONDS
    deployment.agent(AGENT, SOL={"quantity": "10", "leverage": 10})
    eventually(lambda: deployment.positions(account) == {"SOLUSDT": Decimal(5)}, seconds=20, of="the reduction")
    deployment.agent(AGENT)
    eventually(lambda: not deployment.positions(account), seconds=40, of="the close")
    # What waits for its interval at the end of a stretch is decided with the read after it.
    time.sleep(5)
    found = deployment.flask("replay", "--source", SOURCE, "--agent", WALLETS[AGENT], *chosen)
    again = deployment.flask("replay", "--source", SOURCE, "--agent", WALLETS[AGENT], *chosen)
    assert found["orders"] == 3, [each for each in found["cycles"] if each["orders"]]
    assert found["sha256"] == again["sha256"] and found["reads"] > QUIET_SECONDS
