"""Rules and marks of a host, and the values they are read from."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nof1web.adapters.binance import cache
from nof1web.adapters.binance.cache import AGAIN_MS, HOUR_MS, HourCache
from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.adapters.binance.http import Unmetered
from nof1web.adapters.binance.market import BinanceMarket
from nof1web.adapters.binance.parsing import number, plain
from nof1web.core.trading import Bracket
from nof1web.errors import Transient
from tests.adapters.binance.host import Host, Reply

BTC = {
    "symbol": "BTCUSDT", "contractType": "PERPETUAL", "status": "TRADING", "pricePrecision": 2, "quantityPrecision": 3,
    "filters": [
        {"filterType": "PRICE_FILTER", "tickSize": "0.10", "minPrice": "556.80", "maxPrice": "4529764"},
        {"filterType": "LOT_SIZE", "stepSize": "0.001", "maxQty": "1000", "minQty": "0.001"},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.001", "stepSize": "0.001", "maxQty": "120"},
        {"filterType": "MIN_NOTIONAL", "notional": "50"},
    ],
}
LIMITS = [
    {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
]
BRACKETS = [{
    "symbol": "BTCUSDT",
    "brackets": [
        {"bracket": 2, "initialLeverage": 100, "notionalCap": 600000, "maintMarginRatio": 0.005},
        {"bracket": 1, "initialLeverage": 125, "notionalCap": 300000, "maintMarginRatio": 0.004},
    ],
}]


class Learner(Unmetered):
    """A Throttle that keeps the limit it was told."""

    limit = 0

    def learn(self, limit_per_minute: int) -> None:
        self.limit = limit_per_minute


@pytest.fixture
def market(host: Host) -> BinanceMarket:
    host.tell("GET /fapi/v1/exchangeInfo", Reply({"rateLimits": LIMITS, "symbols": [BTC]}))
    return BinanceMarket(base_url=host.url, budget=Unmetered())


def test_rules_come_from_the_filters_and_not_from_the_precisions(market: BinanceMarket) -> None:
    btc = market.instruments()["BTCUSDT"]
    assert (btc.tick, btc.step, btc.min_notional) == (Decimal("0.1"), Decimal("0.001"), Decimal(50))
    assert (btc.market_max_quantity, btc.tradable) == (Decimal(120), True)


@pytest.mark.parametrize("change", [{"status": "SETTLING"}, {"contractType": "TRADIFI_PERPETUAL"}])
def test_a_symbol_that_takes_no_orders_is_not_tradable(
    market: BinanceMarket, host: Host, change: dict[str, str]
) -> None:
    host.tell("GET /fapi/v1/exchangeInfo", Reply({"rateLimits": LIMITS, "symbols": [BTC | change]}))
    assert not market.instruments()["BTCUSDT"].tradable


def test_one_unreadable_symbol_does_not_take_the_others_away(market: BinanceMarket, host: Host) -> None:
    strange = {"symbol": "ODDUSDT", "status": "TRADING", "contractType": "PERPETUAL", "filters": []}
    host.tell("GET /fapi/v1/exchangeInfo", Reply({"rateLimits": LIMITS, "symbols": [strange, BTC]}))
    assert list(market.instruments()) == ["BTCUSDT"]


def test_rules_without_any_readable_symbol_are_refused(market: BinanceMarket, host: Host) -> None:
    host.tell("GET /fapi/v1/exchangeInfo", Reply({"rateLimits": LIMITS, "symbols": []}))
    with pytest.raises(Transient):
        market.instruments()


def test_rules_are_read_once_for_everybody_on_a_host(market: BinanceMarket, host: Host) -> None:
    market.instruments()
    BinanceMarket(base_url=host.url, budget=Unmetered()).instruments()
    assert len(host.asked) == 1


def test_the_hosts_own_limit_is_learnt(market: BinanceMarket, host: Host) -> None:
    learner = Learner()
    BinanceMarket(base_url=host.url, budget=learner).instruments()
    assert learner.limit == 6_000


def test_an_account_sees_the_rules_with_its_brackets(
    market: BinanceMarket, exchange: BinanceExchange, host: Host
) -> None:
    host.tell("GET /fapi/v1/leverageBracket", Reply(BRACKETS))
    small, large = exchange.instruments()["BTCUSDT"].brackets
    assert small == Bracket(Decimal(300_000), 125, Decimal("0.004"))
    assert large.notional_cap == 600_000


def test_brackets_raised_for_one_account_are_not_given_to_all(
    market: BinanceMarket, exchange: BinanceExchange, host: Host
) -> None:
    host.tell("GET /fapi/v1/leverageBracket", Reply({**BRACKETS[0], "notionalCoef": 1.5}))
    assert exchange.instruments()["BTCUSDT"].brackets[0].notional_cap == 200_000


def test_a_symbol_without_a_mark_is_left_out(market: BinanceMarket, host: Host) -> None:
    rows = [{"symbol": "BTCUSDT", "markPrice": "11793.63104562"}, {"symbol": "NEWUSDT", "markPrice": "0.00000000"}]
    host.tell("GET /fapi/v1/premiumIndex", Reply(rows))
    assert market.marks() == {"BTCUSDT": Decimal("11793.63104562")}


def failing() -> str:
    raise Transient("down")


def test_the_last_rules_serve_while_the_host_is_away() -> None:
    now = [0]
    kept: HourCache[str] = HourCache(clock=lambda: now[0])
    kept.get("host", lambda: "old")
    now[0] = HOUR_MS
    assert kept.get("host", failing) == "old"
    now[0] += AGAIN_MS
    assert kept.get("host", lambda: "new") == "new"


def test_without_any_rules_the_failure_is_told() -> None:
    with pytest.raises(Transient):
        HourCache[str](clock=cache.monotonic_ms).get("host", failing)


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E+3", "1000"), ("0.00001", "0.00001"), ("1.500", "1.5"), ("1000", "1000"), ("1E-7", "0.0000001")],
)
def test_numbers_go_out_fixed_point(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@pytest.mark.parametrize("value", ["NaN", "Infinity", True, None, [], 1.5])
def test_what_is_not_a_finite_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not"):
        number(value)
