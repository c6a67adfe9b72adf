"""A source in trouble, from the wire to the follower: no order comes of it, its reason is kept, and it heals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nof1web.adapters.feeds.nof1 import Nof1Feed
from nof1web.adapters.store.market import SqliteMarket
from nof1web.core import health
from nof1web.services import feeding, source_views
from tests.adapters.binance.host import Host, Reply, running_host
from tests.core.follower import Cycle, Follower

BEGAN = datetime(2026, 11, 23, tzinfo=UTC)
PATH = "GET /api/account-totals"
JSON = {"Content-Type": "application/json"}
POSITION = {"quantity": 1, "entry_price": 60000, "leverage": 10, "entry_oid": 7}


def body(at: datetime, **changed: Any) -> dict[str, Any]:
    """A good answer, in which `changed` is another part of the one record."""
    row = {
        "id": "gpt_1", "model_id": "gpt", "timestamp": at.timestamp(), "since_inception_hourly_marker": 1,
        "dollar_equity": 100000, "total_unrealized_pnl": 0, "positions": {"BTC": POSITION}, **changed,
    }  # fmt: skip
    at_ms = int(at.timestamp() * 1000)
    return {"accountTotals": [row], "lastHourlyMarkerRead": 1, "serverTime": at_ms}


def held(**changed: Any) -> dict[str, Any]:
    """The record with something else in its position."""
    return {"positions": {"BTC": {**POSITION, **changed}}}


def good(at: datetime) -> Reply:
    return Reply(body(at), headers=JSON)


def twice(at: datetime) -> Reply:
    rows = body(at)
    rows["accountTotals"] *= 2
    return Reply(rows, headers=JSON)


TROUBLE = {
    "an empty answer": lambda at: Reply("", headers=JSON),
    "an empty document": lambda at: Reply({}, headers=JSON),
    "no agents": lambda at: Reply({**body(at), "accountTotals": []}, headers=JSON),
    "truncated JSON": lambda at: Reply(json.dumps(body(at))[:-40], headers=JSON),
    "an HTML page": lambda at: Reply("<html>hello</html>", headers={"Content-Type": "text/html"}),
    "a redirect": lambda at: Reply("", status=302, headers={"Location": "http://127.0.0.1:1/"}),
    "a server that is down": lambda at: Reply("", status=502),
    "a broken connection": lambda at: Reply(fault="reset"),
    "NaN": lambda at: Reply(json.dumps(body(at, **held(quantity=float("nan")))), headers=JSON),
    "a negative leverage": lambda at: Reply(body(at, **held(leverage=-3)), headers=JSON),
    "an agent twice": twice,
    "another schema": lambda at: Reply({"data": body(at)}, headers=JSON),
    "positions without their sum": lambda at: Reply(body(at, positions={}, total_unrealized_pnl=None), headers=JSON),
    "the same as never said": lambda at: Reply("", status=304),
    "tomorrow's records": lambda at: Reply(body(at + timedelta(days=1), **held(quantity=0)), headers=JSON),
    "positions elsewhere": lambda at: Reply(body(at, positions={}, total_unrealized_pnl=5), headers=JSON),
}


class Line:
    """A host, the reader of it, market.db and a follower of gpt."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host, self.market, self.now = host, SqliteMarket(folder / "market.db"), BEGAN
        self.feed = Nof1Feed(base_url=f"{host.url}/api", timeout=1)
        self.follower = Follower(existing="copy")

    def reads(self, reply: Any, seconds: int = 5) -> Cycle:
        """Read what the host says some seconds later, and let the follower decide."""
        self.now += timedelta(seconds=seconds)
        self.host.tell(PATH, reply(self.now))
        feeding.read_source(self.feed, self.market, self.now)
        signal = self.market.signal("nof1", "gpt")
        assert signal is not None
        return self.follower.feed(signal, self.now)

    @property
    def state(self) -> Any:
        return self.market.source_state("nof1")


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with running_host() as host:
        made = Line(host, tmp_path)
        assert [order.symbol for order in made.reads(good).orders] == ["BTCUSDT"]
        yield made
        made.market.close()


@pytest.mark.parametrize("kind", TROUBLE)
def test_trouble_again_and_again_orders_nothing_and_is_held_with_its_reason(line: Line, kind: str) -> None:
    orders = [order for _ in range(6) for order in line.reads(TROUBLE[kind]).orders]
    assert orders == [] and line.follower.held("BTCUSDT") > 0
    signal = line.market.signal("nof1", "gpt")
    assert signal is not None and line.state.error is not None
    assert health.of_agent(signal, line.now, source_views.broken(line.state)).holds


@pytest.mark.parametrize("kind", TROUBLE)
def test_after_trouble_a_good_answer_is_followed_at_once(line: Line, kind: str) -> None:
    for _ in range(6):
        line.reads(TROUBLE[kind])
    closed = line.reads(lambda at: Reply(body(at, **held(quantity=0)), headers=JSON))
    assert [order.kind.exits for order in closed.orders] == [True] and line.state.error is None


def test_a_frozen_source_stops_entries_while_what_is_held_stays(line: Line) -> None:
    frozen = line.now
    for _ in range(4):
        assert line.reads(lambda at: Reply(body(frozen), headers=JSON), seconds=200).orders == ()
    signal = line.market.signal("nof1", "gpt")
    assert signal is not None and health.of_agent(signal, line.now) == "stale"
    assert line.follower.held("BTCUSDT") > 0


def test_one_agent_that_is_not_understood_is_named_while_the_others_are_followed(line: Line) -> None:
    def beside(at: datetime) -> Reply:
        other = body(at, id="odd_1", model_id="odd", **held(leverage=-3))
        return Reply({**body(at), "accountTotals": [*body(at)["accountTotals"], *other["accountTotals"]]}, headers=JSON)

    line.reads(lambda at: Reply(beside(at).body, headers=JSON | {"ETag": '"1"'}))
    line.feed.stored()
    assert "odd" in str(line.state.error) and line.state.failures == 0 and line.market.signal("nof1", "odd") is None
    line.reads(lambda at: Reply("", status=304))
    assert "odd" in str(line.state.error)
    line.reads(good)
    assert line.state.error is None


def test_names_that_are_no_text_and_too_many_of_them_can_be_told(line: Line) -> None:
    odd = [body(line.now, model_id=f"{number}\ud800" + "x" * 500)["accountTotals"][0] for number in range(9)]
    odd += body(line.now + timedelta(seconds=5))["accountTotals"]
    line.reads(lambda at: Reply(json.dumps({**body(at), "accountTotals": odd}), headers=JSON))
    assert str(line.state.error).endswith("…") and len(str(line.state.error)) < 500
