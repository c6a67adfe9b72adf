"""Request weight per address and order counts per account, with 429 and 418 (binance.md §5)."""

from __future__ import annotations

from dataclasses import dataclass, field

from nof1web.sim.refusal import Refusal

MINUTE_MS = 60_000
TEN_SECONDS_MS = 10_000
ORDERS_10S = 300
ORDERS_1M = 1200
BAN_MS = 120_000
_PATIENCE = 20


class TooMany(Refusal):
    """A limit was passed; `retry_after` in seconds goes into the header."""

    def __init__(self, code: int, *parts: object, retry_after: int, status: int, message: str | None = None) -> None:
        super().__init__(code, *parts, message=message)
        self.status = status
        self.retry_after = retry_after


@dataclass(slots=True)
class Window:
    """What was spent in the running window of a fixed length."""

    length_ms: int
    number: int = 0
    spent: int = 0
    refused: int = 0

    def roll(self, now_ms: int) -> None:
        """Begin anew when the window is over."""
        number = now_ms // self.length_ms
        if number != self.number:
            self.number, self.spent, self.refused = number, 0, 0

    def seconds_left(self, now_ms: int) -> int:
        """Whole seconds until the window is over, at least 1."""
        return max(1, -((now_ms - (self.number + 1) * self.length_ms) // 1000))


@dataclass(slots=True)
class Limits:
    """The counters; `weight` is the limit per minute and address."""

    weight: int = 6000
    orders_10s: int = ORDERS_10S
    orders_1m: int = ORDERS_1M
    by_address: dict[str, Window] = field(default_factory=dict)
    banned: dict[str, int] = field(default_factory=dict)
    by_account: dict[str, tuple[Window, Window]] = field(default_factory=dict)

    def spend(self, address: str, weight: int, *, now_ms: int) -> int:
        """Spend an address's weight and return what this minute came to; raises TooMany (429, then 418)."""
        until = self.banned.get(address, 0)
        if until > now_ms:
            raise _banned(until, now_ms)
        window = self.by_address.setdefault(address, Window(MINUTE_MS))
        window.roll(now_ms)
        if window.spent + weight > self.weight:
            window.refused += 1
            if window.refused > _PATIENCE:
                self.banned[address] = now_ms + BAN_MS
                raise _banned(now_ms + BAN_MS, now_ms)
            raise TooMany(-1003, self.weight, retry_after=window.seconds_left(now_ms), status=429)
        window.spent += weight
        return window.spent

    def count_order(self, account_id: str, *, now_ms: int) -> tuple[int, int]:
        """Count an order and return this 10 seconds' and this minute's number; raises TooMany -1015."""
        if account_id not in self.by_account:
            self.by_account[account_id] = (Window(TEN_SECONDS_MS), Window(MINUTE_MS))
        short, long = self.by_account[account_id]
        for window, most, name in ((short, self.orders_10s, "10 SECOND"), (long, self.orders_1m, "1 MINUTE")):
            window.roll(now_ms)
            if window.spent >= most:
                raise TooMany(-1015, most, name, retry_after=window.seconds_left(now_ms), status=429)
        short.spent += 1
        long.spent += 1
        return short.spent, long.spent


def _banned(until_ms: int, now_ms: int) -> TooMany:
    advice = "Please use the websocket for live updates to avoid bans."
    text = f"Way too many requests; IP banned until {until_ms}. {advice}"
    return TooMany(-1003, retry_after=max(1, (until_ms - now_ms) // 1000), status=418, message=text)
