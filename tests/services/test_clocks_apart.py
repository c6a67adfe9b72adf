"""This machine's clock and the exchange's differ: what the exchange is asked for begins by its own time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.records import IntentStatus
from nof1web.core.trading import Side
from nof1web.errors import LeaseLost
from nof1web.jobs import leases
from nof1web.services import dating, pricing
from nof1web.services.loading import credential_of, load
from nof1web.services.settling import settle_unresolved
from tests.services.backups import restored, saved
from tests.services.deaths import fault
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import events, quiet
from tests.services.test_trouble import by_hand

AHEAD = timedelta(seconds=60)


def test_a_stop_that_fired_is_found_though_the_clock_here_is_ahead(stage: Stage) -> None:
    stage.skew = AHEAD
    opened(stage, stop="57000", target="66000")
    stage.control.prices(BTCUSDT="56900")
    stage.sync()
    assert not stage.holdings() and not stage.resting() and "stop_fired" in events(stage)


def test_fills_get_their_price_though_the_clock_here_is_ahead(stage: Stage) -> None:
    stage.skew = AHEAD
    opened(stage)
    assert stage.sync()["priced"] == 1


def test_a_close_by_hand_is_found_though_the_clock_here_is_ahead(stage: Stage) -> None:
    stage.skew = AHEAD
    opened(stage)
    stage.sync()
    quiet(stage)
    by_hand(stage, Side.SELL, "0.01")
    stage.sync()
    assert not stage.holdings() and "closed_by_hand" in events(stage)


def test_an_order_that_traded_is_not_called_absent_though_the_clock_here_is_ahead(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.skew = AHEAD
    stage.follow()
    stage.agent("deepseek", a_position())
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    past = stage.client.server_ms() + 10_000
    monkeypatch.setattr(stage.client, "server_ms", lambda: past)
    monkeypatch.setattr(stage.client, "order", lambda symbol, client_order_id: None)
    for seconds in (60, 63):
        stage.skew = timedelta(seconds=seconds)
        settle_unresolved(stage.ports())
    assert [each.status for each in stage.store.journal.unresolved("c_1")] == [IntentStatus.UNKNOWN]


@pytest.mark.parametrize("ahead", [-60, 0, 60])
def test_a_window_begins_shortly_before_the_moment_at_the_exchange(stage: Stage, ahead: int) -> None:
    stage.skew = timedelta(seconds=ahead)
    ports = stage.ports()
    began_at = dating.since(ports, ports.clock())
    early = dating.exchange_now(ports) - began_at
    assert timedelta(seconds=4) < early < timedelta(seconds=5 + max(-ahead, 0) + 1)


def test_a_moment_noted_before_the_clock_was_put_right_is_looked_for_in_a_week(stage: Stage) -> None:
    ports = stage.ports()
    began_at = dating.since(ports, ports.clock() + timedelta(hours=1))
    assert dating.exchange_now(ports) - began_at > timedelta(days=6)


@pytest.mark.parametrize(("moved", "found"), [(-60, 60), (-3, 0), (0, 0), (60, 0)])
def test_only_a_clock_put_back_by_more_than_a_window_reaches_back_counts(stage: Stage, moved: int, found: int) -> None:
    ports = stage.ports()
    noted = ports.clock(), dating.exchange_now(ports)
    stage.skew = timedelta(seconds=moved)
    assert abs(dating.put_back(ports, *noted) - timedelta(seconds=found)) < timedelta(seconds=1)


@pytest.mark.parametrize("ahead", [-60, 60])
def test_a_moment_of_the_exchange_is_noted_by_the_clock_here(stage: Stage, ahead: int) -> None:
    stage.skew = timedelta(seconds=ahead)
    ports = stage.ports()
    noted = dating.noted_at(ports, dating.exchange_now(ports) - timedelta(seconds=9))
    assert abs(ports.clock() - noted - timedelta(seconds=9)) < timedelta(seconds=1)


def forgotten(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person has 0.05 BTC, 0.01 more are copied and forgotten; the exchange tells a time 60 s before its trades'."""
    by_hand(stage, Side.BUY, "0.05")
    stage.follow()
    stage.sync()
    copy = saved(stage)
    stage.agent("deepseek", a_position())
    stage.cycle()
    restored(stage, copy)
    stage.agent("deepseek", a_position())
    right = stage.client.server_ms
    monkeypatch.setattr(stage.client, "server_ms", lambda: right() - 60_000)


def test_a_lost_order_is_not_added_to_the_reading_that_shows_it_though_the_exchanges_clock_lags(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten(stage, monkeypatch)
    assert stage.sync()["adopted"] == 1
    assert load(stage.ports(), credential_of(stage.ports())).foreign == {("BTCUSDT", True): Decimal("0.05")}


def test_a_lost_order_is_added_to_the_reading_before_the_one_that_shows_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten(stage, monkeypatch)
    with monkeypatch.context() as dying:
        dying.setattr(pricing, "price_fills", dies)
        with pytest.raises(LeaseLost):
            stage.sync()
    found = load(stage.ports(), credential_of(stage.ports()))
    assert found.foreign == {("BTCUSDT", True): Decimal("0.05")} and stage.holdings() == {"BTCUSDT": Decimal("0.01")}


def dies(*asked: object) -> int:
    """A sync that ends before the account is noted."""
    raise LeaseLost(leases.LOST)
