"""Request weight per address and order counts per account, with 429 and a growing 418 (binance.md §5).

Each host counts for itself (fapi, sapi, spot), and fundingRate has a pool of its own; a ban holds for the whole host.
An order counts once its sender is proved, whatever the engine then says to it; one refused at the door doesn't.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nof1web.sim.refusal import Refusal

MINUTE_MS = 60_000
TEN_SECONDS_MS = 10_000
ORDERS_10S = 300
ORDERS_1M = 1200
BAN_MS = 120_000
LONGEST_BAN_MS = 3 * 24 * 3600 * 1000
MOST_ADDRESSES = 10_000
FAPI, SAPI, SPOT, FUNDING = "fapi", "sapi", "spot", "funding"
_PATIENCE = 20


@dataclass(frozen=True, slots=True)
class Pool:
    """What an address may spend in a stretch of time on a host; `header` tells what it spent ("" for none)."""

    host: str
    length_ms: int
    most: int
    header: str


POOLS = {
    FAPI: Pool(FAPI, MINUTE_MS, 6000, "X-MBX-USED-WEIGHT-1M"),
    FUNDING: Pool(FAPI, 5 * MINUTE_MS, 500, ""),
    SAPI: Pool(SAPI, MINUTE_MS, 12_000, "X-SAPI-USED-IP-WEIGHT-1M"),
    SPOT: Pool(SPOT, MINUTE_MS, 6000, "X-MBX-USED-WEIGHT-1M"),
}


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
        """Begin anew when the window is over; a clock that is set back takes along what was spent."""
        number = now_ms // self.length_ms
        if number > self.number:
            self.spent = self.refused = 0
        self.number = number

    def seconds_left(self, now_ms: int) -> int:
        """Whole seconds until the window is over, at least 1."""
        return max(1, -((now_ms - (self.number + 1) * self.length_ms) // 1000))


@dataclass(frozen=True, slots=True)
class Ban:
    """An address shut out until a time (ms); the next one is twice as long."""

    until_ms: int
    length_ms: int


@dataclass(slots=True)
class Limits:
    """The counters; `weight` is the limit of fapi per minute and address."""

    weight: int = POOLS[FAPI].most
    orders_10s: int = ORDERS_10S
    orders_1m: int = ORDERS_1M
    by_address: dict[tuple[str, str], Window] = field(default_factory=dict)
    bans: dict[tuple[str, str], Ban] = field(default_factory=dict)
    by_account: dict[str, tuple[Window, Window]] = field(default_factory=dict)

    def spend(self, address: str, weight: int, *, now_ms: int, pool: str = FAPI) -> int:
        """Spend an address's weight and return what its window came to; raises TooMany (429, then 418)."""
        host = POOLS[pool].host
        ban = self.bans.get((host, address))
        if ban is not None and ban.until_ms > now_ms:
            raise banned(ban.until_ms, now_ms)
        window = self._window(address, pool, now_ms)
        most = self.weight if pool == FAPI else POOLS[pool].most
        if window.spent + weight > most:
            window.refused += 1
            if window.refused > _PATIENCE:
                raise banned(self._ban(host, address, now_ms), now_ms)
            raise TooMany(-1003, most, retry_after=window.seconds_left(now_ms), status=429)
        window.spent += weight
        return window.spent

    def spent(self, address: str, *, now_ms: int, pool: str = FAPI) -> int:
        """What an address spent in the running window."""
        window = self.by_address.get((pool, address))
        return window.spent if window and window.number == now_ms // window.length_ms else 0

    def count_orders(self, account_id: str, counts: tuple[int, int], *, now_ms: int) -> tuple[int, int]:
        """Count orders, a number each for the 10 seconds and the minute; what these came to. Raises TooMany -1015."""
        if account_id not in self.by_account:
            self.by_account[account_id] = (Window(TEN_SECONDS_MS), Window(MINUTE_MS))
        both = self.by_account[account_id]
        limits = ((self.orders_10s, "10 SECOND"), (self.orders_1m, "1 MINUTE"))
        for window, count, (most, name) in zip(both, counts, limits, strict=True):
            window.roll(now_ms)
            if window.spent + count > most:
                raise TooMany(-1015, most, name, retry_after=window.seconds_left(now_ms), status=429)
        for window, count in zip(both, counts, strict=True):
            window.spent += count
        return both[0].spent, both[1].spent

    def _window(self, address: str, pool: str, now_ms: int) -> Window:
        window = self.by_address.get((pool, address))
        if window is None:
            if len(self.by_address) >= MOST_ADDRESSES:
                self._forget(now_ms)
            window = self.by_address[pool, address] = Window(POOLS[pool].length_ms)
        window.roll(now_ms)
        return window

    def _ban(self, host: str, address: str, now_ms: int) -> int:
        old = self.bans.get((host, address))
        # Who was left alone for as long as the longest ban starts again with the shortest.
        known = old is not None and now_ms - old.until_ms < LONGEST_BAN_MS
        length_ms = min(2 * old.length_ms, LONGEST_BAN_MS) if old is not None and known else BAN_MS
        self.bans[host, address] = Ban(now_ms + length_ms, length_ms)
        return now_ms + length_ms

    def _forget(self, now_ms: int) -> None:
        """Drop windows that are over, the oldest of the others when there are many, and bans long past."""
        running = [item for item in self.by_address.items() if item[1].number == now_ms // item[1].length_ms]
        self.by_address = dict(running[-MOST_ADDRESSES // 2 :])
        self.bans = {key: ban for key, ban in self.bans.items() if now_ms - ban.until_ms < LONGEST_BAN_MS}


def banned(until_ms: int, now_ms: int) -> TooMany:
    """The 418 of an address that is shut out until a time (ms)."""
    advice = "Please use the websocket for live updates to avoid bans."
    text = f"Way too many requests; IP banned until {until_ms}. {advice}"
    return TooMany(-1003, retry_after=max(1, -((now_ms - until_ms) // 1000)), status=418, message=text)
