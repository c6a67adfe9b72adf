"""What an account costs of the weight that everybody on one address shares (DESIGN §5, binance.md §4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.adapters.budget import Lane, NoBudget
from nof1web.errors import OverBudget
from tests.services.deaths import fills
from tests.services.stage import Stage, a_position, opened

D = Decimal
HELD = (
    ("BTCUSDT", "0.1", "60000", {"stop": "57000", "target": "66000"}),
    ("ETHUSDT", "-2", "3000", {"stop": "3300"}),
    ("SOLUSDT", "40", "150", {"stop": "140", "target": "170"}),
)


class Till(NoBudget):
    """Adds up what is spent by lane; `empty` lanes have nothing left."""

    def __init__(self) -> None:
        self.spent: dict[Lane, int] = {}
        self.empty: set[Lane] = set()

    def take(self, weight: int, lane: Lane, *, wait_ms: int | None = None) -> None:
        if weight and lane in self.empty:
            raise OverBudget("nothing left")
        self.spent[lane] = self.spent.get(lane, 0) + weight


@contextmanager
def counted(stage: Stage, *empty: Lane) -> Iterator[Till]:
    """Have the account's requests pay at this till; marks and rules are everybody's."""
    transport = stage.client._host._transport
    before, till = transport.throttle, Till()
    till.empty.update(empty)
    transport.throttle = till
    yield till
    transport.throttle = before


def holding_three(stage: Stage) -> None:
    stage.follow(total_margin="5000")
    stage.agent("deepseek", *(a_position(s, q, e, oid=s, **legs) for s, q, e, legs in HELD))
    stage.cycle()
    for _ in range(2):
        stage.sync()
    assert len(stage.live()) == 3 and len(stage.resting()) == 5


def test_an_account_with_three_held_symbols_costs_at_most_eight_a_minute(stage: Stage) -> None:
    holding_three(stage)
    with counted(stage) as till:
        for _ in range(30):
            stage.skew += timedelta(minutes=1)
            stage.sync()
            stage.cycle()
    assert sum(till.spent.values()) / 30 <= 8, till.spent


def test_an_account_that_holds_nothing_costs_nothing(stage: Stage) -> None:
    stage.follow()
    stage.sync()
    stage.skew += timedelta(hours=1)
    with counted(stage) as till:
        for _ in range(10):
            stage.skew += timedelta(minutes=1)
            stage.cycle()
    assert not any(till.spent.values())


def test_before_an_open_nothing_is_read_and_only_what_differs_is_set(stage: Stage) -> None:
    stage.follow(margin_mode="ISOLATED")
    stage.sync()
    stage.agent("deepseek", a_position(leverage=20))
    with counted(stage) as till:
        stage.cycle()
    assert stage.live() and till.spent == {"entry": 1}


def test_after_a_long_rest_an_open_costs_a_reading_and_two(stage: Stage) -> None:
    stage.follow(margin_mode="ISOLATED")
    stage.sync()
    stage.skew += timedelta(hours=3)
    stage.agent("deepseek", a_position(leverage=20))
    with counted(stage) as till:
        stage.cycle()
    assert stage.live() and till.spent == {"entry": 5 + 1 + 1}


def test_every_resting_leg_is_listed_within_two_minutes(stage: Stage) -> None:
    holding_three(stage)
    before = len(stage.control.log())
    for _ in range(2):
        stage.skew += timedelta(minutes=1)
        stage.sync()
    rows = [row for row in stage.control.log()[before:] if row["path"] == "/fapi/v1/openAlgoOrders"]
    assert len(rows) == 4


def test_marks_and_profit_are_new_at_each_sync_and_entries_as_they_were(stage: Stage) -> None:
    opened(stage)
    stage.sync()
    stage.control.prices(BTCUSDT="61000")
    with counted(stage) as till:
        stage.sync()
    found = stage.store.credentials.snapshot("c_1")
    assert found is not None and till.spent["sync"] == 5
    account, (position,) = found
    assert (position.mark, position.entry_price) == (61000, position.entry_price)
    assert abs(position.unrealised - position.quantity * (position.mark - position.entry_price)) < D("0.00001")
    assert account.unrealised == position.unrealised and account.equity > account.wallet


def test_another_entry_price_has_the_positions_read(stage: Stage) -> None:
    opened(stage)
    stage.sync()
    stage.control.prices(BTCUSDT="63000")
    for side in ("BUY", "SELL"):
        place = {"symbol": "BTCUSDT", "side": side, "type": "MARKET", "quantity": "0.01"}
        stage.control.post("/sim/orders", account_id=stage.account_id, place=place)
    with counted(stage) as till:
        stage.sync()
    found = stage.store.credentials.snapshot("c_1")
    assert found is not None and found[1][0].entry_price > 60500 and till.spent["sync"] >= 10


def test_an_exit_asks_nothing_of_an_account_read_long_ago(stage: Stage) -> None:
    opened(stage)
    stage.sync()
    stage.skew += timedelta(minutes=9)
    stage.agent("deepseek", a_position(quantity="0"))
    with counted(stage, "sync", "entry", "read") as till:
        stage.cycle()
    assert not stage.live() and not till.spent.get("sync")


def test_an_entry_goes_by_the_old_reading_where_the_budget_has_nothing_left(stage: Stage) -> None:
    stage.follow(total_margin="10000")
    stage.sync()
    stage.skew += timedelta(minutes=9)
    stage.agent("deepseek", a_position(quantity="1.3", leverage=20), equity="4000")
    with counted(stage, "sync", "entry") as till:
        stage.client.set_leverage = lambda symbol, leverage: None  # type: ignore[method-assign]
        stage.cycle()
    (size,) = fills(stage)
    margin = size * 60000 / 20
    assert D("7300") < margin <= D(10000) * D("0.95") * D("0.8") and not till.spent.get("sync")
    assert "sync" in stage.queue.asked


def test_an_account_that_has_to_be_reconciled_enters_by_no_old_reading(stage: Stage) -> None:
    stage.follow()
    stage.sync()
    stage.skew += timedelta(minutes=9)
    stage.store.halts.ask_reconcile("c_1", stage.now())
    stage.agent("deepseek", a_position())
    with counted(stage, "sync", "entry"):
        answer = stage.cycle()
    assert not stage.live() and [row["code"] for row in answer["verdicts"]] == ["account_unknown"]


@pytest.mark.parametrize("minutes", [1, 10])
def test_a_stretched_sync_lists_what_the_ones_it_stands_for_would_have(stage: Stage, minutes: int) -> None:
    holding_three(stage)
    stage.skew += timedelta(minutes=minutes)
    with counted(stage) as till:
        stage.sync()
    assert till.spent == {"sync": 5, "protection": min(3, 2 * minutes)}
