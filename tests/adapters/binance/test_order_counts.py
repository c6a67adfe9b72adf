"""Orders are counted per account, and the wallet's host has a budget of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.adapters.binance.signing import HmacSigner
from nof1web.adapters.budget import Lane, NoBudget
from nof1web.core.trading import Environment, OrderRequest, PositionSide, Side
from nof1web.errors import ExchangeError, Transient
from tests.adapters.binance.host import SERVER_MS, Host, Reply

ORDER = OrderRequest("n1", "BTCUSDT", Side.BUY, PositionSide.BOTH, Decimal(1), False, SERVER_MS)
DONE = {"clientOrderId": "n1", "orderId": 7, "status": "FILLED", "executedQty": "1"}


class Heard(NoBudget):
    """Notes what it is told of orders and weights."""

    def __init__(self) -> None:
        self.orders: list[tuple[str, Lane]] = []
        self.noted: list[tuple[str, int, int]] = []
        self.held: list[tuple[str, datetime]] = []
        self.used: list[int] = []

    def order(self, account: str, lane: Lane) -> None:
        self.orders.append((account, lane))

    def note_orders(self, account: str, in_10s: int, in_1m: int) -> None:
        self.noted.append((account, in_10s, in_1m))

    def hold_orders(self, account: str, until: datetime) -> None:
        self.held.append((account, until))

    def note(self, used_weight: int) -> None:
        self.used.append(used_weight)


def client(host: Host, heard: Heard, key: str = "k" * 64, **more: object) -> BinanceExchange:
    return BinanceExchange(
        base_url=host.url, environment=Environment.LIVE, api_key=key, signer=HmacSigner("s"), budget=heard, **more  # type: ignore[arg-type]
    )


def test_the_hosts_counts_are_handed_on_for_the_account_that_sent(host: Host) -> None:
    host.tell("POST /fapi/v1/order", Reply(DONE, headers={"X-MBX-ORDER-COUNT-10S": "3", "x-mbx-order-count-1m": "9"}))
    heard = Heard()
    client(host, heard).place(ORDER)
    ((account, short, long),) = heard.noted
    assert (short, long) == (3, 9) and heard.orders == [(account, "entry")] and "k" * 8 not in account
    client(host, heard, "j" * 64).place(ORDER)
    assert heard.noted[1][0] != account


def test_too_many_orders_hold_the_account_as_long_as_it_was_told(host: Host) -> None:
    refusal = {"code": -1015, "msg": "Too many new orders"}
    host.tell("POST /fapi/v1/order", Reply(refusal, status=429, headers={"Retry-After": "7"}))
    heard = Heard()
    with pytest.raises(Transient):
        client(host, heard).place(ORDER)
    ((_, until),) = heard.held
    assert timedelta(seconds=5) < until - datetime.now(UTC) <= timedelta(seconds=7)


def test_queries_count_as_no_order(host: Host) -> None:
    host.tell("GET /fapi/v1/order", Reply({**DONE}))
    heard = Heard()
    client(host, heard).order("BTCUSDT", "n1")
    assert not heard.orders


def test_the_wallets_host_pays_from_its_own_budget(host: Host) -> None:
    wallet, heard = Heard(), Heard()
    host.tell("GET /sapi/v1/account/apiRestrictions", Reply({}, headers={"X-SAPI-USED-IP-WEIGHT-1M": "12"}))
    with pytest.raises(ExchangeError):
        client(host, heard, sapi_url=host.url, sapi_budget=wallet).check()
    assert wallet.used == [12] and not heard.used
