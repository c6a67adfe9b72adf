"""An answer that should be a list and isn't: it can't be read, and tells of no empty account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.errors import Transient
from tests.adapters.binance.host import Host, Reply

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
READS: dict[str, Callable[[BinanceExchange], object]] = {
    "/fapi/v3/positionRisk": lambda exchange: exchange.positions(),
    "/fapi/v1/userTrades": lambda exchange: exchange.trades("BTCUSDT", SINCE),
    "/fapi/v1/allOrders": lambda exchange: exchange.orders("BTCUSDT", "1"),
    "/fapi/v1/openAlgoOrders": lambda exchange: exchange.protections("BTCUSDT"),
}


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("body", [{}, {"msg": "success"}])
def test_what_is_no_list_is_not_an_empty_one(exchange: BinanceExchange, host: Host, path: str, body: object) -> None:
    host.tell(f"GET {path}", Reply(body))
    with pytest.raises(Transient, match="not understood"):
        READS[path](exchange)
