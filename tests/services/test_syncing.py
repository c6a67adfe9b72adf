"""What the account shows is explained before it is believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from nof1web.core.records import EpochState
from nof1web.core.trading import Side
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import quiet
from tests.services.test_trouble import BTC, by_hand, fault


def test_a_fired_stop_ends_the_epoch_and_takes_the_target_away(stage: Stage) -> None:
    opened(stage, stop="57000", target="66000")
    stage.control.prices(BTCUSDT="56900")
    stage.sync()
    assert not stage.holdings() and not stage.resting()
    epoch = stage.store.trackers.epoch("t_deepseek", "BTCUSDT", "1001")
    assert epoch is not None and epoch.state is EpochState.STOPPED
    assert stage.cycle()["orders"] == []


def test_the_sync_prices_fills_from_the_accounts_trades(stage: Stage) -> None:
    opened(stage)
    stage.sync()
    intent = stage.store.journal.intents("c_1")[0]
    assert intent.priced and intent.price is not None and intent.fee is not None and intent.fee > 0


def test_a_close_by_hand_is_found_in_the_trades_and_not_reopened(stage: Stage) -> None:
    opened(stage)
    intent = stage.store.journal.intents("c_1")[0]
    stage.store.journal.update(replace(intent, settled_at=stage.now() - timedelta(seconds=30)))
    stage.store.journal._file.change("UPDATE intents SET timestamp_ms = timestamp_ms - 30000")  # type: ignore[attr-defined]
    _close_by_hand(stage)
    stage.sync()
    assert not stage.holdings()
    assert stage.cycle()["orders"] == []


def _close_by_hand(stage: Stage) -> None:
    from nof1web.core.trading import OrderRequest, PositionSide, Side

    stage.client.place(
        OrderRequest(
            f"hand{stage.client.server_ms()}",
            "BTCUSDT",
            Side.SELL,
            PositionSide.BOTH,
            Decimal("0.01"),
            True,
            stage.client.server_ms(),
        )
    )


def test_a_stop_that_fires_while_the_agents_next_epoch_takes_over_shrinks_that_one(stage: Stage) -> None:
    opened(stage, stop="57000")
    stage.control.prices(BTCUSDT="56900")
    stage.agent("deepseek", a_position(quantity="0.2", entry="56900", oid="1002", stop="50000"))
    stage.cycle()
    stage.sync()
    assert stage.holdings() == stage.live() == {"BTCUSDT": Decimal("0.01")}
    epoch = stage.store.trackers.epoch("t_deepseek", "BTCUSDT", "1002")
    assert epoch is not None and epoch.state is EpochState.STOPPED
    stage.cycle()
    assert [leg[1:] for leg in stage.legs()] == [(Decimal(50000), Decimal("0.01"))]
    told = {event.kind for event in stage.store.chronicle.events(limit=50)}
    assert "stop_fired" in told and "position_gone" not in told


def goes_on(stage: Stage) -> None:
    for seconds in (2, 15, 15):
        stage.skew += timedelta(seconds=seconds)
        stage.cycle()
        stage.sync()


def test_a_leg_that_fired_before_the_next_holding_was_opened_took_nothing_of_that(stage: Stage) -> None:
    by_hand(stage, Side.BUY, "0.02")
    opened(stage, stop="57000")
    quiet(stage)
    fault(stage, "/fapi/v1/algoOrder", "DELETE", "reject", code=-1001)
    stage.agent("deepseek", a_position(quantity="0", stop="57000"))
    stage.cycle()
    for price in ("56900", "60000"):
        stage.control.prices(BTCUSDT=price)
    stage.agent("deepseek", a_position(oid="1002", stop="57000"))
    goes_on(stage)
    assert stage.holdings() == BTC and [leg[1:] for leg in stage.legs()] == [(Decimal(57000), Decimal("0.01"))]
    stage.agent("deepseek", a_position(oid="1002", quantity="0"))
    goes_on(stage)
    assert stage.live() == BTC and not stage.holdings() and not stage.resting()


def test_legs_of_an_epoch_that_an_older_leg_closed_go_with_the_same_sync(stage: Stage) -> None:
    opened(stage, stop="57000", target="66000")
    fault(stage, "/fapi/v1/algoOrder", "DELETE", "reject", code=-1001, count=2)
    stage.agent("deepseek", a_position(oid="1002", stop="50000", target="67000"))
    stage.cycle()
    assert len(stage.resting()) == 4
    stage.control.prices(BTCUSDT="56900")
    stage.sync()
    assert not stage.holdings() and not stage.live() and not stage.resting()
