"""Faults to order: what a test wants to go wrong with the next requests, for a while, or by a seeded plan.

All of them wait behind the exchange's door: a request it refuses (a bad signature, a limit passed) meets none and uses
none up. The arena's feed and the site have no door.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from nof1web.sim.accounts import LONG, SHORT, TRANSIENT
from nof1web.sim.orders import BUY, SELL

# The request is not executed; what is answered instead differs.
NOT_EXECUTED = frozenset(
    {
        "reject",
        "reset_before",
        "http_503_unavailable",
        "internal_error",
        "throttled_1008",
        "http_429",
        "http_418",
    }
)
# Executed unless `executed` is off; either way the answer doesn't tell.
EITHER_WAY = frozenset({"lose_answer", "http_503_unknown", "timeout_1007", "garbage", "truncated", "html"})
# Executed and answered as ever, only later (`slow`: between door and engine, `slow_answer`: after it), or filled less.
EXECUTED = frozenset({"slow", "slow_answer", "partial"})
BY_REQUEST = NOT_EXECUTED | EITHER_WAY | EXECUTED
# In force for a time: what reads show is not what is.
TIMED = frozenset({"hide_orders", "stale_positions"})
LIMITED = frozenset({"http_429", "http_418"})
# Where the exchange answers; the site's pages and the arena's feed are elsewhere.
EXCHANGE = ("/fapi/", "/sapi/", "/api/v3/")
_THROTTLED_PATHS = ("/fapi/v1/order", "/fapi/v1/order/test", "/fapi/v1/batchOrders", "/fapi/v1/algoOrder")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a fault may be chosen by; `orders` are the parameters of each order a request is about to place."""

    method: str
    path: str
    api_key: str
    symbol: str = ""
    orders: tuple[Mapping[str, str], ...] = ()

    def is_throttled(self) -> bool:
        """Whether the system's protection may refuse it: an order that could make a position larger (binance.md §5)."""
        placing = self.method in ("POST", "PUT") and self.path in _THROTTLED_PATHS
        return placing and not (self.orders and all(_only_closes(order) for order in self.orders))


@dataclass(slots=True)
class Fault:
    """One kind of trouble for `count` requests, or until `until_ms` when that is set.

    `path` may end in * for everything that begins so; an empty selector fits every request. `seconds` is the delay,
    or what Retry-After says; `lag_seconds` how far reads stay behind; `share` what an order still fills.
    """

    kind: str
    path: str
    method: str = ""
    count: int = 1
    code: int = -1007
    seconds: Decimal = Decimal(3)
    executed: bool = True
    api_key: str = ""
    symbol: str = ""
    status: int = 502
    share: Decimal = Decimal("0.5")
    lag_seconds: Decimal = Decimal(3)
    until_ms: int = 0
    fired: int = 0

    @property
    def skips(self) -> bool:
        """Whether the request is not executed; a firewall's 403 never lets it through."""
        refused = self.kind in NOT_EXECUTED or (self.kind == "html" and self.status == 403)
        return refused or (self.kind in EITHER_WAY and not self.executed)

    def fits(self, asked: Asked) -> bool:
        """Whether a request is one it was meant for."""
        return (
            path_fits(self.path, asked.path)
            and self.method in ("", asked.method)
            and self.api_key in ("", asked.api_key)
            and self._names(asked.symbol)
            and (self.kind != "throttled_1008" or asked.is_throttled())
            and (self.kind != "partial" or (asked.method, asked.path) == ("POST", "/fapi/v1/order"))
        )

    def _names(self, symbol: str) -> bool:
        # A read of all symbols shows this one too.
        return self.symbol in ("", symbol) or (self.kind in TIMED and not symbol)


@dataclass(slots=True)
class FaultPlan:
    """Faults waiting for their requests, with how often each kind fired; `changed` since it was last written."""

    waiting: list[Fault] = field(default_factory=list)
    fired: Counter[str] = field(default_factory=Counter)
    changed: bool = field(default=False, metadata=TRANSIENT)

    def add(self, fault: Fault) -> None:
        """Let a fault wait for its requests."""
        self.waiting.append(fault)
        self.changed = True

    def clear(self) -> None:
        """Let none wait any longer."""
        self.waiting.clear()
        self.changed = True

    def take(self, asked: Asked, *, now_ms: int) -> Fault | None:
        """The first fault meant for this request, used up by one."""
        self.drop_past(now_ms)
        for fault in self.waiting:
            if fault.kind not in TIMED and fault.fits(asked):
                self.fire(fault)
                if not fault.until_ms:
                    fault.count -= 1
                    if fault.count <= 0:
                        self.waiting.remove(fault)
                return fault
        return None

    def in_force(self, kind: str, asked: Asked, *, now_ms: int) -> Fault | None:
        """The fault of a kind of TIMED that a read falls under."""
        self.drop_past(now_ms)
        return next((fault for fault in self.waiting if fault.kind == kind and fault.fits(asked)), None)

    def fire(self, fault: Fault) -> None:
        """Count that a fault did its work."""
        fault.fired += 1
        self.fired[fault.kind] += 1
        self.changed = True

    def drop_past(self, now_ms: int) -> None:
        """Forget what was in force for a time that is over."""
        if any(fault.until_ms and fault.until_ms <= now_ms for fault in self.waiting):
            self.waiting = [fault for fault in self.waiting if not fault.until_ms or fault.until_ms > now_ms]
            self.changed = True


def path_fits(wanted: str, path: str) -> bool:
    """Whether a path is the wanted one, begins with it (wanted ends in *), or all are wanted (empty)."""
    return not wanted or path == wanted or (wanted.endswith("*") and path.startswith(wanted[:-1]))


def _only_closes(order: Mapping[str, str]) -> bool:
    if any(str(order.get(name, "")).lower() == "true" for name in ("reduceOnly", "closePosition")):
        return True
    return (order.get("positionSide"), order.get("side")) in ((LONG, SELL), (SHORT, BUY))
