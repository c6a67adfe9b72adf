"""Controls that make things go wrong: single faults, lags, and a seeded plan (JSON, from this machine only)."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Any

from nof1web.sim.controls import BadControl, Wish, amount, guarded, seconds_of, text_of, whole, words
from nof1web.sim.fault_plan import DEFAULT_CODES, SeededPlan
from nof1web.sim.faults import BY_REQUEST, LIMITED, TIMED, Fault
from nof1web.sim.routing import Call, Route, Routes
from nof1web.sim.visibility import Replica

TRIGGER_REJECTED = "trigger_rejected"
LARGEST_CODE = 99_999
KINDS = BY_REQUEST | TIMED | {TRIGGER_REJECTED}


def add_fault(call: Call, wish: Wish) -> Any:
    """POST /sim/faults {path, kind, method?, api_key?, symbol?, count?, code?, seconds?, executed?, status?, share?,
    lag_seconds?}, or {plan: {…} | null}, or {clear: true}.

    http_429 and http_418 hold for `seconds` when no count is given; hide_orders and stale_positions need no path
    and hold for `seconds`; trigger_rejected needs `account_id` and `count` instead of a path. A fault meets requests
    the exchange's door has let in; a plan without `paths` all of them. Faults and plan are kept over a restart, except
    trigger_rejected; a replica begins to lag anew then.
    """
    world = call.world
    if wish.get("clear"):
        world.faults.clear()
        world.fault_plan, world.replica = None, Replica()
        return {"waiting": 0}
    if "plan" in wish:
        world.fault_plan = None if wish["plan"] is None else _plan(wish["plan"])
        world.faults.changed = True
        return {"waiting": len(world.faults.waiting), "plan": _shown_plan(world.fault_plan)}
    kind = wish.get("kind")
    if kind == TRIGGER_REJECTED:
        account = world.exchange.account(text_of(wish, "account_id"))
        world.exchange.refuse_next_triggers(account.account_id, whole(wish.get("count", 1), "count"))
        return {"waiting": len(world.faults.waiting)}
    if kind not in KINDS or (kind not in TIMED and not wish.get("path")):
        raise BadControl(f"a fault needs a path and a kind of {', '.join(sorted(KINDS))}")
    fault = _fault(call, wish)
    if fault.kind == "stale_positions":
        lag, until_ms = fault.lag_seconds, fault.until_ms
        world.replica.start(world.exchange.ledger, lag_seconds=lag, until_ms=until_ms, now_ms=call.now_ms)
    world.faults.add(fault)
    return {"waiting": len(world.faults.waiting)}


def show_faults(call: Call, wish: Wish) -> Any:
    """GET /sim/faults: those that still wait for their requests or are in force, and the plan with what it drew."""
    world = call.world
    world.faults.drop_past(call.now_ms)
    waiting = [
        {
            "kind": fault.kind,
            "path": fault.path,
            "method": fault.method,
            "count": fault.count,
            "api_key": fault.api_key[:6],
            "symbol": fault.symbol,
            "until_ms": fault.until_ms,
            "fired": fault.fired,
        }
        for fault in world.faults.waiting
    ]
    return [*waiting, *([_shown_plan(world.fault_plan)] if world.fault_plan else [])]


def show_fired(call: Call, wish: Wish) -> Any:
    """GET /sim/faults/fired: how often each kind did its work since the start, and the plan with what it drew."""
    return {"kinds": dict(call.world.faults.fired), "plan": _shown_plan(call.world.fault_plan)}


def _fault(call: Call, wish: Wish) -> Fault:
    kind = wish["kind"]
    seconds = seconds_of(wish, "seconds", "3")
    lasts = kind in TIMED or (kind in LIMITED and "seconds" in wish and "count" not in wish)
    return Fault(
        kind=kind,
        path=text_of(wish, "path"),
        method=text_of(wish, "method"),
        count=whole(wish.get("count", 1), "count", least=1),
        code=_code(wish.get("code", -1007)),
        seconds=seconds,
        executed=bool(wish.get("executed", True)),
        api_key=text_of(wish, "api_key"),
        symbol=text_of(wish, "symbol"),
        status=_status(wish.get("status", 502)),
        share=_share(wish.get("share", "0.5"), "share"),
        lag_seconds=seconds_of(wish, "lag_seconds", "3"),
        until_ms=call.now_ms + int(seconds * 1000) if lasts else 0,
    )


def _plan(wish: Any) -> SeededPlan:
    if not isinstance(wish, dict) or not isinstance(wish.get("rates"), dict):
        raise BadControl('a plan needs a seed and rates, like {"seed": 7, "rates": {"lose_answer": "0.02"}}')
    codes = wish.get("codes", list(DEFAULT_CODES))
    if not isinstance(codes, list):
        raise BadControl("codes must be a list of numbers")
    return SeededPlan(
        seed=whole(wish.get("seed", 0), "seed"),
        rates={str(kind): _share(rate, str(kind)) for kind, rate in wish["rates"].items()},
        paths=tuple(words(wish.get("paths", []), "paths")),
        methods=tuple(words(wish.get("methods", []), "methods")),
        api_key=text_of(wish, "api_key"),
        codes=tuple(_code(code) for code in codes),
        seconds=seconds_of(wish, "seconds", "3"),
        until_ms=whole(wish.get("until_ms", 0), "until_ms"),
    )


def _code(value: object) -> int:
    code = whole(value, "code", least=-LARGEST_CODE)
    if code > LARGEST_CODE:
        raise BadControl(f"code must be at most {LARGEST_CODE}")
    return code


def _status(value: object) -> int:
    status = HTTPStatus(whole(value, "status"))
    if status < HTTPStatus.BAD_REQUEST:
        raise BadControl("status must be one of an error, 400 or more")
    return status.value


def _share(value: object, name: str) -> Decimal:
    share = amount(value, name)
    if share > 1:
        raise BadControl(f"{name} must be between 0 and 1")
    return share


def _shown_plan(plan: SeededPlan | None) -> Any:
    if plan is None:
        return None
    return {
        "kind": "plan",
        "seed": plan.seed,
        "rates": {kind: str(rate) for kind, rate in plan.rates.items()},
        "paths": list(plan.paths),
        "methods": list(plan.methods),
        "until_ms": plan.until_ms,
        "seen": plan.seen,
        "drawn": dict(plan.drawn),
    }


ROUTES: Routes = {
    ("POST", "/sim/faults"): Route(guarded(add_fault)),
    ("GET", "/sim/faults"): Route(guarded(show_faults)),
    ("GET", "/sim/faults/fired"): Route(guarded(show_fired)),
}
