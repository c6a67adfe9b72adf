"""The state file: what was answered is still there afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from nof1web.sim.state import StateError, open_state
from nof1web.sim.world import World, make_world
from tests.sim.face import Clock, Trader, trader


def reopened(folder: Path, clock: Clock) -> World:
    return make_world(seed=1, now_ms=clock(), store=open_state(folder))


def busy(folder: Path) -> Trader:
    """A trader with a position, a resting order, a stop, and a flat history besides."""
    face = trader(store=open_state(folder))
    face.call("POST", "/fapi/v1/leverage", symbol="ETHUSDT", leverage=3)
    face.market("BUY", "0.003", newClientOrderId="mine")
    face.algo("STOP_MARKET", "SELL", "59000", quantity="0.003", clientAlgoId="stop")
    face.call("POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", price="58000",
              quantity="0.001")  # fmt: skip
    return face


def test_an_account_is_the_same_after_reopening_without_a_goodbye(tmp_path: Path):
    face = busy(tmp_path)
    before = face.raw()
    face.world = reopened(tmp_path, face.clock)
    face.client.application.world = face.world
    assert face.raw() == before
    assert face.code("GET", "/fapi/v3/account") == 0


def test_a_reopened_stop_still_triggers_and_ids_go_on(tmp_path: Path):
    face = busy(tmp_path)
    last = face.raw()["orders"][-1]["orderId"]
    face.client.application.world = face.world = reopened(tmp_path, face.clock)
    face.price("58900")
    assert face.positions() == {"BTCUSDT BOTH": "0.0000"}
    assert face.raw()["orders"][-1]["orderId"] == last + 1


def test_prices_and_agents_go_on_where_they_were(tmp_path: Path):
    face = trader(store=open_state(tmp_path))
    face.world.exchange.market.frozen = False
    face.pass_time(90)
    again = reopened(tmp_path, face.clock)
    assert again.exchange.market == face.world.exchange.market
    assert (again.feed.agents, again.feed.records) == (face.world.feed.agents, face.world.feed.records)
    for world in (again, face.world):
        world.step(face.clock() + 60_000)
    assert again.feed.agents == face.world.feed.agents


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path):
    store = open_state(tmp_path)
    store.connection.execute("PRAGMA user_version=99")
    store.close()
    with pytest.raises(StateError, match="newer version"):
        open_state(tmp_path)
