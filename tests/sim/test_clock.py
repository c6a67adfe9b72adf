"""The virtual clock: time that moves when told, walks every second, and makes the same day of the same seed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from nof1web.sim.algo_orders import AlgoRequest
from nof1web.sim.clock import SimClock
from nof1web.sim.orders import OrderRequest
from nof1web.sim.state import StateError, StateStore, open_state
from nof1web.sim.world import make_world
from tests.sim.face import START_MS, Trader
from tests.sim.virtual import Virtual, virtual

DAY = 86_400
BOUNDARY_MS = START_MS // 28_800_000 * 28_800_000 + 28_800_000


@pytest.fixture
def still() -> Virtual:
    """A virtual world at its start."""
    return virtual()


def rows(store: StateStore) -> list[tuple[str, str, str]]:
    """The whole state as it is written."""
    return store.connection.execute("SELECT kind, name, data FROM rows ORDER BY kind, name").fetchall()


def protect(face: Virtual, account_id: str, symbol: str, quantity: str) -> None:
    """A stop 1 % and a target 1 % away, and a resting order that adds at half a percent below."""
    exchange, now_ms = face.world.exchange, face.world.clock()
    mark, tick = exchange.market.mark(symbol), exchange.market.instruments[symbol].tick
    for kind, factor in (("STOP_MARKET", "0.99"), ("TAKE_PROFIT_MARKET", "1.01")):
        trigger = mark * Decimal(factor) // tick * tick
        wish = AlgoRequest(symbol, "SELL", kind, Decimal(quantity), trigger, reduce_only=True)
        exchange.place_algo(account_id, wish, now_ms=now_ms)
    price = mark * Decimal("0.995") // tick * tick
    resting = OrderRequest(symbol=symbol, side="BUY", type="LIMIT", quantity=Decimal(quantity), price=price)
    exchange.place_order(account_id, resting, now_ms=now_ms)


def traded_day(folder: Path, *, parts: int, seed: int = 7, seconds: int = DAY) -> list[tuple[str, str, str]]:
    """The state after a day, or less, of an account that trades at its start and at its middle."""
    store = open_state(folder)
    face = virtual(seed=seed, store=store)
    account_id = face.account()
    for half in range(2):
        for symbol, quantity in (("BTCUSDT", "0.2"), ("SOLUSDT", "30")):
            face.market(account_id, "BUY", quantity, symbol)
            protect(face, account_id, symbol, quantity)
        for _ in range(parts):
            face.clock(advance_seconds=seconds // 2 // parts)
        assert face.world.clock() == START_MS + seconds // 2 * 1000 * (half + 1)
    state = rows(store)
    store.close()
    return state


@pytest.mark.parametrize("seconds", [DAY * 2 // 5, pytest.param(DAY, marks=pytest.mark.long)])
def test_the_same_seed_and_calls_make_the_same_day_to_the_byte(tmp_path: Path, seconds: int):
    first = traded_day(tmp_path / "one", parts=1, seconds=seconds)
    assert first == traded_day(tmp_path / "two", parts=1, seconds=seconds)
    kinds = {kind for kind, _, _ in first}
    assert {"account", "agent", "algo", "candle", "funding", "income", "market", "order", "record", "trade"} <= kinds
    assert sum('"FUNDING_FEE"' in data for _, _, data in first) >= seconds * 3 // DAY


def test_how_an_advance_is_cut_into_calls_changes_nothing(tmp_path: Path):
    once, often = virtual(), virtual()
    once.clock(advance_seconds=3600)
    for _ in range(48):
        often.clock(advance_seconds=75)
    assert once.world.exchange.market == often.world.exchange.market
    assert once.get("/fapi/v1/klines?symbol=BTCUSDT&interval=1m") == often.get(
        "/fapi/v1/klines?symbol=BTCUSDT&interval=1m"
    )
    assert once.get("/api/account-totals") == often.get("/api/account-totals")


def test_another_seed_makes_another_day():
    first, second = virtual(seed=1), virtual(seed=2)
    for face in (first, second):
        face.clock(advance_seconds=60)
    assert first.get("/fapi/v1/premiumIndex") != second.get("/fapi/v1/premiumIndex")


def test_time_stands_until_it_is_moved_and_everything_goes_by_it(still: Virtual):
    assert still.get("/fapi/v1/time") == {"serverTime": START_MS}
    assert still.clock(advance_seconds="90.5")["now_ms"] == START_MS + 90_500
    assert still.get("/fapi/v1/time") == {"serverTime": START_MS + 90_500}
    assert still.get("/api/account-totals")["serverTime"] == START_MS + 90_500
    assert still.world.exchange.market.steps == 90
    assert still.clock(to_ms=START_MS + 120_000)["now_ms"] == START_MS + 120_000


def test_an_advance_walks_every_second_even_of_a_long_sleep(still: Virtual):
    still.clock(advance_seconds=1800)
    assert still.world.exchange.market.steps == 1800
    assert still.world.feed.agents["gpt-5"].moves > 20


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"advance_seconds": 86_401}, "at most 1 day"),
        ({"advance_seconds": -1}, "0 or more"),
        ({"to_ms": START_MS - 1}, "only goes forward"),
        ({"to_ms": "soon"}, "whole number"),
        ({"speed": "NaN"}, "not a number"),
        ({"speed": "10001"}, "between 0 and"),
        ({"advance_seconds": 1, "to_ms": START_MS}, "one of"),
        ({"advance": 1}, "one of"),
    ],
)
def test_an_odd_wish_moves_nothing(still: Virtual, wish: dict[str, object], words: str):
    assert words in still.clock(**wish)["error"]
    assert still.get("/sim/clock") == {"virtual": True, "now_ms": START_MS, "speed": "0", "skew_ms": 0}


def test_the_wall_clock_is_not_moved(btc: Trader):
    for wish in ({"advance_seconds": 1}, {"speed": "2"}):
        assert "--virtual" in btc.control("clock", wish)["error"]


def test_a_speed_makes_virtual_seconds_of_real_ones():
    real = [1_000_000]
    clock = SimClock(virtual=True, at_ms=START_MS, steady=lambda: real[0])
    clock.run_at(Decimal("60"))
    real[0] += 500
    assert clock.due() == START_MS + 30_000
    real[0] += 3_600_000
    assert clock.due() == START_MS + 600_000


def test_a_wall_clock_that_is_set_back_does_not_stop_a_running_one():
    wall, steady = [10**12], [0]
    clock = SimClock(virtual=True, at_ms=START_MS, wall=lambda: wall[0], steady=lambda: steady[0])
    clock.run_at(Decimal(10))
    wall[0] -= 3_600_000
    steady[0] += 1000
    assert clock.due() == START_MS + 10_000


def test_a_skewed_door_refuses_who_goes_by_the_true_time(btc: Trader):
    assert btc.control("clock", {"skew_ms": 90_000})["skew_ms"] == 90_000
    assert btc.code("GET", "/fapi/v3/account") == -1021
    told = btc.client.get("/fapi/v1/time").json["serverTime"]
    assert told == btc.clock() + 90_000
    assert btc.code("GET", "/fapi/v3/account", timestamp=told) == 0
    btc.control("clock", {"skew_ms": -90_000})
    assert btc.code("GET", "/fapi/v3/account") == -1021


def test_a_skew_never_changes_when_something_happened(btc: Trader):
    btc.control("clock", {"skew_ms": 90_000})
    placed = btc.market("BUY", "0.001", timestamp=btc.clock() + 90_000)
    assert placed["updateTime"] == btc.clock()


def test_a_virtual_world_goes_on_where_it_was(tmp_path: Path):
    store = open_state(tmp_path)
    face, straight = virtual(store=store), virtual()
    for each in (face, straight):
        each.clock(advance_seconds="5430.25")
    store.close()
    again = virtual(store=open_state(tmp_path), start_ms=START_MS + 10**9)
    assert again.world.clock() == START_MS + 5_430_250
    assert again.clock(speed="2")["speed"] == "2"
    for each in (again, straight):
        each.clock(advance_seconds=5000)
    for path in ("/fapi/v1/klines?symbol=BTCUSDT&interval=1h", "/fapi/v1/ticker/24hr", "/api/account-totals"):
        assert again.get(path) == straight.get(path)


def test_a_virtual_world_is_not_opened_by_the_wall_clock(tmp_path: Path):
    store = open_state(tmp_path)
    virtual(store=store)
    with pytest.raises(StateError, match="--virtual"):
        make_world(seed=1, now_ms=START_MS, store=store)


def test_an_advance_is_written_once(tmp_path: Path):
    store = open_state(tmp_path)
    face, written = virtual(store=store), []
    store.connection.set_trace_callback(lambda statement: written.append(statement == "COMMIT"))
    face.clock(advance_seconds=600)
    assert sum(written) == 1


def test_funding_is_paid_by_virtual_time_at_the_rate_that_history_tells():
    face = virtual(start_ms=BOUNDARY_MS - 30_000)
    account_id = face.account()
    face.market(account_id, "BUY", "0.1")
    face.clock(advance_seconds=60)
    (paid,) = (row for row in face.world.exchange.account(account_id).income if row.kind == "FUNDING_FEE")
    (told,) = face.get("/fapi/v1/fundingRate?symbol=BTCUSDT")
    assert (paid.at_ms, told["fundingTime"], told["rateType"]) == (BOUNDARY_MS, BOUNDARY_MS, "Regular")
    owed = Decimal("-0.1") * Decimal(told["markPrice"]) * Decimal(told["fundingRate"])
    assert paid.amount == owed.quantize(Decimal("0.00000001"))
