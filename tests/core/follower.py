"""A tracker that follows an agent with perfect fills, in memory: decide, apply the plan, decide again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import book, settings
from nof1web.core.plan import decide
from nof1web.core.records import CredentialState, Epoch, EpochState, Intent, Tracker
from nof1web.core.rounding import floor_to_step
from nof1web.core.signals import AgentRecord, Signal
from nof1web.core.snapshot import ZERO, EpochChange, Plan, PlannedOrder, Snapshot, TrackerView
from nof1web.core.states import Mode
from nof1web.core.trading import Account, Instrument, Position, PositionSide
from nof1web.services.loading import foreign_shares
from tests.core import applying
from tests.core.scene import an_instrument, d

ROUNDS = 4
"""how often one cycle decides (services/copying.py)"""

INSTRUMENTS: Mapping[str, Instrument] = {
    symbol: an_instrument(
        symbol, tick=d(tick), step=d(step), min_quantity=d(step), min_notional=d(least), market_max_quantity=d(most)
    )
    for symbol, tick, step, least, most in (
        ("BTCUSDT", "0.1", "0.001", 50, 120),
        ("ETHUSDT", "0.01", "0.001", 20, 2000),
        ("SOLUSDT", "0.01", "0.01", 5, 5000),
        ("BNBUSDT", "0.01", "0.01", 5, 2000),
        ("XRPUSDT", "0.0001", "0.1", 5, 2000000),
        ("DOGEUSDT", "0.00001", "1", 5, 30000000),
    )
}

Fill = Callable[[PlannedOrder], Decimal]


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cycle did: the plans of its rounds, all orders sent, and the verdict each symbol is left with."""

    plans: tuple[Plan, ...]
    orders: tuple[PlannedOrder, ...]
    codes: Mapping[str, str]
    """symbol -> code; what was ordered or changed is not hidden by the hold that follows it"""


class Follower:
    """One tracker on one account. Marks follow the agent's entries until set in `marks`; every order fills at its mark.

    feed(record, now)       one good read of the source, then a cycle; None: the payload lacked the agent
    feed(signal, now)       the same with a ready-made Signal
    again(now)              a good read that showed nothing new (304), then a cycle
    read(news, now)         a read without a cycle
    cycle(now)              decide and execute, up to ROUNDS times, without a read
    by_hand(symbol, delta)  the account's owner trades; `side` names the side in hedge mode
    explain(symbol)         what a sync records of it: the holding shrinks to what is live, the epoch is done

    Read `epochs` by (symbol, epoch), `held(symbol)`, `margin`, `live(symbol, long)`, `orders`, `plans`, `signal`.
    `state`, `marks`, `settings`, `pending` and `fill` (order -> executed quantity; 0: ended empty) may be set at any
    time. `hedge` is the account's position mode, `wallet` its balance in USDT, `since` the tracker's start (default:
    the first cycle). An exit beyond what is live fails: a reduce-only order never turns a position around.
    """

    def __init__(
        self,
        *,
        hedge: bool = False,
        wallet: object = 100000,
        source: str = "nof1",
        instruments: Mapping[str, Instrument] = INSTRUMENTS,
        since: datetime | None = None,
        **chosen: str,
    ) -> None:
        self.settings = settings.parse({"mode": "trade", "total_margin": "1000"} | chosen)
        self.hedge, self.wallet, self.source, self.since = hedge, d(wallet), source, since
        self.instruments, self.marks = dict(instruments), dict[str, Decimal]()
        self.state, self.pending = CredentialState.RUNNING, frozenset[str]()
        self.fill: Fill = lambda order: order.quantity
        self.signal: Signal | None = None
        self.epochs: dict[tuple[str, str], Epoch] = {}
        self.tries: dict[tuple[str, str], Intent] = {}
        self.account: dict[tuple[str, PositionSide], Decimal] = {}
        self.orders: list[PlannedOrder] = []
        self.plans: list[Plan] = []
        self.entered_at: list[datetime] = []
        self._priced: set[str] = set()

    def feed(self, news: AgentRecord | Signal | None, now: datetime) -> Cycle:
        """Read the source once more, then decide and execute."""
        self.read(news, now)
        return self.cycle(now)

    def read(self, news: AgentRecord | Signal | None, now: datetime) -> None:
        """Read the source once more without a cycle."""
        if isinstance(news, Signal):
            self.signal = news
        elif self.signal is not None:
            self.signal = book.advance(self.signal, news, now)
        elif news is not None:
            self.signal = book.first(self.source, news, now)
        for position in self.signal.positions if self.signal else ():
            if position.symbol not in self.marks or position.symbol in self._priced:
                self._priced.add(position.symbol)
                self.marks[position.symbol] = position.entry_price

    def again(self, now: datetime) -> Cycle:
        """Read the source once more and find nothing new."""
        assert self.signal is not None, "something was read before"
        self.signal = book.same_again(self.signal, now)
        return self.cycle(now)

    def cycle(self, now: datetime) -> Cycle:
        """Decide and execute until nothing is left to do."""
        self.since = self.since or now
        plans: list[Plan] = []
        codes: dict[str, tuple[str, str]] = {}
        for _ in range(ROUNDS):
            plan = decide(self.snapshot(now))
            plans.append(plan)
            for verdict in plan.verdicts:
                earlier, _ = codes.get(verdict.symbol, ("", ""))
                told = verdict.code == "on_target" if earlier != "order" else verdict.verdict == "hold"
                if not (earlier and told):
                    codes[verdict.symbol] = (verdict.verdict, verdict.code)
            if not plan.orders and not plan.changes:
                break
            for change in plan.changes:
                self._change(change, now)
            for order in plan.orders:
                self._execute(order, now)
        self.plans += plans
        orders = tuple(order for plan in plans for order in plan.orders)
        return Cycle(tuple(plans), orders, {symbol: code for symbol, (_, code) in codes.items()})

    def snapshot(self, now: datetime) -> Snapshot:
        """Return what the next decision is made from."""
        tracker = Tracker("t1", "c1", "one", self.source, "agent", True, self.since, self.since or now)
        lately = tuple(at for at in self.entered_at if at > now - timedelta(hours=1))
        shadow = self.settings.mode is Mode.SHADOW
        mine = tuple(epoch for epoch in self.epochs.values() if epoch.shadow == shadow)
        positions = self._positions()
        return Snapshot(
            now=now,
            state=self.state,
            armed=True,
            account=self._account(now),
            instruments=self.instruments,
            marks=dict(self.marks),
            trackers=(TrackerView(tracker, self.settings, self.signal, mine, dict(self.tries), lately),),
            foreign=foreign_shares(positions, self.epochs.values(), {}),
            pending=self.pending,
            positions=positions,
            live={(row.symbol, row.quantity > 0): abs(row.quantity) for row in positions},
        )

    def held(self, symbol: str) -> Decimal:
        """Return the tracker's holding in a symbol, signed."""
        return sum((epoch.quantity for epoch in self.epochs.values() if epoch.symbol == symbol), ZERO)

    def epoch(self, symbol: str) -> Epoch:
        """Return the newest epoch of a symbol."""
        return [epoch for epoch in self.epochs.values() if epoch.symbol == symbol][-1]

    @property
    def margin(self) -> Decimal:
        """The margin in USDT that live and pending epochs occupy."""
        return sum((each.allocation for each in self.epochs.values() if each.quantity or _waits(each)), ZERO)

    def live(self, symbol: str, long: bool) -> Decimal:
        """Return how much (unsigned) the account has of a symbol on a side."""
        rows = (row.quantity for row in self._positions() if row.symbol == symbol and (row.quantity > 0) == long)
        return sum(map(abs, rows), ZERO)

    def by_hand(self, symbol: str, delta: object, side: PositionSide | None = None) -> None:
        """Trade outside every tracker."""
        if not self.hedge:
            side = PositionSide.BOTH
        side = side or (PositionSide.LONG if d(delta) > 0 else PositionSide.SHORT)
        self.account[symbol, side] = self.account.get((symbol, side), ZERO) + d(delta)

    def explain(self, symbol: str, now: datetime, state: EpochState = EpochState.DONE) -> None:
        """Shrink the holding to what is live, as a sync does once it knows why (rule 8)."""
        held = next(each for each in self.epochs.values() if each.symbol == symbol and each.quantity)
        left = min(abs(held.quantity), self.live(symbol, held.quantity > 0)).copy_sign(held.quantity)
        allocation = held.allocation * abs(left / held.quantity)
        closed_at = held.closed_at if left else now
        self.epochs[symbol, held.epoch] = replace(
            held, quantity=left, state=state, allocation=allocation, closed_at=closed_at
        )

    def _change(self, change: EpochChange, now: datetime) -> None:
        applying.change(self.epochs, change, now)

    def _execute(self, order: PlannedOrder, now: datetime) -> None:
        executed = floor_to_step(min(self.fill(order), order.quantity), self.instruments[order.symbol].step)
        self.orders.append(order)
        intent = applying.execute(self.epochs, self.tries, order, executed, now)
        self.tries[order.symbol, order.epoch] = intent
        if not executed:
            return
        if not order.kind.exits:
            self.entered_at.append(now)
        if not order.shadow:
            self._move_account(order, executed)

    def _move_account(self, order: PlannedOrder, executed: Decimal) -> None:
        side = PositionSide.BOTH
        if self.hedge:
            side = PositionSide.LONG if (order.delta > 0) != order.kind.exits else PositionSide.SHORT
        before = self.account.get((order.symbol, side), ZERO)
        after = before + executed.copy_sign(order.delta)
        assert not order.kind.exits or (abs(after) < abs(before) and after * before >= 0), "reduce-only"
        self.account[order.symbol, side] = after

    def _positions(self) -> tuple[Position, ...]:
        rows = []
        for (symbol, side), quantity in self.account.items():
            if quantity:
                mark, own = self.marks[symbol], self.epochs.values()
                leverage = next((each.leverage for each in own if each.symbol == symbol and each.quantity), 10)
                margin = abs(quantity) * mark / leverage
                rows.append(Position(symbol, side, quantity, mark, mark, ZERO, ZERO, margin))
        return tuple(rows)

    def _account(self, now: datetime) -> Account:
        used = sum((each.allocation for each in self.epochs.values() if each.quantity and not each.shadow), ZERO)
        return Account(self.wallet, self.wallet, self.wallet - used, used, ZERO, self.hedge, False, now)


def _waits(epoch: Epoch) -> bool:
    return epoch.state is EpochState.PENDING
