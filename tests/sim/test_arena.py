"""The arena: nof1's exact shape, and books that change as agents' books do (nof1.md §2)."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nof1web.sim.agents import AGENTS
from nof1web.sim.world import World, make_world
from tests.sim.face import START_MS, Trader

RECORD = {
    "id": str, "timestamp": float, "realized_pnl": float, "positions": dict, "since_inception_minute_marker": int,
    "sharpe_ratio": float, "cum_pnl_pct": float, "total_unrealized_pnl": float, "model_id": str,
    "since_inception_hourly_marker": int, "dollar_equity": float,
}  # fmt: skip
POSITION = {
    "entry_oid": int, "risk_usd": float, "confidence": float, "index_col": type(None), "exit_plan": dict,
    "entry_time": float, "symbol": str, "entry_price": float, "tp_oid": int, "margin": float, "wait_for_fill": bool,
    "sl_oid": int, "oid": int, "current_price": float, "closed_pnl": float, "liquidation_price": float,
    "commission": float, "leverage": int, "slippage": int, "quantity": float, "unrealized_pnl": float,
}  # fmt: skip
RECORDED = Path(__file__).parents[3] / "shared" / "data" / "nof1"


def totals(world: World, now_ms: int, least_hour: int | None = None) -> Any:
    return json.loads(world.feed.payload(least_hour=least_hour, now_ms=now_ms)[0])


def after(seconds: int, seed: int = 1) -> Any:
    """The feed after some time of trading."""
    world = make_world(seed=seed, now_ms=START_MS)
    for second in range(1, seconds + 1):
        world.step(START_MS + second * 1000)
    return totals(world, START_MS + seconds * 1000)


def fits(value: object, kind: type) -> bool:
    return type(value) in (int, float) if kind is float else type(value) is kind


def kinds(row: dict[str, Any]) -> dict[str, str]:
    """Key order with kinds of values; whole and broken numbers count as one kind."""
    return {k: "number" if type(v) in (int, float) else type(v).__name__ for k, v in row.items()}


@pytest.fixture(scope="module")
def quarter() -> Any:
    """The feed after a quarter of an hour."""
    return after(900)


def test_every_record_has_the_documented_keys_in_order_and_types(quarter: Any):
    assert list(quarter) == ["accountTotals", "lastHourlyMarkerRead", "serverTime"]
    for record in quarter["accountTotals"]:
        expected = [key for key in RECORD if (record["model_id"], key) != ("buynhold_btc", "sharpe_ratio")]
        assert list(record) == expected
        assert all(fits(value, RECORD[key]) for key, value in record.items())


def test_every_position_has_the_documented_keys_in_order_and_types(quarter: Any):
    held = [p for r in quarter["accountTotals"] if r["model_id"] != "buynhold_btc" for p in r["positions"].values()]
    assert held
    for position in held:
        assert list(position) == list(POSITION)
        assert [key for key, value in position.items() if not fits(value, POSITION[key])] == []
        assert position["entry_oid"] == position["oid"] > 2**31


def test_buy_and_hold_keeps_its_oddities(quarter: Any):
    position = next(r for r in quarter["accountTotals"] if r["model_id"] == "buynhold_btc")["positions"]["BTC"]
    odd = ("entry_oid", "oid", "tp_oid", "sl_oid", "index_col", "exit_plan", "leverage", "liquidation_price")
    assert [position[key] for key in odd] == [-1, -1, -1, -1, -1, "N/A", 1, 0]


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recordings beside this checkout")
@pytest.mark.parametrize("path", sorted(RECORDED.glob("account-totals.*.json")), ids=lambda path: path.stem)
def test_recorded_payloads_have_the_same_shape(path: Path, quarter: Any):
    recorded = json.loads(path.read_text(encoding="utf-8"))["accountTotals"]
    made = {r["model_id"]: r for r in quarter["accountTotals"]}
    for record in recorded:
        shown = made[record["model_id"]]
        assert list(kinds(record)) == list(kinds(shown))
        for position in record["positions"].values():
            ours = next(iter(shown["positions"].values()), position)
            assert kinds(position) == kinds(ours)


def test_all_agents_but_one_hold_something_at_the_start():
    records = totals(make_world(seed=1, now_ms=START_MS), START_MS)["accountTotals"]
    sizes = {record["model_id"]: len(record["positions"]) for record in records}
    assert list(sizes) == list(AGENTS)
    assert [model for model, size in sizes.items() if not size] == ["claude-sonnet-4-5"]
    assert max(sizes.values()) <= 3


def test_the_same_seed_gives_the_same_day():
    assert after(120, seed=5) == after(120, seed=5) != after(120, seed=6)


def test_books_open_grow_shrink_flip_reopen_and_close():
    world = make_world(seed=2, now_ms=START_MS)
    seen, before = defaultdict(int), {}
    for second in range(1, 3600):
        world.step(START_MS + second * 1000)
        for agent in world.feed.agents.values():
            now = {coin: (p.entry_oid, p.quantity) for coin, p in agent.positions.items()}
            for change in changes(before.get(agent.model_id, now), now):
                seen[change] += 1
            before[agent.model_id] = now
    assert set(seen) == {"open", "close", "flip", "reopen", "grow", "shrink"}


def changes(before: dict[str, tuple[int, Decimal]], now: dict[str, tuple[int, Decimal]]) -> list[str]:
    found = ["open" for coin in now if coin not in before] + ["close" for coin in before if coin not in now]
    for coin in before.keys() & now.keys():
        (old_oid, old), (new_oid, new) = before[coin], now[coin]
        if old_oid != new_oid:
            found.append("reopen" if (old > 0) == (new > 0) else "flip")
        elif old != new:
            found.append("grow" if abs(new) > abs(old) else "shrink")
    return found


def test_records_come_by_time_and_agents_refresh_at_their_own_pace(quarter: Any):
    times = [record["timestamp"] for record in quarter["accountTotals"]]
    assert times == sorted(times) and len(set(times)) > 3
    assert all(quarter["serverTime"] / 1000 - time < 30 for time in times)


def test_the_running_hour_is_overwritten_and_past_hours_are_kept_and_filtered():
    world = make_world(seed=1, now_ms=START_MS)
    for minute in range(1, 90):
        world.step(START_MS + minute * 60_000)
    now_ms = START_MS + 89 * 60_000
    ids = [record["id"] for record in totals(world, now_ms)["accountTotals"]]
    assert len(ids) == len(set(ids)) and {"gpt-5_0", "gpt-5_1", "gpt-5_2", "buynhold_btc_1"} <= set(ids)
    newest = totals(world, now_ms, least_hour=2)
    assert {record["since_inception_hourly_marker"] for record in newest["accountTotals"]} == {2}
    assert newest["lastHourlyMarkerRead"] == 2 and "buynhold_btc" not in str(newest)


def test_the_feed_answers_as_the_real_one_does(btc: Trader):
    first = btc.client.get("/api/account-totals?lastHourlyMarker=0")
    assert first.content_type == "application/json; charset=utf-8"
    again = btc.client.get("/api/account-totals?lastHourlyMarker=0", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert btc.client.get("/api/positions").status_code == 410
    missing = btc.client.get("/api/nothing")
    assert (missing.status_code, missing.mimetype) == (404, "text/html")


def test_a_book_set_by_hand_stays_until_the_agent_is_freed(btc: Trader):
    wish = {"equity": "10000", "positions": {"BTC": {"quantity": "0.1", "leverage": 10}}}
    first = btc.control("agents/gpt-5", wish)["positions"]["BTC"]
    wish["positions"]["BTC"]["quantity"] = "0.05"
    smaller = btc.control("agents/gpt-5", wish)["positions"]["BTC"]
    assert (smaller["entry_oid"], smaller["quantity"]) == (first["entry_oid"], "0.05")
    wish["positions"]["BTC"]["new_entry"] = True
    assert btc.control("agents/gpt-5", wish)["positions"]["BTC"]["entry_oid"] > first["entry_oid"]
    btc.pass_time(120)
    record = next(r for r in totals(btc.world, btc.clock())["accountTotals"] if r["model_id"] == "gpt-5")
    assert (record["dollar_equity"], record["positions"]["BTC"]["quantity"]) == (10000, 0.05)
    btc.control("agents/gpt-5", {"auto": True})
    btc.pass_time(120)
    assert btc.world.feed.agents["gpt-5"].moves > 0


@pytest.mark.parametrize(
    "wish",
    [
        {"positions": {"PEPE": {"quantity": "1"}}},
        {"positions": {"BTC": {"quantity": "0"}}},
        {"positions": {"BTC": {"quantity": "NaN"}}},
        {"positions": {"BTC": {"quantity": "1", "leverage": 0}}},
    ],
)
def test_an_odd_book_is_refused_and_changes_nothing(btc: Trader, wish: dict[str, Any]):
    before = totals(btc.world, btc.clock())
    assert "error" in btc.control("agents/gpt-5", wish)
    assert totals(btc.world, btc.clock()) == before
    assert "no agent" in btc.control("agents/gpt-9", {})["error"]
