"""The stage of the named scenarios on a real account: services, the real client and the exchange as a process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from nof1web.core import protection
from nof1web.core.plan import decide
from nof1web.core.records import EpochState, Tracker
from nof1web.core.signals import Signal, SignalPosition
from nof1web.core.snapshot import Plan, Snapshot
from nof1web.core.trading import PositionSide
from nof1web.services import copying, syncing
from nof1web.services.ports import AccountPorts
from tests.core import stage as core
from tests.core.follower import Cycle
from tests.core.scene import NOW, d
from tests.services.deaths import SIGNS
from tests.services.stage import Stage

TRACKER = "t1"
NOT_SETTINGS = ("instruments", "wallet", "lag", "source", "since")
Row = tuple[str, bool]


class WireStage(core.Stage):
    """A scenario's stage whose account is on the exchange; what it asks for is done by services.

    The scenario's times are shifted to the present, so that the account's own trades are of the same time. An account
    is read before each cycle, as the scenarios expect.
    """

    def __init__(self, real: Stage, sign: int, seen: set[str], *, hedge: bool, **chosen: Any) -> None:
        super().__init__(sign, seen, hedge=hedge, **chosen)
        self.real, self.begun_at = real, datetime.now(UTC)
        self.planned: list[Plan] = []
        self.instruments = dict(real.client.instruments())
        at, written = self.begun_at, {name: value for name, value in chosen.items() if name not in NOT_SETTINGS}
        written = {"mode": "trade", "total_margin": "1000"} | written
        real.store.trackers.add(Tracker(TRACKER, "c_1", "one", "nof1", "agent", True, at, at, written))

    def cycle(self, now: datetime) -> Cycle:
        """Sync, copy, and note the plans that were decided on."""
        self._arrange(now)
        ports, self.planned = self._ports(now), []
        syncing.run_sync(ports)
        copying.run_cycle(ports, forced=True)
        self._learn()
        plans = tuple(self.planned)
        for plan in plans:
            self.saw(plan)
        self.plans += plans
        orders = tuple(order for plan in plans for order in plan.orders)
        self.orders += orders
        return Cycle(plans, orders, _codes(plans))

    def note(self, snapshot: Snapshot) -> Plan:
        """Decide as ever, and keep the plan."""
        self.planned.append(decide(snapshot))
        return self.planned[-1]

    def by_hand(self, symbol: str, delta: object, side: PositionSide | None = None) -> None:
        """Trade on the exchange outside every tracker."""
        quantity = d(delta)
        place = {"symbol": symbol, "side": "BUY" if quantity > 0 else "SELL", "type": "MARKET"}
        place["quantity"] = str(abs(quantity))
        if self.ledger.hedge:
            place["positionSide"] = str(side or (PositionSide.LONG if quantity > 0 else PositionSide.SHORT))
        self._prices()
        self.real.control.post("/sim/orders", account_id=self.real.account_id, place=place)

    def explain(self, symbol: str, now: datetime, state: EpochState = EpochState.DONE) -> None:
        """Let two syncs find out what became of a holding; its orders are long past, on the exchange's clock too."""
        self.real.store.journal._file.change("UPDATE intents SET timestamp_ms = timestamp_ms - 30000")  # type: ignore[attr-defined]
        for seconds in (0, 3):
            syncing.run_sync(self._ports(now + timedelta(seconds=seconds)))
        self._learn()

    def live(self, symbol: str, long: bool) -> Decimal:
        """How much the exchange says there is on a side."""
        return abs(self.positions().get((symbol, long), Decimal(0)))

    def positions(self) -> Mapping[Row, Decimal]:
        """The account's positions on the exchange, signed."""
        rows = self.real.control.account(self.real.account_id)["positions"]
        found = [(row["symbol"], Decimal(row["positionAmt"])) for row in rows]
        return {(symbol, quantity > 0): quantity for symbol, quantity in found if quantity}

    def fills(self) -> list[tuple[str, Decimal]]:
        """Symbol and signed quantity of every fill of our own orders, in their order."""
        mine = {each.client_order_id for each in self.real.store.journal.intents("c_1", limit=1000)}
        orders = sorted(self.real.control.account(self.real.account_id)["orders"], key=lambda row: int(row["orderId"]))
        rows = [row for row in orders if row["clientOrderId"] in mine and Decimal(row["executedQty"])]
        return [(row["symbol"], Decimal(row["executedQty"]) * SIGNS[row["side"]]) for row in rows]

    def resting(self) -> set[tuple[str, str, Decimal, Decimal]]:
        """Symbol, leg, quantity and trigger of what rests on the exchange."""
        words = {"STOP_MARKET": "stop", "TAKE_PROFIT_MARKET": "target"}
        return {
            (row["symbol"], words[row["orderType"]], Decimal(row["quantity"]), Decimal(row["triggerPrice"]))
            for row in self.real.resting()
        }

    def wanted(self) -> set[tuple[str, str, Decimal, Decimal]]:
        """What has to rest by the rules for the present holdings."""
        found = set()
        present = self.real.store.journal.protections("c_1")
        for epoch in self.epochs.values():
            mine = tuple(each for each in present if each.epoch == epoch.epoch and each.symbol == epoch.symbol)
            instrument = self.instruments[epoch.symbol]
            shown = self._shown(epoch.symbol)
            legs = protection.wanted(epoch, shown, self.settings, instrument, mine) if not epoch.shadow else ()
            found |= {(epoch.symbol, str(leg.leg), leg.quantity, leg.trigger) for leg in legs}
        return found

    def _shown(self, symbol: str) -> SignalPosition | None:
        found = self.real.market.signal("nof1", "agent")
        return next((each for each in found.positions if each.symbol == symbol), None) if found else None

    def _arrange(self, now: datetime) -> None:
        if self.signal is not None:
            self.real.market.put_signals([_later(self.signal, self.begun_at - NOW)])
        self._prices()
        state = self.real.store.credentials
        state.set_state("c_1", self.state)

    def _prices(self) -> None:
        self.real.control.prices(**{symbol: str(mark) for symbol, mark in self.marks.items()})

    def _ports(self, now: datetime) -> AccountPorts:
        # It moves with each look: what was done after a reading is told apart from what the reading shows.
        ticks, begun_at = count(), now - NOW + self.begun_at
        return replace(self.real.ports(), clock=lambda: begun_at + timedelta(milliseconds=next(ticks)))

    def _learn(self) -> None:
        since = self.begun_at - timedelta(days=1)
        rows = self.real.store.trackers.epochs("c_1", since=since)
        self.epochs = {(each.symbol, each.epoch): each for each in sorted(rows, key=lambda each: each.opened_at)}


def _later(signal: Signal, by: timedelta) -> Signal:
    """Return a signal as if all of it had been seen that much later."""
    rows = tuple(
        replace(
            each,
            first_seen_at=each.first_seen_at + by,
            changed_at=each.changed_at + by,
            missing=each.missing and replace(each.missing, since=each.missing.since + by),
        )
        for each in signal.positions
    )
    times = {"recorded_at": signal.recorded_at + by, "read_at": signal.read_at + by}
    return replace(signal, agent="agent", positions=rows, since=signal.since and signal.since + by, **times)


def _codes(plans: Iterable[Plan]) -> dict[str, str]:
    """Return what each symbol is left with: an order or a change is not hidden by the hold that follows it."""
    codes: dict[str, tuple[str, str]] = {}
    for verdict in (verdict for plan in plans for verdict in plan.verdicts):
        earlier, _ = codes.get(verdict.symbol, ("", ""))
        told = verdict.code == "on_target" if earlier != "order" else verdict.verdict == "hold"
        if not (earlier and told):
            codes[verdict.symbol] = (verdict.verdict, str(verdict.code))
    return {symbol: code for symbol, (_, code) in codes.items()}
