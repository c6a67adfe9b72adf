"""Reads that lag behind: young orders not shown yet, positions and wallets as they were a while ago.

For the answer to one read an account shows itself as a replica would know it; then it is put back. Nothing is kept
while nobody asked for such a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal

from nof1web.sim.accounts import Account, Position
from nof1web.sim.ledger import Ledger

ORDER_READS = frozenset(
    {"/fapi/v1/order", "/fapi/v1/openOrder", "/fapi/v1/openOrders", "/fapi/v1/allOrders"},
)
POSITION_READS = frozenset(
    {
        "/fapi/v2/account",
        "/fapi/v3/account",
        "/fapi/v2/balance",
        "/fapi/v3/balance",
        "/fapi/v2/positionRisk",
        "/fapi/v3/positionRisk",
    }
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an account held from a moment (ms) on; the rows are copies."""

    at_ms: int
    wallet: Decimal
    other_assets: dict[str, Decimal]
    positions: dict[str, Position]


@dataclass(slots=True)
class Replica:
    """What accounts held, moment by moment, from the one a lag was ordered until `until_ms`; 0 while none is.

    It begins to fall behind then: until the lag has passed it shows that moment, afterwards what was exactly
    `lag_seconds` ago.
    """

    until_ms: int = 0
    longest_lag_ms: int = 0
    history: dict[str, list[Snapshot]] = field(default_factory=dict)

    def start(self, ledger: Ledger, *, lag_seconds: Decimal, until_ms: int, now_ms: int) -> None:
        """Keep what all accounts hold from now on, or go on keeping it for longer."""
        if not self.until_ms:
            self.history = {name: [_snapshot(account, now_ms)] for name, account in ledger.accounts.items()}
        self.until_ms = max(self.until_ms, until_ms)
        self.longest_lag_ms = max(self.longest_lag_ms, int(lag_seconds * 1000))

    def note(self, ledger: Ledger, *, now_ms: int) -> None:
        """Keep what the accounts hold that changed since the state was last written.

        Called before each writing, and after each second of an advance.
        """
        if not self.until_ms:
            return
        if now_ms >= self.until_ms:
            self.until_ms, self.longest_lag_ms, self.history = 0, 0, {}
            return
        for kind, name in list(ledger.changed):
            if kind == "account":
                self._keep(name, _snapshot(ledger.accounts[name], now_ms))

    @contextmanager
    def behind(self, account: Account, *, lag_seconds: Decimal, now_ms: int, symbol: str = "") -> Iterator[None]:
        """While inside, the account holds what it held that long ago: all of it, or the positions of one symbol."""
        kept = self.history.get(account.account_id)
        if not kept:
            yield
            return
        wanted_ms = now_ms - int(lag_seconds * 1000)
        seen = next((each for each in reversed(kept) if each.at_ms <= wanted_ms), kept[0])
        present = (account.wallet, account.other_assets, account.positions)
        if not symbol:
            account.wallet, account.other_assets = seen.wallet, dict(seen.other_assets)
        past = {key: replace(each) for key, each in seen.positions.items() if symbol in ("", each.symbol)}
        others = {key: each for key, each in account.positions.items() if symbol not in ("", each.symbol)}
        account.positions = {**past, **others}
        try:
            yield
        finally:
            account.wallet, account.other_assets, account.positions = present

    def _keep(self, name: str, snapshot: Snapshot) -> None:
        kept = self.history.setdefault(name, [])
        if kept and replace(kept[-1], at_ms=snapshot.at_ms) == snapshot:
            return
        # The first is where the replica stands; of several in one later millisecond only the last was ever to be seen.
        if len(kept) > 1 and kept[-1].at_ms == snapshot.at_ms:
            kept.pop()
        kept.append(snapshot)
        oldest_ms = snapshot.at_ms - self.longest_lag_ms
        while len(kept) > 1 and kept[1].at_ms <= oldest_ms:
            kept.pop(0)


@contextmanager
def without_young_orders(account: Account, *, lag_seconds: Decimal, now_ms: int, symbol: str = "") -> Iterator[None]:
    """While inside, the account has no regular order that is younger than the lag (of one symbol, or of all)."""
    newest_ms = now_ms - int(lag_seconds * 1000)
    young = {
        number
        for number, order in account.orders.items()
        if order.created_ms > newest_ms and symbol in ("", order.symbol)
    }
    present = (account.orders, account.open_orders, account.newest_by_client_id)
    account.orders = {number: order for number, order in account.orders.items() if number not in young}
    account.open_orders = {number: order for number, order in account.open_orders.items() if number not in young}
    account.newest_by_client_id = {key: n for key, n in account.newest_by_client_id.items() if n not in young}
    try:
        yield
    finally:
        account.orders, account.open_orders, account.newest_by_client_id = present


def _snapshot(account: Account, at_ms: int) -> Snapshot:
    positions = {key: replace(position) for key, position in account.positions.items()}
    return Snapshot(at_ms, account.wallet, dict(account.other_assets), positions)
