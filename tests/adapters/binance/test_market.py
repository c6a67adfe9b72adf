"""Rules and marks of a host, and the values they are read from."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.adapters.binance import cache
from nof1web.adapters.binance.cache import AGAIN_MS, HOUR_MS, HourCache
from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.adapters.binance.http import Unmetered
from nof1web.adapters.binance.market import BinanceMarket
from nof1web.adapters.binance.parsing import number, plain
from nof1web.adapters.binance.parsing_rules import parse_weight_limit
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


@pytest.mark.parametrize(
    ("limits", "per_minute"),
    [
        ([{"interval": "MINUTE", "intervalNum": 1, "limit": 2400}], 2400),
        ([{"interval": "MINUTE", "intervalNum": 5, "limit": 6000}], 1200),
        ([{"interval": "SECOND", "intervalNum": 10, "limit": 300}], 1800),
        ([{"interval": "DAY", "intervalNum": 1, "limit": 1_440_000}], 1000),
        ([{"interval": "HOUR", "intervalNum": 1, "limit": 60}], 1),
        ([{"interval": "AEON", "intervalNum": 1, "limit": 2400}], None),
        ([{"interval": "MINUTE", "intervalNum": 0, "limit": 2400}], None),
        ([{"interval": "MINUTE", "intervalNum": 1, "limit": 0}], None),
        ([], None),
    ],
)
def test_the_hosts_limit_is_brought_to_a_minute(limits: list[dict[str, object]], per_minute: int | None) -> None:
    rows = [{"rateLimitType": "REQUEST_WEIGHT", **limit} for limit in limits]
    other = {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1}
    assert parse_weight_limit({"rateLimits": [other, *rows]}) == per_minute


def test_a_host_that_does_not_tell_its_limit_still_has_rules(host: Host) -> None:
    host.tell("GET /fapi/v1/exchangeInfo", Reply({"symbols": [BTC]}))
    learner = Learner()
    assert BinanceMarket(base_url=host.url, budget=learner).instruments()
    assert learner.limit == 0


def test_the_rules_tell_their_age(market: BinanceMarket, host: Host) -> None:
    assert market.rules_age() is None
    market.instruments()
    age = market.rules_age()
    assert age is not None and timedelta(0) <= age < timedelta(minutes=1)


def failing() -> str:
    raise Transient("down")


def test_the_last_rules_serve_while_the_host_is_away() -> None:
    now = [0]
    kept: HourCache[str] = HourCache(clock=lambda: now[0])
    kept.get("host", lambda: "old")
    now[0] = HOUR_MS
    assert kept.get("host", failing) == "old"
    assert kept.age_ms("host") == HOUR_MS
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


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0))
def test_a_number_goes_out_as_it_is_without_exponent_or_spare_zeros(value: Decimal) -> None:
    assert re.fullmatch(r"(0|[1-9]\d*)(\.\d*[1-9])?", plain(value)) and Decimal(plain(value)) == value


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e40", "1e999999999", True, None, [], 1.5, "1 000"])
def test_what_is_not_a_finite_number_is_refused(value: object) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        number(value)
