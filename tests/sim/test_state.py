"""The state file: what was answered is still there afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nof1web.sim.state import StateError, open_state
from nof1web.sim.stream import Subscriber
from nof1web.sim.world import World, make_world
from tests.sim.face import Clock, Trader, trader
from tests.sim.virtual import virtual


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


def test_a_file_everybody_could_read_is_closed_to_them(tmp_path: Path):
    (tmp_path / "exchange.db").touch(mode=0o644)
    open_state(tmp_path).close()
    assert (tmp_path / "exchange.db").stat().st_mode & 0o777 == 0o600


def test_a_restart_does_not_fill_up_the_book_of_a_standing_time(tmp_path: Path):
    straight, stopped = virtual(), virtual(store=open_state(tmp_path))
    for face in (straight, stopped):
        assert face.client.post("/sim/orders", json=_bought(face.account())).status_code == 200
    again = virtual(store=open_state(tmp_path))
    for face in (straight, again):
        assert face.client.post("/sim/orders", json=_bought("a1")).status_code == 200
    assert again.get("/sim/accounts/a1")["trades"] == straight.get("/sim/accounts/a1")["trades"]
    assert again.get("/fapi/v1/depth?symbol=BTCUSDT") == straight.get("/fapi/v1/depth?symbol=BTCUSDT")


@pytest.mark.parametrize("advance", [True, False])
def test_what_is_told_was_written_before(tmp_path: Path, advance: bool):
    store, seen = open_state(tmp_path), []
    face = virtual(store=store)
    name, streams = face.account(), face.world.streams
    rows = "SELECT count(*) FROM rows WHERE kind = 'trade'"
    subscriber = Subscriber(face.world.clock(), wake=lambda: seen.append(store.connection.execute(rows).fetchone()[0]))
    streams.follow(subscriber, streams.open_key(name, now_ms=face.world.clock()), None, now_ms=face.world.clock())
    if advance:
        face.market(name, "BUY", "0.01")
        face.clock(advance_seconds=1)
    else:
        face.client.post("/sim/orders", json=_bought(name))
    assert seen and 0 not in seen


def _bought(name: str) -> dict[str, Any]:
    place = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.5"}
    return {"account_id": name, "place": place}


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path):
    store = open_state(tmp_path)
    store.connection.execute("PRAGMA user_version=99")
    store.close()
    with pytest.raises(StateError, match="newer version"):
        open_state(tmp_path)
