"""The arena's agents behind their public wallets: Hyperliquid's shapes, and the same decisions as through nof1's."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from nof1web.adapters.feeds.hyperliquid import HyperliquidFeed
from nof1web.adapters.feeds.nof1 import Nof1Feed
from nof1web.core.leaders import WALLETS
from nof1web.core.signals import AgentRecord
from nof1web.sim.arena import coin_marks
from nof1web.sim.http import create_app
from nof1web.sim.world import World, make_world
from tests.adapters.feeds.contract import read
from tests.core.follower import Follower
from tests.sim.face import Trader

GPT, GROK = "gpt-5", "grok-4"
BOOK = {
    "BTC": {"quantity": "0.3", "leverage": 20, "stop_loss": "59000", "profit_target": "66000"},
    "XRP": {"quantity": "-4000", "leverage": 8},
}
SIZINGS = ("equity_share", "margin_share", "equity_ratio", "fixed_margin", "fixed_notional", "risk_at_stop")


def ask(btc: Trader, kind: str, agent: str = GPT, **more: Any) -> Any:
    """One question about an agent's wallet."""
    return btc.client.post("/info", json={"type": kind, "user": WALLETS[agent], **more})


def test_a_wallet_shows_its_agents_positions_as_strings(btc: Trader) -> None:
    btc.control(f"agents/{GPT}", {"equity": "9000", "positions": BOOK})
    state = ask(btc, "clearinghouseState").json
    held = {row["position"]["coin"]: row["position"] for row in state["assetPositions"]}
    assert {coin: row["szi"] for coin, row in held.items()} == {"BTC": "0.3", "XRP": "-4000.0"}
    assert held["BTC"]["leverage"]["value"] == 20 and state["marginSummary"]["accountValue"] == "9000.0"


def test_its_fills_and_orders_tell_epochs_and_exits(btc: Trader) -> None:
    btc.control(f"agents/{GPT}", {"positions": {"BTC": BOOK["BTC"]}})
    [fill] = ask(btc, "userFills").json
    assert (fill["startPosition"], fill["side"], fill["sz"]) == ("0.0", "B", "0.3")
    orders = {row["orderType"]: row["triggerPx"] for row in ask(btc, "frontendOpenOrders").json}
    assert orders == {"Stop Market": "59000.0", "Take Profit Market": "66000.0"}


def test_many_wallets_answer_in_the_order_they_were_asked_for(btc: Trader) -> None:
    btc.control(f"agents/{GPT}", {"equity": "9000", "positions": BOOK})
    users = [WALLETS[GROK], WALLETS[GPT]]
    states = btc.client.post("/info", json={"type": "batchClearinghouseStates", "users": users}).json
    alone = ask(btc, "clearinghouseState").json
    assert len(states) == 2 and states[1]["assetPositions"] == alone["assetPositions"]
    wrong = btc.client.post("/info", json={"type": "batchClearinghouseStates", "users": ["0x12"]})
    assert wrong.status_code == 422


def test_an_address_nobody_uses_is_empty_and_its_role_says_so(btc: Trader) -> None:
    nobody = {"user": "0x" + "0" * 40}
    state = btc.client.post("/info", json={"type": "clearinghouseState", **nobody}).json
    assert state["assetPositions"] == [] and state["marginSummary"]["accountValue"] == "0.0"
    assert btc.client.post("/info", json={"type": "userRole", **nobody}).json == {"role": "missing"}


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"type":"vaults","user":"0x"}', '{"type":"userFills","user":"0x12"}', '{"type":[1]}']
)
def test_a_question_that_is_none_is_refused_as_text(btc: Trader, body: str) -> None:
    answer = btc.client.post("/info", data=body)
    assert answer.status_code == 422 and answer.content_type.startswith("text/plain")


def test_a_minute_has_a_limit_of_weight(btc: Trader) -> None:
    answers = [ask(btc, "userFills").status_code for _ in range(61)]
    assert answers[:60] == [200] * 60 and answers[60] == 429
    btc.clock.now_ms += 60_000
    assert ask(btc, "userFills").status_code == 200


class Quiet(WSGIRequestHandler):
    """A handler that writes no log."""

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, str]]:
    """A world with frozen prices, served; its clock is the wall clock."""
    world = make_world(seed=3, now_ms=int(time.time() * 1000))
    world.exchange.market.frozen = True
    app = create_app(world, clock=lambda: int(time.time() * 1000))
    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield world, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def through_both(world: World, url: str, agent: str) -> tuple[AgentRecord, AgentRecord]:
    """An agent's record through nof1's face and through its wallet."""
    world.feed.publish(world.feed.agents[agent], coin_marks(world.exchange.market), int(time.time() * 1000))
    arena = Nof1Feed(base_url=f"{url}/api", timeout=5)
    wallets = HyperliquidFeed(base_url=url, timeout=5, leaders=lambda: [WALLETS[agent]])
    first = next(record for record in read(arena).records if record.agent == agent)
    [second] = read(wallets).records
    return first, second


@pytest.mark.parametrize("agent", WALLETS)
def test_both_faces_show_the_same_book(served: tuple[World, str], agent: str) -> None:
    first, second = through_both(*served, agent)
    assert first.positions == second.positions and first.equity == second.equity


@pytest.mark.parametrize("sizing", SIZINGS)
def test_both_faces_lead_to_the_same_targets(served: tuple[World, str], sizing: str) -> None:
    now, ordered = datetime.now(UTC), []
    chosen = {"sizing": sizing, "existing": "copy", "fixed_margin": "80", "fixed_notional": "500", "risk_percent": "1"}
    for source, record in zip(("nof1", "hyperliquid"), through_both(*served, GROK), strict=True):
        follower = Follower(source=source, **chosen)
        plans = follower.feed(record, now).plans
        ordered.append([(o.symbol, o.kind, o.quantity, o.leverage) for plan in plans for o in plan.orders])
    assert ordered[0] == ordered[1] != []


def test_the_answer_is_json(btc: Trader) -> None:
    assert json.loads(ask(btc, "allMids", user="").data)["BTC"] == "60000"
