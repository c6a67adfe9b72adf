"""ccxt's websocket client is told of orders, positions and balances."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt.pro

from tests.clients.ccxt_trader import ETH, Trader, point_at
from tests.clients.scenario import Steps

step = Steps()
_PATIENCE_S = 10
TOLD: dict[str, list[Any]] = {}


async def listen(trader: Trader) -> None:
    """Trade while ccxt watches, until it was told of the order's fill, the position and the balance."""
    client = ccxt.pro.binanceusdm({"apiKey": trader.key, "secret": trader.secret, "timeout": 10_000})
    point_at(client, trader.url)
    # Snapshots over REST would hide what the stream doesn't tell.
    for name in ("watchPositions", "watchBalance"):
        client.options[name] = {"fetchPositionsSnapshot": False, "fetchBalanceSnapshot": False}
    try:
        await client.load_markets()
        watched = {"orders": client.watch_orders, "positions": client.watch_positions, "balance": client.watch_balance}
        watching = {name: asyncio.create_task(watch()) for name, watch in watched.items()}
        await asyncio.sleep(1)
        await asyncio.to_thread(trader.client.create_order, ETH, "market", "buy", 1, None, trader.opening)
        async with asyncio.timeout(_PATIENCE_S):
            for name, task in watching.items():
                TOLD[name] = await task
            while TOLD["orders"][-1]["status"] != "closed":
                TOLD["orders"] += await client.watch_orders()
    finally:
        await client.close()
        await asyncio.to_thread(trader.client.create_order, ETH, "market", "sell", 1, None, trader.closing)


@step
def the_stream_is_watched(trader: Trader) -> None:
    asyncio.run(listen(trader))


@step
def the_order_is_told_of(trader: Trader) -> None:
    order = TOLD["orders"][-1]
    assert (order["symbol"], order["filled"], order["fee"]["currency"]) == (ETH, 1, "USDT")
    assert 2990 < order["average"] < 3010


@step
def the_position_is_told_of(trader: Trader) -> None:
    (position,) = TOLD["positions"]
    assert (position["symbol"], position["contracts"], position["side"]) == (ETH, 1, "long")


@step
def the_balance_is_told_of(trader: Trader) -> None:
    told, asked = TOLD["balance"]["USDT"]["total"], trader.client.fetch_balance()["USDT"]["total"]
    # The sale that followed cost its fee and the spread.
    assert 0 < told - asked < 3000 * 0.01
