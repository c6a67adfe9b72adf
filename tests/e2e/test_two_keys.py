"""Two keys of one person, one agent: set up by one command, both trade on the same signal."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.e2e.deployment import EMAIL, Deployment, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(240)]
AGENT, NAMES = "gpt-5", ("Left hand", "Right hand")


def test_two_keys_of_one_person_trade_the_same_signal_each_with_its_own_margin(deployment: Deployment) -> None:
    deployment.prices(ETHUSDT="3000")
    deployment.quiet(AGENT)
    keys = {name: deployment.new_key() for name in NAMES}
    for name, key in keys.items():
        deployment.add_credential(name, key)
    names = [part for name in NAMES for part in ("--credential", name)]
    shared = ("--mode", "trade", "--set", "total_margin=5000", "--set", "interval=1", "--set", "price_tolerance=20")
    follow = ("tracker", "follow-several", "--user", EMAIL, "--source", "nof1", "--agent", AGENT, *names, *shared)
    deployment.flask(*follow, "--for", "Right hand:total_margin=2500")
    for name in NAMES:
        deployment.flask("start", "--user", EMAIL, "--credential", name)
    deployment.agent(AGENT, ETH={"quantity": "2", "leverage": 10, "stop_loss": "2700"})
    held = {"Left hand": {"ETHUSDT": Decimal(1)}, "Right hand": {"ETHUSDT": Decimal("0.5")}}
    accounts = {name: str(key["account_id"]) for name, key in keys.items()}
    eventually(lambda: {each: deployment.positions(id) for each, id in accounts.items()} == held, of="both positions")
    deployment.agent(AGENT)
    eventually(lambda: not any(map(deployment.positions, accounts.values())), of="both closes")
