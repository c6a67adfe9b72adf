"""Trackers that follow their agents in memory, with fills as they come: decide, apply the plan, decide again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core import book
from nof1web.core.plan import decide
from nof1web.core.records import CredentialState, EpochState, Intent, IntentStatus
from nof1web.core.rounding import floor_to_step
from nof1web.core.signals import AgentRecord, Signal
from nof1web.core.snapshot import EpochChange, Plan, PlannedOrder, Snapshot
from nof1web.core.trading import Instrument, PositionSide
from tests.core import applying
from tests.core.copier import Copier, chosen_settings
from tests.core.ledger import Ledger
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


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cycle did: the plans of its rounds, all orders sent, and the verdict each symbol is left with."""

    plans: tuple[Plan, ...]
    orders: tuple[PlannedOrder, ...]
    codes: Mapping[str, str]
    """symbol -> code; what was ordered or changed is not hidden by the hold that follows it"""


@dataclass(slots=True)
class Lost:
    """An order whose answer never came: what of it really executed (None: it never arrived), and cycles to go."""

    intent: Intent
    executed: Decimal | None
    cycles: int


class Desk:
    """Trackers on one account. Marks follow the agents' entries until set in `marks`; orders fill at their marks.

    `fill` (order -> executed quantity; 0: ended empty) and `lose` (order -> after how many cycles its answer is known,
    0: at once) may be set at any time, as may `state`, `marks` and `pending`. An order that is lost and of which
    nothing fills never arrived. An exit beyond what is live fails: a reduce-only order never turns a position around.
    """

    def __init__(self, *copiers: Copier, ledger: Ledger, instruments: Mapping[str, Instrument] = INSTRUMENTS) -> None:
        self.copiers, self.ledger = {each.id: each for each in copiers}, ledger
        self.instruments, self.marks = dict(instruments), dict[str, Decimal]()
        self.state, self.pending = CredentialState.RUNNING, frozenset[str]()
        self.fill: Callable[[PlannedOrder], Decimal] = lambda order: order.quantity
        self.lose: Callable[[PlannedOrder], int] = lambda _: 0
        self.lost: list[Lost] = []
        self.orders: list[PlannedOrder] = []
        self.plans: list[Plan] = []
        self._priced: set[str] = set()

    def hear(self, copier: Copier, news: AgentRecord | Signal | None, now: datetime) -> None:
        """Let one tracker's source be read once more."""
        copier.reads(news, now)
        for position in copier.signal.positions if copier.signal else ():
            if position.symbol not in self.marks or position.symbol in self._priced:
                self._priced.add(position.symbol)
                self.marks[position.symbol] = position.entry_price

    def cycle(self, now: datetime) -> Cycle:
        """Settle what is known by now, then decide and execute until nothing is left to do."""
        for copier in self.copiers.values():
            copier.since = copier.since or now
        self._settle_lost(now)
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
                self._execute(order, now + self.ledger.delay)
        self.plans += plans
        orders = tuple(order for plan in plans for order in plan.orders)
        return Cycle(tuple(plans), orders, {symbol: code for symbol, (_, code) in codes.items()})

    def snapshot(self, now: datetime) -> Snapshot:
        """Return what the next decision is made from."""
        epochs = [epoch for copier in self.copiers.values() for epoch in copier.epochs.values()]
        self.ledger.reads(now, self.marks, epochs)
        return Snapshot(
            now=now,
            state=self.state,
            armed=True,
            instruments=self.instruments,
            marks=dict(self.marks),
            trackers=tuple(copier.view(now) for copier in self.copiers.values()),
            pending=self.pending | {each.intent.symbol for each in self.lost},
            **self.ledger.seen(epochs),
        )

    @property
    def wallet(self) -> Decimal:
        """The account's balance in USDT."""
        return self.ledger.wallet

    @wallet.setter
    def wallet(self, balance: Decimal) -> None:
        self.ledger.wallet = balance

    def live(self, symbol: str, long: bool) -> Decimal:
        """Return how much (unsigned) the account has of a symbol on a side."""
        return self.ledger.live(symbol, long)

    def by_hand(self, symbol: str, delta: object, side: PositionSide | None = None) -> None:
        """Trade outside every tracker; `side` names the side in hedge mode."""
        self.ledger.by_hand(symbol, d(delta), side)

    def _settle_lost(self, now: datetime) -> None:
        for lost in tuple(self.lost):
            lost.cycles -= 1
            if lost.cycles <= 0:
                self.lost.remove(lost)
                self._settled(lost.intent, lost.executed, now)

    def _change(self, change: EpochChange, now: datetime) -> None:
        applying.change(self.copiers[change.tracker_id].epochs, change, now)

    def _execute(self, order: PlannedOrder, now: datetime) -> None:
        copier, step = self.copiers[order.tracker_id], self.instruments[order.symbol].step
        executed = floor_to_step(min(self.fill(order), order.quantity), step)
        assert order.shadow or order.symbol not in {each.intent.symbol for each in self.lost}, "its answer comes first"
        self.orders.append(order)
        last = copier.tries.get((order.symbol, order.epoch))
        intent = applying.write(copier.epochs, last, order, now)
        if executed and not order.shadow:
            self.ledger.move(intent, executed)
        cycles = 0 if order.shadow else self.lose(order)
        if cycles:
            self._note(replace(intent, status=IntentStatus.UNKNOWN))
            self.lost.append(Lost(intent, executed or None, cycles))
        else:
            self._settled(intent, executed, now)

    def _settled(self, intent: Intent, executed: Decimal | None, now: datetime) -> None:
        copier = self.copiers[intent.tracker_id]
        self._note(applying.settle(copier.epochs, intent, executed, now))
        if executed and not intent.kind.exits:
            copier.entered_at.append(intent.created_at)

    def _note(self, intent: Intent) -> None:
        self.copiers[intent.tracker_id].tries[intent.symbol, intent.epoch] = intent
        others = (each for each in self.ledger.journal if each.client_order_id != intent.client_order_id)
        self.ledger.journal = [intent, *others]


class Follower(Copier, Desk):
    """One tracker on an account of its own, whose settings are named as they are written.

    feed(record, now)       one good read of the source, then a cycle; None: the payload lacked the agent
    feed(signal, now)       the same with a ready-made Signal
    again(now)              a good read that showed nothing new (304), then a cycle
    read(news, now)         a read without a cycle
    cycle(now)              decide and execute, up to ROUNDS times, without a read
    by_hand(symbol, delta)  the account's owner trades; `side` names the side in hedge mode
    explain(symbol)         what a sync records of it: the holding shrinks to what is live, the epoch is done

    Read `epochs` by (symbol, epoch), `held(symbol)`, `margin`, `live(symbol, long)`, `orders`, `plans`, `signal`.
    `hedge` is the account's position mode, `wallet` its balance in USDT, `since` the tracker's start (default: the
    first cycle), `lag` how long a reading of the account serves (default: it is always of now).
    """

    def __init__(
        self,
        *,
        hedge: bool = False,
        wallet: object = 100000,
        lag: timedelta | None = None,
        source: str = "nof1",
        instruments: Mapping[str, Instrument] = INSTRUMENTS,
        since: datetime | None = None,
        **chosen: str,
    ) -> None:
        Copier.__init__(self, "t1", chosen_settings(**chosen), source=source, since=since)
        Desk.__init__(self, self, ledger=Ledger(hedge=hedge, wallet=d(wallet), lag=lag), instruments=instruments)

    def feed(self, news: AgentRecord | Signal | None, now: datetime) -> Cycle:
        """Read the source once more, then decide and execute."""
        self.read(news, now)
        return self.cycle(now)

    def read(self, news: AgentRecord | Signal | None, now: datetime) -> None:
        """Read the source once more without a cycle."""
        self.hear(self, news, now)

    def again(self, now: datetime) -> Cycle:
        """Read the source once more and find nothing new."""
        assert self.signal is not None, "something was read before"
        self.signal = book.same_again(self.signal, now)
        return self.cycle(now)

    def explain(self, symbol: str, now: datetime, state: EpochState = EpochState.DONE) -> None:
        """Shrink the holding to what is live, as a sync does once it knows why (rule 8)."""
        held = next(each for each in self.epochs.values() if each.symbol == symbol and each.quantity)
        left = min(abs(held.quantity), self.live(symbol, held.quantity > 0)).copy_sign(held.quantity)
        self.epochs[symbol, held.epoch] = replace(
            held,
            quantity=left,
            state=state,
            allocation=held.allocation * abs(left / held.quantity),
            closed_at=now,
        )
