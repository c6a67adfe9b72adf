"""Following addresses: epochs from fills, stops from orders, and never more than a minute's weight."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nof1web.adapters.feeds.hyperliquid_wire import parse_reading
from nof1web.errors import FeedError, Transient
from tests.adapters.feeds.wallets import Wallets, address, trigger

ANN, BOB = address(1), address(2)


def epochs(wallets: Wallets, who: str = ANN) -> dict[str, str | None]:
    return {each.symbol: each.entry_oid for each in wallets.only(who).positions}


def read_once() -> Wallets:
    """Ann's 0.5 BTC of the order 71, read five seconds ago."""
    wallets = Wallets()
    wallets.hold(ANN, 71, BTC="0.5@100")
    epochs(wallets)
    wallets.seconds = 5
    return wallets


def test_an_epoch_is_the_order_that_left_flat() -> None:
    wallets = Wallets()
    wallets.hold(ANN, 71, BTC="0.5@100")
    wallets.fill(ANN, "BTC", before="0.5", after="0.8", oid=72)
    wallets.books[ANN]["BTC"] = ("0.8", "101")
    assert epochs(wallets) == {"BTCUSDT": "71"}


def test_an_order_that_crosses_zero_opens_another_epoch() -> None:
    wallets = read_once()
    wallets.fill(ANN, "BTC", before="0.5", after="-0.3", oid=80)
    wallets.hold(ANN, BTC="-0.3@99")
    assert epochs(wallets) == {"BTCUSDT": "80"}


def test_a_close_and_reopening_between_two_reads_is_another_epoch() -> None:
    wallets = read_once()
    wallets.fill(ANN, "BTC", before="0.5", after="0.0", oid=80)
    wallets.hold(ANN, 81, BTC="0.5@103")
    assert epochs(wallets) == {"BTCUSDT": "81"}


def test_a_partial_close_stays_in_its_epoch() -> None:
    wallets = read_once()
    wallets.fill(ANN, "BTC", before="0.5", after="0.2", oid=80)
    wallets.hold(ANN, BTC="0.2@100")
    assert epochs(wallets) == {"BTCUSDT": "71"}


def test_an_opening_older_than_all_fills_has_no_id() -> None:
    wallets = Wallets()
    wallets.hold(ANN, BTC="0.5@100")
    assert epochs(wallets) == {"BTCUSDT": None}


def test_a_new_position_is_not_told_before_its_fills_are_known() -> None:
    wallets = Wallets()
    wallets.hold(ANN, 71, BTC="0.5@100")
    wallets.silent = {"userFills"}
    reading = wallets.read(ANN)
    assert (reading.records, reading.untold) == ((), (ANN,))
    wallets.silent = set()
    assert epochs(wallets) == {"BTCUSDT": "71"}


def test_what_is_unchanged_costs_no_fills() -> None:
    wallets = Wallets()
    wallets.hold(ANN, 71, BTC="0.5@100")
    for seconds in range(0, 30, 5):
        wallets.seconds = seconds
        wallets.read(ANN)
    assert [kind for _, kind, _ in wallets.asked].count("userFills") == 1


@pytest.mark.parametrize(
    ("side", "size", "orders", "expected"),
    [
        ("A", "0.5", [("Stop", "90"), ("Stop", "95"), ("Take Profit", "120")], (Decimal(95), Decimal(120))),
        ("B", "-0.5", [("Stop", "110"), ("Stop", "105"), ("Take Profit", "80")], (Decimal(105), Decimal(80))),
        ("B", "0.5", [("Stop", "90")], (None, None)),
    ],
)
def test_the_nearest_resting_exits_are_the_stop_and_target(
    side: str, size: str, orders: list[tuple[str, str]], expected: tuple[Decimal | None, Decimal | None]
) -> None:
    wallets = Wallets()
    wallets.hold(ANN, 71, BTC=f"{size}@100")
    wallets.orders[ANN] = [trigger("BTC", kind, price, side=side) for kind, price in orders]
    [position] = wallets.only(ANN).positions
    assert (position.stop, position.target) == expected


def test_an_order_that_closes_only_a_part_is_no_target() -> None:
    wallets = Wallets()
    wallets.hold(ANN, 71, BTC="0.5@100")
    wallets.orders[ANN] = [trigger("BTC", "Take Profit", "120", isPositionTpsl=False, sz="0.2")]
    assert wallets.only(ANN).positions[0].target is None


def test_one_silent_address_leaves_the_others_and_is_not_called_missing() -> None:
    wallets = Wallets()
    wallets.hold(ANN, 71, BTC="0.5@100")
    wallets.hold(BOB)
    wallets.silent = {ANN}
    reading = wallets.read(ANN, BOB)
    assert [record.agent for record in reading.records] == [BOB] and reading.covers == {BOB}
    assert reading.untold == (ANN,)


def test_an_address_whose_answer_is_not_understood_is_missing() -> None:
    wallets = Wallets()
    wallets.hold(ANN, 71, BTC="0.5@much")
    wallets.hold(BOB)
    reading = wallets.read(ANN, BOB)
    assert [record.agent for record in reading.records] == [BOB] and reading.covers == {ANN, BOB}
    assert reading.unread == (ANN,)


def test_when_nobody_answers_the_read_failed() -> None:
    wallets = Wallets()
    wallets.hold(ANN)
    wallets.silent = {ANN}
    with pytest.raises(Transient):
        wallets.read(ANN)
    wallets.silent, wallets.books[ANN] = set(), {"BTC": ("NaN", "1")}
    with pytest.raises(FeedError):
        wallets.read(ANN)


def test_a_refusal_for_too_many_questions_is_obeyed() -> None:
    wallets = Wallets()
    wallets.hold(ANN)
    wallets.broken = Transient("Busy.", http_status=429, retry_after=20)
    with pytest.raises(Transient):
        wallets.read(ANN)
    wallets.broken, wallets.seconds = None, 19
    with pytest.raises(Transient) as still:
        wallets.read(ANN)
    assert wallets.asked == [] and still.value.retry_after is not None
    wallets.seconds = 21
    assert wallets.only(ANN).positions == ()


def test_thirty_addresses_every_three_seconds_stay_within_the_weight_and_fresh() -> None:
    wallets = Wallets()
    everybody = [address(number) for number in range(1, 31)]
    for number, who in enumerate(everybody):
        wallets.hold(who, number + 1, BTC="0.5@100")
    last, gaps = dict.fromkeys(everybody, 0.0), []
    for tick in range(100):
        wallets.seconds = tick * 3
        if tick % 20 == 7:
            wallets.fill(everybody[0], "BTC", before="0.5", after="0.6", oid=900)
            wallets.fill(everybody[0], "BTC", before="0.6", after="0.5", oid=901)
            wallets.hold(everybody[0], BTC=f"0.5@{100 + tick}")
        try:
            told = [record.agent for record in wallets.read(*everybody).records]
        except Transient:
            continue
        for who in told:
            gaps.append(wallets.seconds - last[who])
            last[who] = wallets.seconds
    settled = gaps[len(gaps) // 4 :]
    assert max(wallets.weight().values()) <= 1200
    assert max(settled) < 30 and sum(settled) / len(settled) < 3.3


def test_a_record_from_a_minute_ahead_is_ignored() -> None:
    wallets = Wallets()
    wallets.hold(ANN)
    raw = wallets.rounds.read([ANN]).written()
    moved = raw.replace(b'"time": 17', b'"time": 99')
    assert moved != raw
    assert parse_reading(moved).records == ()


def test_what_has_no_counterpart_is_named_without_costing_fills_orders_or_a_look_each_time() -> None:
    wallets = Wallets()
    wallets.hold(ANN)
    wallets.second[ANN] = {"xyz:NVDA": ("3", "180")}
    for seconds in range(0, 60, 5):
        wallets.seconds = seconds
        wallets.second[ANN] = {"xyz:NVDA": (f"{seconds + 1}", "180")}
        record = wallets.only(ANN)
        assert record.unmapped == ("xyz:NVDA",) and record.recorded_at == wallets.now
    assert {kind for _, kind, _ in wallets.asked} == {"clearinghouseState"} and len(wallets.asked) == 13
    wallets.seconds, wallets.second[ANN] = 60, {}
    assert wallets.only(ANN).unmapped == ()
