"""What to send to end holdings because a person said so (DESIGN §5 States, FEATURES 99)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nof1web.core.exits import LOOK_AGAIN, exit_due_at, one_order, too_small
from nof1web.core.records import Epoch, EpochState, Intent, OrderKind
from nof1web.core.rounding import plain
from nof1web.core.snapshot import ZERO, PlannedOrder, Snapshot

REASON = "flatten"
"""what an order's explanation gives as its reason"""
_REOPENS = (EpochState.PENDING, EpochState.LIVE, EpochState.ROUNDED, EpochState.TOOK_PROFIT)
Shares = tuple[tuple[str, Decimal], ...]
"""symbols with the signed share of the position that no tracker opened"""


@dataclass(frozen=True, slots=True)
class Flatten:
    """A person's wish to end what is held: of a credential, or of one of its trackers; in one symbol, or in all ("").

    Only holdings, unless `everything`: then also the share of each position that no tracker opened, never more of it
    than `found` (None: not read yet), what there was when the account was first read for it. A `cancelled` one is
    finished too.
    """

    id: str
    credential_id: str
    tracker_id: str
    symbol: str
    everything: bool
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None = None
    found: Shares | None = None
    cancelled: bool = False

    def covers(self, tracker_id: str, symbol: str) -> bool:
        """Whether what a tracker holds in a symbol is to be ended."""
        return self.tracker_id in ("", tracker_id) and self.symbol in ("", symbol)


class Left(StrEnum):
    """Why something is still there."""

    WAITING = "waiting"
    """the answer to an order that was already sent is missing"""
    RETRYING = "retrying"
    """the last order had no effect; another follows shortly"""
    NOTHING_LIVE = "nothing_live"
    """the account shows nothing to close: it is being found out why"""
    UNDER_WAY = "under_way"
    DUST = "dust"
    """no order takes so little: it stays on the account"""


@dataclass(frozen=True, slots=True)
class Residual:
    """What is left to close: quantity signed, of a holding or (without a tracker) of the foreign share."""

    tracker_id: str
    symbol: str
    quantity: Decimal
    why: Left


@dataclass(frozen=True, slots=True)
class Ends:
    """The orders that may leave now, and everything that is still there before they do.

    Without `known` there may be more: the account's positions were to be ended too, and could not be read. What is
    `dust` is there as well, and nothing to wait for.
    """

    orders: tuple[PlannedOrder, ...]
    residual: tuple[Residual, ...]
    again_at: datetime | None
    known: bool = True
    dust: tuple[Residual, ...] = ()


def ended(flatten: Flatten, epochs: Iterable[Epoch]) -> tuple[Epoch, ...]:
    """Return those epochs of a flatten's scope into which an order could still lead: they are over from now on."""
    return tuple(
        epoch for epoch in epochs if flatten.covers(epoch.tracker_id, epoch.symbol) and epoch.state in _REOPENS
    )


def bounded(flatten: Flatten, snapshot: Snapshot, closed: Mapping[tuple[str, bool], Decimal]) -> Flatten:
    """Return a flatten with the foreign shares it may close: those of its first reading, less what went otherwise.

    `snapshot` was read after it was asked for; `closed` is what it has closed itself (unsigned), by (symbol, long).
    """
    if flatten.found is None:
        shares = snapshot.foreign.items()
        found = ((symbol, share) for (symbol, _long), share in shares if flatten.symbol in ("", symbol))
        return replace(flatten, found=tuple(found))
    sizes: dict[tuple[str, bool], Decimal] = {}
    for each in snapshot.positions:
        sizes[(each.symbol, each.quantity > 0)] = abs(each.quantity)
    left = []
    for symbol, share in flatten.found:
        key = (symbol, share > 0)
        # Against a holding of the other sign the share is no position of its own.
        present = max(sizes.get(key, ZERO), abs(snapshot.foreign.get(key, ZERO)))
        # An order without an answer may have taken a part of the position already.
        most = abs(share) if symbol in snapshot.pending else closed.get(key, ZERO) + present
        left.append((symbol, min(abs(share), most).copy_sign(share)))
    return replace(flatten, found=tuple(each for each in left if each[1]))


def plan(
    snapshot: Snapshot,
    flatten: Flatten,
    epochs: Iterable[Epoch],
    tries: Mapping[tuple[str, str, str], Intent],
    closed: Mapping[tuple[str, bool], Decimal],
) -> Ends:
    """Return the orders that end what is left: own holdings first, each at most as large as the position (rule 7).

    `tries` holds the newest intent by (tracker, symbol, epoch); the foreign share's is under
    ("", symbol, "flatten id:symbol"). `closed` is what it has closed (unsigned) of foreign shares, by (symbol, long).
    """
    made = _Making(snapshot, flatten, tries)
    for epoch in epochs:
        if epoch.quantity and flatten.covers(epoch.tracker_id, epoch.symbol):
            made.end(epoch)
    read = flatten.found is not None and snapshot.account is not None and snapshot.live is not None
    known = not flatten.everything or read
    if flatten.everything and known:
        # Not before the holdings in the symbol are gone: which part of a position is whose is certain then.
        taken = {each.symbol for each in made.residual}
        for symbol, found in flatten.found or ():
            key = (symbol, found > 0)
            most = min(abs(found) - closed.get(key, ZERO), abs(snapshot.foreign.get(key, ZERO)))
            if most > 0 and symbol not in taken:
                made.end_foreign(symbol, most.copy_sign(found))
    if not known:
        made.waits.append(snapshot.now + LOOK_AGAIN)
    return Ends(tuple(made.orders), tuple(made.residual), min(made.waits, default=None), known, tuple(made.dust))


class _Making:
    """Orders and residuals on their way."""

    def __init__(
        self, snapshot: Snapshot, flatten: Flatten, tries: Mapping[tuple[str, str, str], Intent]
    ) -> None:
        self._snapshot, self._flatten, self._tries = snapshot, flatten, tries
        self.orders: list[PlannedOrder] = []
        self.residual: list[Residual] = []
        self.dust: list[Residual] = []
        self.waits: list[datetime] = []

    def end(self, epoch: Epoch) -> None:
        """Close a holding, or say why not now."""
        key = (epoch.tracker_id, epoch.symbol, epoch.epoch)
        most = self._snapshot.most_to_close(epoch)
        why = self._waits(key, shadow=epoch.shadow)
        if why is None and too_small(self._snapshot, epoch):
            self.dust.append(Residual(epoch.tracker_id, epoch.symbol, epoch.quantity, Left.DUST))
            return
        why = why or (Left.UNDER_WAY if one_order(self._snapshot, epoch.symbol, most) else Left.NOTHING_LIVE)
        self.residual.append(Residual(epoch.tracker_id, epoch.symbol, epoch.quantity, why))
        if why is Left.NOTHING_LIVE:
            self.waits.append(self._snapshot.now + LOOK_AGAIN)
        if why is Left.UNDER_WAY:
            mark = self._snapshot.marks.get(epoch.symbol) or epoch.entry_price or epoch.reference_entry
            price = (mark, epoch.reference_entry)
            self._order(key, most.copy_sign(-epoch.quantity), epoch.leverage, price, shadow=epoch.shadow)

    def end_foreign(self, symbol: str, share: Decimal) -> None:
        """Close the share of a position that no tracker opened, or say why not now."""
        key = ("", symbol, f"{self._flatten.id}:{symbol}")
        why = self._waits(key, shadow=False) or Left.UNDER_WAY
        if why is Left.UNDER_WAY and not one_order(self._snapshot, symbol, share):
            self.dust.append(Residual("", symbol, share, Left.DUST))
            return
        self.residual.append(Residual("", symbol, share, why))
        position = next((each for each in self._snapshot.positions if each.symbol == symbol), None)
        mark = self._snapshot.marks.get(symbol) or (position.mark if position else None)
        if why is Left.UNDER_WAY and mark:
            self._order(key, -share, 1, (mark, mark), shadow=False)

    def _waits(self, key: tuple[str, str, str], *, shadow: bool) -> Left | None:
        if key[1] in self._snapshot.pending and not shadow:
            return Left.WAITING
        again_at = exit_due_at(self._tries.get(key))
        if again_at is not None and again_at > self._snapshot.now:
            self.waits.append(again_at)
            return Left.RETRYING
        return None

    def _order(
        self, key: tuple[str, str, str], delta: Decimal, leverage: int, price: tuple[Decimal, Decimal], *, shadow: bool
    ) -> None:
        told = {"reason": REASON, "holding": plain(-delta)}
        self.orders.append(
            PlannedOrder(
                *key,
                OrderKind.CLOSE,
                one_order(self._snapshot, key[1], delta),
                price[0],
                leverage,
                agent_quantity=ZERO,
                agent_entry=price[1],
                shadow=shadow,
                explanation=told,
            )
        )
