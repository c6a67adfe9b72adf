"""Somebody inside the process who listens to a trader's user-data stream."""

from __future__ import annotations

from typing import Any

from nof1web.sim.stream import Events, Subscriber
from tests.sim.face import Trader


def listen(trader: Trader, events: Events = None, *, combined: bool = False) -> Subscriber:
    """A subscriber of the trader's account, with a listen key of its own or the one it has."""
    streams, now_ms = trader.world.streams, trader.clock()
    subscriber = Subscriber(now_ms, combined=combined)
    key = streams.open_key(trader.key["account_id"], now_ms=now_ms)
    streams.follow(subscriber, key, events, now_ms=now_ms)
    return subscriber


def names(heard: list[dict[str, Any]]) -> list[str]:
    """The events' names, an order's with what happened to it."""
    return [" ".join([each["e"], *_state(each)]) for each in heard]


def limit(face: Trader, side: str, quantity: str, price: str, **params: str) -> Any:
    """A BTC limit order's answer."""
    wish = {"symbol": "BTCUSDT", "side": side, "type": "LIMIT", "quantity": quantity, "price": price}
    return face.call("POST", "/fapi/v1/order", **{"timeInForce": "GTC", **wish, **params})


def pick(row: dict[str, Any], keys: str) -> dict[str, Any]:
    """The named keys of a row."""
    return {key: row[key] for key in keys.split()}


def _state(event: dict[str, Any]) -> list[str]:
    match event["e"]:
        case "ORDER_TRADE_UPDATE":
            return [event["o"]["x"], event["o"]["X"]]
        case "ALGO_UPDATE":
            return [event["o"]["X"]]
        case "ACCOUNT_UPDATE":
            return [event["a"]["m"]]
    return []
