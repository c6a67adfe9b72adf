"""Listen keys over HTTP, and the controls of the user-data stream for tests (binance.md §1)."""

from __future__ import annotations

from typing import Any

from nof1web.sim.controls import MOST_SECONDS, BadControl, amount, guarded
from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json
from nof1web.sim.routing import KEY, Call, Route, Routes


def open_key(call: Call) -> Json:
    """POST listenKey: the account's key, good for another 60 minutes."""
    return {"listenKey": call.world.streams.open_key(call.owner.account_id, now_ms=call.now_ms)}


def extend_key(call: Call) -> Json:
    """PUT listenKey: another 60 minutes, or -1125 when the account has none (or a given one isn't it)."""
    _check_named(call)
    return {"listenKey": call.world.streams.extend_key(call.owner.account_id, now_ms=call.now_ms)}


def close_key(call: Call) -> Json:
    """DELETE listenKey: whoever listens is told listenKeyExpired and let go."""
    _check_named(call)
    call.world.streams.close_key(call.owner.account_id, now_ms=call.now_ms)
    return {}


def spoil_stream(call: Call, wish: dict[str, Any]) -> Any:
    """POST /sim/stream {"drop": account_id} cuts its connections; {"mute": account_id, "seconds": n} loses events."""
    streams = call.world.streams
    if "drop" in wish:
        return {"dropped": streams.drop(_account(call, wish["drop"]))}
    if "mute" in wish:
        account_id = _account(call, wish["mute"])
        until_ms = call.now_ms + int(amount(wish.get("seconds"), "seconds", most=MOST_SECONDS) * 1000)
        streams.mute(account_id, until_ms=until_ms)
        return {"muted": account_id, "until": until_ms}
    raise BadControl("drop or mute needs an account_id")


def _check_named(call: Call) -> None:
    """The real calls take no parameter: a key that old clients still send has to be the account's."""
    named, key = call.params.get("listenKey"), call.world.streams.keys.get(call.owner.account_id)
    if named and (key is None or named != key.value):
        raise Refusal(-1125)


def _account(call: Call, account_id: object) -> str:
    return call.world.exchange.account(str(account_id)).account_id


ROUTES: Routes = {
    ("POST", "/fapi/v1/listenKey"): Route(open_key, 1, KEY),
    ("PUT", "/fapi/v1/listenKey"): Route(extend_key, 1, KEY),
    ("DELETE", "/fapi/v1/listenKey"): Route(close_key, 1, KEY),
}
CONTROLS: Routes = {("POST", "/sim/stream"): Route(guarded(spoil_stream))}
