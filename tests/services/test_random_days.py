"""Random books, prices and faults: in the end the account has what is believed, protected; flat when the agent is."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nof1web.core.records import CredentialState
from nof1web.core.signals import RecordedPosition
from nof1web.errors import Nof1Error
from tests.exchange_process import ExchangeProcess
from tests.services.stage import PRICES, Stage, a_position

SEEDS = 40 if os.environ.get("NOF1_PROVE") else 2
STEPS = 25
SCALES = {"BTCUSDT": 1, "ETHUSDT": 20, "SOLUSDT": 400}
ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"
FAULTS: tuple[dict[str, Any], ...] = (
    {"path": ORDER, "method": "POST", "kind": "lose_answer"},
    {"path": ORDER, "method": "POST", "kind": "reset_before"},
    {"path": ORDER, "method": "POST", "kind": "http_503_unknown"},
    {"path": ORDER, "method": "POST", "kind": "http_503_unknown", "executed": False},
    *({"path": ORDER, "method": "POST", "kind": "reject", "code": code} for code in (-1001, -2019, -2015)),
    {"path": ALGO, "method": "POST", "kind": "lose_answer"},
    {"path": ALGO, "method": "POST", "kind": "reject", "code": -1001},
    {"path": ALGO, "method": "DELETE", "kind": "lose_answer"},
    {"path": ALGO, "method": "DELETE", "kind": "reject", "code": -1001},
    *(
        {"path": f"/fapi/{path}", "method": "GET", "kind": "reject", "code": -1001}
        for path in ("v3/account", "v1/userTrades", "v1/symbolConfig", "v1/openAlgoOrders")
    ),
)


class Agent:
    """A book that opens, resizes, flips, reopens and closes at random."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.held: dict[str, tuple[Decimal, int]] = {}
        self.oid = 1000 * seed

    def move(self) -> tuple[RecordedPosition, ...]:
        """Change the book at random; return it as a record shows it, a zero once where it closed explicitly."""
        zeros = [coin for coin in SCALES if self._move(coin)]
        return (*self.book(), *(a_position(coin, "0", PRICES[coin], oid=str(self.oid)) for coin in zeros))

    def book(self) -> tuple[RecordedPosition, ...]:
        """Return the positions with a stop and a target each."""
        return tuple(self._position(coin, quantity, oid) for coin, (quantity, oid) in self.held.items())

    def _move(self, coin: str) -> bool:
        luck, (quantity, oid) = self.chance.random(), self.held.get(coin, (Decimal(0), 0))
        self.oid += 1
        if not quantity:
            if luck < 0.3:
                size = Decimal(self.chance.choice((1, -1)) * self.chance.randint(1, 9) * SCALES[coin]) / 10
                self.held[coin] = (size, self.oid)
            return False
        if luck < 0.2:
            del self.held[coin]
            return luck < 0.05
        changes = ((0.35, quantity * self.chance.choice((Decimal("0.5"), Decimal(2))), oid),
                   (0.45, -quantity, self.oid), (0.55, quantity, self.oid))  # fmt: skip
        self.held[coin] = next(((q, o) for bound, q, o in changes if luck < bound), (quantity, oid))
        return False

    def _position(self, coin: str, quantity: Decimal, oid: int) -> RecordedPosition:
        price, sign = Decimal(PRICES[coin]), 1 if quantity > 0 else -1
        stop, target = (str(price * (1 + sign * share)) for share in (Decimal("-0.03"), Decimal("0.05")))
        return a_position(coin, str(quantity), str(price), oid=str(oid), stop=stop, target=target)


def tried(work: Callable[[], object]) -> None:
    """Do what a worker does with a failing job: go on."""
    with suppress(Nof1Error):
        work()


def running(stage: Stage) -> None:
    stage.store.credentials.set_state("c_1", CredentialState.RUNNING)


def a_day(stage: Stage, agent: Agent) -> None:
    """Let the agent trade for some steps while requests fail and prices move by up to 2 %."""
    for _ in range(STEPS):
        moved = {
            coin: str((Decimal(PRICES[coin]) * (1000 + agent.chance.randint(-20, 20)) / 1000).quantize(Decimal("0.1")))
            for coin in SCALES
        }
        stage.control.prices(**moved)
        stage.agent("deepseek", *agent.move())
        for fault in agent.chance.choices(FAULTS, k=agent.chance.choice((0, 0, 1, 1, 2))):
            stage.control.post("/sim/faults", api_key=stage.key["api_key"], **fault)
        tried(stage.cycle)
        if agent.chance.random() < 0.3:
            tried(stage.sync)
        running(stage)
        stage.skew += timedelta(seconds=agent.chance.choice((1, 3, 8, 20)))


def calm(stage: Stage, agent: Agent, cycles: int) -> None:
    """Let nothing fail and nothing change for a while."""
    stage.control.post("/sim/faults", clear=True)
    running(stage)
    for _ in range(cycles):
        stage.skew += timedelta(seconds=16)
        stage.agent("deepseek", *agent.book())
        tried(stage.cycle)
        tried(stage.sync)


@contextmanager
def stages(exchange: ExchangeProcess, folder: Path) -> Iterator[list[tuple[int, Stage, Agent]]]:
    """Live through a day per seed, every third in hedge mode; then let the last orders' deadlines pass."""
    exchange.post("/sim/market", weight_limit=10**9)
    made = []
    for seed in range(SEEDS):
        (folder / str(seed)).mkdir()
        stage, agent = Stage(exchange, folder / str(seed), balance="20000", hedge=seed % 3 == 0), Agent(seed)
        stage.follow(total_margin="15000", price_tolerance="20")
        a_day(stage, agent)
        made.append((seed, stage, agent))
    time.sleep(7)
    exchange.prices(**PRICES)
    yield made
    for _, stage, _ in made:
        stage.stack.close()


@pytest.mark.timeout(900)
def test_after_any_day_what_is_believed_is_what_the_account_has(
    exchange: ExchangeProcess, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    wrong: list[tuple[object, ...]] = []
    with stages(exchange, tmp_path) as made:
        for seed, stage, agent in made:
            calm(stage, agent, 14)
            if stage.store.journal.unresolved("c_1") or stage.live() != stage.holdings():
                wrong.append((seed, "believed", stage.holdings(), "live", stage.live()))
            if {row["symbol"] for row in stage.resting()} != set(stage.holdings()):
                wrong.append((seed, "protected", stage.legs(), "held", stage.holdings()))
            agent.held.clear()
            calm(stage, agent, 6)
            if stage.live() or stage.holdings() or stage.resting():
                wrong.append((seed, "not flat", stage.live(), stage.holdings(), stage.legs()))
    record_property("random days with faults", f"{SEEDS} x {STEPS} steps, {len(wrong)} violations")
    assert not wrong, "\n".join(map(str, wrong))
