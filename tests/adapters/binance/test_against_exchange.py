"""The client against the built-in exchange on a loopback port: both speak the same dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from redis import Redis

from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.adapters.binance.http import Throttle
from nof1web.adapters.binance.signing import HmacSigner
from nof1web.adapters.budget import Budget, NoBudget
from nof1web.adapters.feeds.nof1 import Nof1Feed
from nof1web.core.trading import (
    AlgoRequest,
    AlgoStatus,
    Environment,
    Leg,
    MarginMode,
    OrderRequest,
    OrderStatus,
    PositionSide,
    Side,
)
from nof1web.errors import AlreadyDone, CredentialRefused, OutcomeUnknown, Rejected, Transient
from tests.adapters.binance.sim_server import sim_server
from tests.adapters.redis_server import redis_server

QUANTITY = Decimal("0.01")
ids = (f"n-test-{number}" for number in count())

Control = Callable[[str, Any], Any]
Open = Callable[..., BinanceExchange]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with sim_server(tmp_path_factory.mktemp("sim")) as served:
        yield served


@pytest.fixture
def control(url: str) -> Control:
    def post(path: str, wish: Any) -> Any:
        answer = requests.post(f"{url}/sim/{path}", json=wish, timeout=5)
        answer.raise_for_status()
        return answer.json()

    post("market", {"frozen": True, "weight_limit": 100_000})
    post("prices", {"BTCUSDT": "60000"})
    return post


@pytest.fixture
def opened(url: str, control: Control) -> Open:
    """Open an account with 10,000 USDT and return its client."""

    def make(
        *, environment: Environment = Environment.TESTNET, budget: Throttle | None = None, **wish: Any
    ) -> BinanceExchange:
        key = control("keys", {"balance": "10000", **wish})
        return BinanceExchange(
            base_url=url, environment=environment, api_key=key["api_key"], signer=HmacSigner(key["api_secret"]),
            budget=budget or NoBudget(), sapi_url=url,
        )

    return make


@pytest.fixture
def exchange(opened: Open) -> BinanceExchange:
    return opened()


def order(exchange: BinanceExchange, side: Side = Side.BUY, **changes: Any) -> OrderRequest:
    asked = OrderRequest(
        next(ids), "BTCUSDT", side, PositionSide.BOTH, QUANTITY, reduce_only=False, timestamp_ms=exchange.server_ms()
    )
    return replace(asked, **changes)


def stop(**changes: Any) -> AlgoRequest:
    asked = AlgoRequest(next(ids), "BTCUSDT", Leg.STOP, Side.SELL, PositionSide.BOTH, QUANTITY, Decimal(55_000))
    return replace(asked, **changes)


def test_a_new_account_has_its_balance_and_no_position(exchange: BinanceExchange) -> None:
    account = exchange.account()
    assert (account.equity, account.hedge, account.multi_assets) == (Decimal(10_000), False, False)
    assert exchange.positions() == ()


def test_the_rules_come_with_brackets_and_marks(exchange: BinanceExchange) -> None:
    btc = exchange.instruments()["BTCUSDT"]
    assert btc.tradable and btc.brackets[0].max_leverage >= 100
    assert exchange.marks()["BTCUSDT"] == Decimal(60_000)


def test_an_order_is_filled_found_and_explained_by_its_trades(exchange: BinanceExchange) -> None:
    asked = order(exchange)
    placed = exchange.place(asked)
    found = exchange.order("BTCUSDT", asked.client_order_id)
    assert (placed.status, placed.executed, placed.price) == (OrderStatus.FILLED, QUANTITY, None)
    assert found is not None and found.price is not None
    fills = exchange.trades("BTCUSDT", now() - timedelta(minutes=1))
    assert sum(fill.quantity for fill in fills) == QUANTITY
    assert {fill.order_id for fill in fills} == {placed.order_id}


def test_a_short_is_a_negative_position(exchange: BinanceExchange) -> None:
    exchange.place(order(exchange, Side.SELL))
    [position] = exchange.positions("BTCUSDT")
    assert (position.quantity, position.side) == (-QUANTITY, PositionSide.BOTH)


def test_a_limit_out_of_reach_expires_unfilled(exchange: BinanceExchange) -> None:
    report = exchange.place(order(exchange, limit=Decimal(59_000)))
    assert (report.status, report.executed) == (OrderStatus.EXPIRED, Decimal(0))


def test_reducing_without_a_position_is_rejected(exchange: BinanceExchange) -> None:
    with pytest.raises(Rejected) as refused:
        exchange.place(order(exchange, Side.SELL, reduce_only=True))
    assert refused.value.exchange_code == -2022


def test_a_hedged_short_is_opened_protected_and_closed(opened: Open) -> None:
    exchange = opened(hedge=True)
    short = {"position_side": PositionSide.SHORT}
    exchange.place(order(exchange, Side.SELL, **short))
    assert exchange.positions()[0].quantity == -QUANTITY
    exchange.place_protection(stop(side=Side.BUY, trigger=Decimal(65_000), **short))
    exchange.place(order(exchange, Side.BUY, reduce_only=True, **short))
    assert exchange.positions() == ()


def test_an_order_signed_too_long_ago_is_not_executed(exchange: BinanceExchange) -> None:
    with pytest.raises(Transient) as late:
        exchange.place(order(exchange, timestamp_ms=exchange.server_ms() - 6_000))
    assert late.value.exchange_code == -1021
    assert exchange.positions() == ()


def test_leverage_and_margin_mode_are_set(exchange: BinanceExchange) -> None:
    exchange.set_leverage("BTCUSDT", 7)
    exchange.set_margin_mode("BTCUSDT", MarginMode.ISOLATED)
    config = exchange.symbol_config("BTCUSDT")
    assert (config.leverage, config.margin_mode) == (7, MarginMode.ISOLATED)
    with pytest.raises(AlreadyDone):
        exchange.set_margin_mode("BTCUSDT", MarginMode.ISOLATED)


def test_a_stop_rests_is_listed_and_is_cancelled_once(exchange: BinanceExchange) -> None:
    exchange.place(order(exchange))
    resting = exchange.place_protection(stop())
    assert exchange.protections("BTCUSDT") == exchange.protections() == (resting,)
    exchange.cancel_protection(resting.client_algo_id)
    with pytest.raises(AlreadyDone):
        exchange.cancel_protection(resting.client_algo_id)


def test_a_stop_that_is_hit_names_the_order_that_closed(exchange: BinanceExchange, control: Control) -> None:
    exchange.place(order(exchange))
    resting = exchange.place_protection(stop())
    control("prices", {"BTCUSDT": "54000"})
    hit = exchange.protection(resting.client_algo_id)
    assert hit is not None and hit.status is AlgoStatus.FINISHED
    assert hit.order_id in {fill.order_id for fill in exchange.trades("BTCUSDT", now() - timedelta(minutes=1))}
    assert exchange.positions() == ()


def test_a_stop_already_passed_is_rejected(exchange: BinanceExchange) -> None:
    exchange.place(order(exchange))
    with pytest.raises(Rejected) as refused:
        exchange.place_protection(stop(trigger=Decimal(61_000)))
    assert refused.value.exchange_code == -2021


def test_what_was_never_sent_is_unknown_there(exchange: BinanceExchange) -> None:
    assert exchange.order("BTCUSDT", "n-nobody") is None
    assert exchange.protection("n-nobody") is None


@pytest.mark.parametrize("kind", ["lose_answer", "reset_before", "http_503_unknown"])
def test_a_lost_answer_is_found_out_by_asking(exchange: BinanceExchange, control: Control, kind: str) -> None:
    asked = order(exchange)
    control("faults", {"path": "/fapi/v1/order", "method": "POST", "kind": kind})
    with pytest.raises(OutcomeUnknown):
        exchange.place(asked)
    found = exchange.order("BTCUSDT", asked.client_order_id)
    assert (found is None) is (kind == "reset_before")


def test_a_good_key_passes_the_test_everywhere(opened: Open) -> None:
    found = opened().check()
    assert found.equity == 10_000 and found.account_alias
    assert found.warnings == ("permissions_unverified",)


def test_a_live_key_that_can_withdraw_is_refused(opened: Open) -> None:
    with pytest.raises(CredentialRefused, match="enableWithdrawals"):
        opened(environment=Environment.LIVE, permissions={"enableWithdrawals": True}).check()


def test_a_wrong_secret_is_named(url: str, control: Control) -> None:
    key = control("keys", {})["api_key"]
    wrong = BinanceExchange(
        base_url=url, environment=Environment.TESTNET, api_key=key, signer=HmacSigner("x" * 64), budget=NoBudget()
    )
    with pytest.raises(CredentialRefused, match="secret does not belong"):
        wrong.check()


def test_the_budget_follows_what_the_host_counts(opened: Open, tmp_path: Path) -> None:
    with redis_server(tmp_path) as redis_url, Redis.from_url(redis_url) as redis:
        budget = Budget(redis, host="sim", egress="here", limit_per_minute=None, clock=now)
        opened(budget=budget).positions()
        assert budget.meter().used > 0


def test_all_seven_agents_of_the_arena_are_understood(url: str) -> None:
    reading = Nof1Feed(base_url=f"{url}/api", timeout=5).read(None)
    assert reading is not None and len(reading.records) == 7
    assert not any(record.unmapped for record in reading.records)
