"""What rests on an account, what a person left there, and its money must be right after every run (DESIGN §5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from nof1web.core.records import ProtectionStatus, Severity
from nof1web.core.trading import Leg
from nof1web.sim.orders import BUY
from tests.chaos.checked import Checked
from tests.chaos.hands import OURS
from tests.chaos.installation import BALANCE

DUST = Decimal("0.000001")
"""USDT by which sums may differ that were rounded to eight decimals on the way"""


def protected(it: Checked) -> Iterator[str]:
    """Each holding has the stop that its agent has, or an alarm says it hasn't; nothing of ours rests besides."""
    ours = (each for each in it.account.open_algos.values() if OURS.fullmatch(each.client_algo_id))
    resting = {each.client_algo_id: each for each in ours}
    wanted = {}
    for epoch in it.held():
        mine = [each for each in it.legs if whose(each) == whose(epoch) and each.client_algo_id in resting]
        wanted |= {each.client_algo_id: each for each in mine if each.status is ProtectionStatus.RESTING}
        shown = it.run.plan.books().get(epoch.tracker_id.rpartition("_")[2], ())
        agent = next((each for each in shown if each.symbol == epoch.symbol), None)
        if agent is None or epoch.symbol in it.excused:
            continue
        for leg, trigger in ((Leg.STOP, agent.stop), (Leg.TARGET, agent.target)):
            legs = (resting[each.client_algo_id] for each in mine if each.leg is leg)
            rests = sum((each.quantity for each in legs if each.trigger == trigger), Decimal(0))
            if trigger is not None and rests != abs(epoch.quantity) and not alarmed(it, epoch.symbol):
                yield f"{epoch.quantity} {epoch.symbol} have a {leg} at {trigger} for {rests} and no alarm"
    for name in resting.keys() - wanted.keys():
        if resting[name].symbol not in it.excused:
            yield f"{name} over {resting[name].quantity} {resting[name].symbol} rests and belongs to nothing"


def left_alone(it: Checked) -> Iterator[str]:
    """What persons left resting rests as they left it."""
    hands = it.run.hands
    for account_id, number in hands.orders:
        if account_id == it.account.account_id and number not in it.account.open_orders:
            yield f"the person's order {number} is gone: {it.account.orders[number].status}"
    for account_id, number in hands.stops:
        if account_id == it.account.account_id and number not in it.account.open_algos:
            yield f"the person's stop {number} is gone: {it.account.algos[number].status}"


def money(it: Checked) -> Iterator[str]:
    """Equity = deposits + PnL − fees ± funding, by the trades; own orders cost and earn what is journaled."""
    account = it.account
    marks = {symbol: quote.mark for symbol, quote in it.run.world.exchange.market.quotes.items()}
    live = account.live_positions()
    equity = account.wallet + sum((each.unrealised(marks[each.symbol]) for each in live), Decimal(0))
    worth = BALANCE + sum((each.quantity * marks[each.symbol] for each in live), Decimal(0))
    for trade in account.trades:
        worth += trade.price * trade.quantity * (-1 if trade.side == BUY else 1) - trade.commission
    worth += sum((each.amount for each in account.income if each.kind == "FUNDING_FEE"), Decimal(0))
    if abs(equity - worth) > DUST:
        yield f"has {equity} USDT, its trades come to {worth}"
    shown = it.store.credentials.snapshot(it.name)
    if it.held() and (shown is None or abs(shown[0].equity - equity) > DUST):
        yield f"shows {shown and shown[0].equity} USDT, really it has {equity}"
    yield from _journaled(it)


def _journaled(it: Checked) -> Iterator[str]:
    """The journal has each order's fee and profit as the exchange booked them."""
    booked: dict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for trade in it.account.trades:
        name = it.account.orders[trade.order_id].client_order_id
        booked[name] = (booked[name][0] + trade.commission, booked[name][1] + trade.realised)
    for intent in it.intents:
        name, noted = intent.client_order_id, (intent.fee or Decimal(0), intent.realised or Decimal(0))
        if intent.executed and any(abs(ours - theirs) > DUST for ours, theirs in zip(noted, booked[name], strict=True)):
            yield f"journals {noted} (fee, profit) for {name}, booked were {booked[name]}"


def alarmed(it: Checked, symbol: str) -> bool:
    """Whether an alarm was raised over a symbol."""
    return any(each.symbol == symbol and each.severity is Severity.ALARM for each in it.events)


def whose(each: Any) -> tuple[str, str, str]:
    """The epoch that something belongs to."""
    return each.tracker_id, each.symbol, each.epoch
