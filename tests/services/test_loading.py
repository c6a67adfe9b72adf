"""What a decision is loaded from: live quantities, what can't be told yet, levels above, the last hour's entries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from nof1web.core.own_fills import executed
from nof1web.core.records import Intent, IntentStatus, OrderKind
from nof1web.core.snapshot import Snapshot
from nof1web.core.trading import Environment, Position, PositionSide, Side
from nof1web.services.loading import credential_of, foreign_shares, live_quantities, load
from tests.core.scene import an_epoch
from tests.services.stage import Stage, a_position, opened

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OPEN, REDUCE = OrderKind.OPEN, OrderKind.REDUCE
BUY, SELL = Side.BUY, Side.SELL


def d(value: object) -> Decimal:
    return Decimal(str(value))


def a_live(quantity: object, side: PositionSide = PositionSide.BOTH) -> Position:
    return Position("BTCUSDT", side, d(quantity), d(60000), d(60000), d(0), d(0), d(1))


def an_intent(kind: OrderKind, side: Side, filled: object) -> Intent:
    return Intent(
        "t1", "BTCUSDT", "e1", 0, 0, "n1", "c_1", kind, side, d(filled), d(1), d(60000), 10, d(60000), False,
        IntentStatus.FILLED, AT, 0, AT, executed=d(filled), settled_at=AT,
    )  # fmt: skip


ONE_WAY = {
    "nothing": ((), (), {}),
    "a long": ((3,), (), {True: 3}),
    "a short": ((-3,), (), {False: 3}),
    "opened since": ((), ((OPEN, BUY, 2),), {True: 2}),
    "added since": ((3,), ((OPEN, BUY, 2),), {True: 5}),
    "reduced since": ((3,), ((REDUCE, SELL, 2),), {True: 1}),
    "closed since": ((3,), ((REDUCE, SELL, 3),), {}),
    "a short reduced since": ((-3,), ((REDUCE, BUY, 2),), {False: 1}),
    "closed and turned since": ((3,), ((REDUCE, SELL, 3), (OPEN, SELL, 2)), {False: 2}),
}
HEDGE = {
    "both sides": ((3, -1), (), {True: 3, False: 1}),
    "the long reduced since": ((3, -1), ((REDUCE, SELL, 2),), {True: 1, False: 1}),
    "a short opened since": ((3,), ((OPEN, SELL, 2),), {True: 3, False: 2}),
    "the short closed since": ((3, -1), ((REDUCE, BUY, 1),), {True: 3}),
    "the long closed, the short added to": ((3, -1), ((REDUCE, SELL, 3), (OPEN, SELL, 1)), {False: 2}),
}


@pytest.mark.parametrize(
    ("hedge", "row"), [(False, row) for row in ONE_WAY.values()] + [(True, row) for row in HEDGE.values()],
    ids=[*ONE_WAY, *HEDGE],
)  # fmt: skip
def test_live_quantities_are_the_readings_with_own_fills_since(
    hedge: bool, row: tuple[tuple[int, ...], tuple[tuple[OrderKind, Side, int], ...], dict[bool, int]]
) -> None:
    positions, fills, expected = row
    found = live_quantities(map(a_live, positions), [an_intent(*fill) for fill in fills], hedge=hedge)
    assert found == {("BTCUSDT", long): quantity for long, quantity in expected.items()}


def test_a_foreign_share_is_what_no_holding_accounts_for_at_the_time_of_the_reading() -> None:
    since = executed([an_intent(OPEN, BUY, 2)], hedge=False)
    assert since == {("BTCUSDT", True): 2}
    assert foreign_shares([a_live(5)], [], {}, hedge=False) == {("BTCUSDT", True): 5}
    assert foreign_shares([a_live(-5)], [], since, hedge=False) == {("BTCUSDT", False): -3}
    assert foreign_shares([], [], {}, hedge=False) == {}


@pytest.mark.parametrize(
    ("live", "held", "shares"),
    [
        ((3, -3), 0, {True: 3, False: -3}),
        ((3, -3), 3, {False: -3}),
        ((4, -3), 3, {True: 1, False: -3}),
        ((2, -3), 3, {False: -3}),
        ((3,), 3, {}),
    ],
)
def test_in_hedge_mode_each_side_has_a_foreign_share_of_its_own(
    live: tuple[int, ...], held: int, shares: dict[bool, int]
) -> None:
    epochs = [an_epoch(held)] if held else []
    found = foreign_shares(map(a_live, live), epochs, {}, hedge=True)
    assert found == {("BTCUSDT", long): share for long, share in shares.items()}


def loaded(stage: Stage) -> Snapshot:
    ports = stage.ports()
    return load(ports, credential_of(ports))


def settled(stage: Stage, ago: float, *, created: float | None = None) -> None:
    """Let the newest order have been settled so many seconds before the last reading."""
    snapshot = stage.store.credentials.snapshot("c_1")
    assert snapshot is not None
    at, number = snapshot[0].read_at, snapshot[0].read_no + 1
    intent = stage.store.journal.intents("c_1")[0]
    # Through the table: when an order was created never changes otherwise.
    created_at = at - timedelta(seconds=ago + 1 if created is None else created)
    stage.store.journal._file.change(  # type: ignore[attr-defined]
        "UPDATE intents SET created_at = ?, written_no = ? WHERE client_order_id = ?",
        (int(created_at.timestamp() * 1_000_000), number - (created_at < at), intent.client_order_id),
    )
    intent = stage.store.journal.intents("c_1")[0]
    settled_at = at - timedelta(seconds=ago)
    stage.store.journal.update(replace(intent, settled_at=settled_at, settled_no=number - (settled_at < at)))


@pytest.mark.parametrize(
    ("ago", "created", "unsure"),
    [(11, None, False), (9, None, True), (-5, 20, True), (-5, -4, False)],
    ids=["long before", "shortly before", "sent before, settled after", "sent after"],
)
def test_a_reading_is_unsure_of_what_filled_shortly_before_it(
    stage: Stage, ago: float, created: float | None, unsure: bool
) -> None:
    opened(stage)
    stage.sync()
    settled(stage, ago, created=created)
    assert loaded(stage).unsure == ({"BTCUSDT"} if unsure else frozenset())


def test_a_lost_order_that_the_reading_shows_is_no_foreign_share_once_its_answer_is_found(stage: Stage) -> None:
    opened(stage)
    stage.sync()
    settled(stage, -5, created=20)
    assert loaded(stage).foreign == {} and loaded(stage).live == {("BTCUSDT", True): d("0.01")}


def test_without_a_fresh_reading_nothing_is_known_to_be_live(stage: Stage) -> None:
    opened(stage)
    stage.sync()
    settled(stage, 30)
    assert loaded(stage).live == {("BTCUSDT", True): d("0.01")}
    stage.skew = timedelta(seconds=91)
    found = loaded(stage)
    assert found.live is None and found.account is None


def test_the_last_hours_entries_are_counted_and_exits_are_not(stage: Stage) -> None:
    opened(stage)
    stage.agent("deepseek", a_position(quantity="0.2"))
    stage.cycle()
    stage.agent("deepseek", a_position(quantity="0.1"))
    stage.cycle()
    assert len(stage.store.journal.intents("c_1")) == 3
    assert len(loaded(stage).trackers[0].entered_at) == 2
    stage.skew = timedelta(minutes=61)
    assert loaded(stage).trackers[0].entered_at == ()


def test_an_order_without_a_fill_is_no_entry(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    fault = {"path": "/fapi/v1/order", "method": "POST", "kind": "reject", "code": -2019}
    stage.control.post("/sim/faults", api_key=stage.key["api_key"], **fault)
    stage.cycle()
    assert stage.store.journal.intents("c_1") and loaded(stage).trackers[0].entered_at == ()


@pytest.mark.parametrize(("cap", "expected"), [("", "0"), ("5000", "600")])
def test_other_credentials_are_only_looked_at_when_the_user_has_a_limit(stage: Stage, cap: str, expected: str) -> None:
    opened(stage)
    mine = stage.store.credentials.get("c_1")
    assert mine is not None
    stage.store.credentials.add(replace(mine, id="c_2", name="Second", environment=Environment.PAPER))
    stage.store.trackers.put_defaults("", {"user_cap": cap} if cap else {})
    moved = [epoch for epoch in stage.store.trackers.epochs("c_1") if epoch.quantity]
    other = replace(stage.store.trackers.all("c_1")[0], id="t_2", name="second", credential_id="c_2")
    stage.store.trackers.add(other)
    stage.store.trackers.put_epoch(replace(moved[0], tracker_id="t_2"))
    stage.store.trackers.put_epoch(replace(moved[0], tracker_id="t_2", symbol="ETHUSDT", shadow=True))
    assert loaded(stage).others_notional.quantize(Decimal(1)) == Decimal(expected)


def test_the_levels_above_hold_in_a_cycle(stage: Stage) -> None:
    stage.store.trackers.put_defaults("", {"max_leverage": "4"})
    stage.store.trackers.put_defaults("c_1", {"multiplier": "2"})
    opened(stage)
    order = stage.store.journal.intents("c_1")[0]
    assert (order.leverage, order.explanation["multiplier"]) == (4, "2")


def test_a_tracker_whose_kept_settings_contradict_by_now_still_follows(stage: Stage) -> None:
    stage.follow(interval="1", max_signal_age="300", fixed_leverage="50", gone="1", sides="sideways")
    stage.agent("deepseek", a_position())
    stage.cycle()
    assert stage.store.journal.intents("c_1")[0].leverage == 20 and stage.live()


def test_the_agents_leverage_at_the_open_is_kept_with_the_epoch(stage: Stage) -> None:
    stage.follow(max_leverage="5")
    stage.agent("deepseek", a_position(leverage="17"))
    stage.cycle()
    epoch = stage.store.trackers.epoch("t_deepseek", "BTCUSDT", "1001")
    assert epoch is not None and (epoch.leverage, epoch.agent_leverage) == (5, 17)
    stage.agent("deepseek", a_position(leverage="25"))
    verdicts = stage.cycle()["verdicts"]
    assert [row["code"] for row in verdicts] == ["leverage_changed"]


def test_an_ignored_epoch_keeps_the_agents_leverage_too(stage: Stage) -> None:
    stage.follow(existing="ignore")
    stage.agent("deepseek", a_position(leverage="17"))
    tracker = stage.store.trackers.all("c_1")[0]
    stage.store.trackers.set_started(tracker.id, stage.now())
    stage.cycle()
    epoch = stage.store.trackers.epoch("t_deepseek", "BTCUSDT", "1001")
    assert epoch is not None and epoch.agent_leverage == 17
