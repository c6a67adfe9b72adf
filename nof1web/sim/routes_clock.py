"""Control endpoints of the clock: look at it, move a virtual one, let it run, skew what the front door believes."""

from __future__ import annotations

from typing import Any

from nof1web.sim.clock import SimClock
from nof1web.sim.controls import BadControl, amount, guarded
from nof1web.sim.routing import Call, Route, Routes, whole_of

_WISHES = ("advance_seconds", "to_ms", "speed", "skew_ms")


def show_clock(call: Call, wish: dict[str, Any]) -> Any:
    """GET /sim/clock: {"virtual", "now_ms", "speed", "skew_ms"}."""
    clock = call.world.clock
    return {"virtual": clock.virtual, "now_ms": call.now_ms, "speed": str(clock.speed), "skew_ms": clock.skew_ms}


def set_clock(call: Call, wish: dict[str, Any]) -> Any:
    """POST /sim/clock {advance_seconds | to_ms, speed?, skew_ms?}.

    An advance walks every second of it before the answer comes, a day at most in one call; `speed` is virtual seconds
    per real second, 0 to stand; `skew_ms` sets how far ahead (or behind) the front door's time is.
    """
    clock, world = call.world.clock, call.world
    unknown = sorted(set(wish) - set(_WISHES))
    if unknown or ("advance_seconds" in wish and "to_ms" in wish):
        raise BadControl("a clock takes speed, skew_ms, and one of advance_seconds and to_ms")
    skew_ms = _whole(wish["skew_ms"], "skew_ms") if "skew_ms" in wish else clock.skew_ms
    speed = amount(wish["speed"], "speed") if "speed" in wish else None
    target = _target(clock, wish)
    if speed is not None:
        clock.run_at(speed)
    clock.skew_ms = skew_ms
    if target is not None:
        world.advance(target)
        call.now_ms = clock()
    return show_clock(call, {})


def _target(clock: SimClock, wish: dict[str, Any]) -> int | None:
    if "to_ms" in wish:
        return clock.target(to_ms=_whole(wish["to_ms"], "to_ms"))
    if "advance_seconds" in wish:
        return clock.target(by_ms=int(amount(wish["advance_seconds"], "advance_seconds") * 1000))
    return None


def _whole(value: object, name: str) -> int:
    text = str(value)
    size = whole_of(text.removeprefix("-"))
    if size is None:
        raise BadControl(f"{name} is not a whole number of milliseconds")
    return -size if text.startswith("-") else size


CONTROLS: Routes = {
    ("GET", "/sim/clock"): Route(guarded(show_clock)),
    ("POST", "/sim/clock"): Route(guarded(set_clock)),
}
