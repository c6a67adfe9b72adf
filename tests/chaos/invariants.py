"""What must be true after every run, once things have calmed down (DESIGN §5); a sentence for each thing that isn't."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from nof1web.core.records import Epoch, Intent, Protection, ProtectionStatus, Severity
from nof1web.core.trading import Leg
from nof1web.services.ports import TenantStore
from nof1web.sim.accounts import BOTH, LONG, SHORT, Account
from tests.chaos.feed import EQUITY
from tests.chaos.hands import OURS
from tests.chaos.installation import BALANCE, MADE_AT, USERS
from tests.chaos.outcome import Outcome
from tests.chaos.truth import Truth, is_ours, truth_of

if TYPE_CHECKING:
    from tests.chaos.running import Run

MINUTE_MS, ALL = 60_000, 100_000
BAD_NEWS = ("position_gone",)
WAITING = ("pending", "reconcile_due", "no_account", "no_rules", "no_price")
"""refusals that pass by themselves: none is left once things have calmed down"""


class Checked:
    """One credential after a run: what is believed, and what really is."""

    def __init__(self, run: Run, number: int, store: TenantStore) -> None:
        self.run, self.store, self.name, self.plan = run, store, f"c_{number}", run.plan.accounts[number]
        self.account: Account = run.accounts[number][0]
        self.truth: Truth = truth_of(self.account)
        self.epochs: tuple[Epoch, ...] = store.trackers.epochs(self.name, since=MADE_AT)
        self.intents: tuple[Intent, ...] = store.journal.intents(self.name, limit=ALL)
        self.legs: tuple[Protection, ...] = store.journal.protections(self.name, open_only=False)
        self.events = store.chronicle.events(limit=ALL, credential_id=self.name)
        self.restored = self.plan.user in run.restored
        stopped = store.halts.stopped_symbols(self.name) if self.restored else {}
        self.excused = {symbol for (symbol, _), share in self.truth.shares.items() if share.excused} | set(stopped)

    def side(self, epoch: Epoch) -> str:
        """The position side of a holding."""
        return BOTH if not self.account.hedge else LONG if epoch.quantity > 0 else SHORT

    def held(self) -> list[Epoch]:
        """Epochs that hold something."""
        return [each for each in self.epochs if each.quantity]

    def wrong(self) -> Iterator[str]:
        """Everything that isn't as it must be, each with the credential's name."""
        checks = (
            _holdings, _entered_once, _within_targets, _closes_arrived, _protected, _left_alone, _resolved, _verdicts,
            _money, _told,
        )  # fmt: skip
        for check in checks:
            for each in check(self):
                yield f"{self.name} {each}"


def violations(run: Run) -> Outcome:
    """Return what is wrong after a run, with its counts."""
    outcome = Outcome(run.plan.seed)
    seen: dict[str, str] = {}
    for number, account in enumerate(run.plan.accounts):
        with run.site.stores(USERS[account.user]) as store:
            checked = Checked(run, number, store)
            outcome.wrong += checked.wrong()
            outcome.excused += len(checked.excused)
            outcome.verdicts.update(each.code for each in store.chronicle.verdicts())
            outcome.wrong += _apart(checked, seen)
    outcome.wrong += [f"{name} reached the exchange before it was journaled" for name in run.unjournaled]
    outcome.counts.update(_counts(run))
    outcome.stopped_at.update(run.workers.tally.stopped_at)
    return outcome


def _holdings(it: Checked) -> Iterator[str]:
    """Holdings = live − foreign."""
    believed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for epoch in it.held():
        believed[epoch.symbol, it.side(epoch)] += epoch.quantity
    for key in believed.keys() | it.truth.shares.keys():
        share = it.truth.shares.get(key)
        own, live = share.own if share else Decimal(0), it.account.quantity(*key)
        if key[0] not in it.excused and believed.get(key, Decimal(0)) != own:
            yield f"holds {believed.get(key, 0)} {key}, really it is {own} of {live}"
        for at_ms, quantity in share.taken if share and key[0] not in it.excused else ():
            yield f"took {quantity} {key} that was not its own at {at_ms}"


def _entered_once(it: Checked) -> Iterator[str]:
    """Each decided change was executed at most once, and not by more than was decided."""
    steps: dict[tuple[str, ...], list[Intent]] = defaultdict(list)
    for intent in it.intents:
        way = "out" if intent.kind.exits else "in"
        steps[intent.tracker_id, intent.symbol, intent.epoch, str(intent.step), way].append(intent)
    for name, executed in it.truth.executed.items():
        if len(executed) > 1 and not any(leg.client_algo_id == name for leg in it.legs):
            yield f"order {name} was executed {len(executed)} times"
    for step, attempts in steps.items():
        done = sum((sum(it.truth.executed.get(each.client_order_id, ()), Decimal(0)) for each in attempts), Decimal(0))
        if done > max(each.quantity for each in attempts):
            yield f"step {step} executed {done}, decided was {attempts[-1].quantity}"


def _within_targets(it: Checked) -> Iterator[str]:
    """No opening was larger than the tracker's money and leverage allow for what the agent had."""
    settings = {f"t_{it.name[2:]}_{agent}": chosen for agent, chosen in it.plan.follows}
    for intent in it.intents:
        if intent.kind.value != "open" or intent.explanation.get("reason") == "adopted":
            continue
        chosen = settings[intent.tracker_id]
        margin = abs(intent.agent_quantity) * intent.agent_entry / 10 * Decimal(chosen["total_margin"]) / EQUITY
        most = (Decimal(chosen["fixed_margin"]) if chosen["sizing"] == "fixed_margin" else margin) * 10 / intent.mark
        if intent.quantity > most * Decimal("1.001"):
            yield f"opened {intent.quantity} {intent.symbol} for the agent's {intent.agent_quantity}, at most {most}"


def _closes_arrived(it: Checked) -> Iterator[str]:
    """Nothing is held that its agent no longer has."""
    books = it.run.plan.books()
    shown = {
        (f"t_{it.name[2:]}_{agent}", held.symbol, held.oid) for agent, book in books.items() for held in book
    }  # fmt: skip
    for epoch in it.held():
        if (epoch.tracker_id, epoch.symbol, epoch.epoch.partition("-")[0]) not in shown:
            yield f"still holds {epoch.quantity} {epoch.symbol} #{epoch.epoch}, which its agent closed"


def _protected(it: Checked) -> Iterator[str]:
    """Each holding has the stop that its agent has, or an alarm says it hasn't; nothing of ours rests besides."""
    ours = (each for each in it.account.open_algos.values() if OURS.fullmatch(each.client_algo_id))
    resting = {each.client_algo_id: each for each in ours}
    wanted = {}
    for epoch in it.held():
        mine = [each for each in it.legs if _whose(each) == _whose(epoch) and each.client_algo_id in resting]
        wanted |= {each.client_algo_id: each for each in mine if each.status is ProtectionStatus.RESTING}
        shown = it.run.plan.books().get(epoch.tracker_id.rpartition("_")[2], ())
        agent = next((each for each in shown if each.symbol == epoch.symbol), None)
        if agent is None or epoch.symbol in it.excused:
            continue
        for leg, trigger in ((Leg.STOP, agent.stop), (Leg.TARGET, agent.target)):
            rests = sum((resting[each.client_algo_id].quantity for each in mine if each.leg is leg), Decimal(0))
            if trigger is not None and rests != abs(epoch.quantity) and not _alarmed(it, epoch.symbol):
                yield f"{epoch.quantity} {epoch.symbol} have a {leg} for {rests} and no alarm"
    for name in resting.keys() - wanted.keys():
        if resting[name].symbol not in it.excused:
            yield f"{name} over {resting[name].quantity} {resting[name].symbol} rests and belongs to nothing"


def _left_alone(it: Checked) -> Iterator[str]:
    """What persons left resting rests as they left it."""
    hands = it.run.hands
    for account_id, number in hands.orders:
        if account_id == it.account.account_id and number not in it.account.open_orders:
            yield f"the person's order {number} is gone: {it.account.orders[number].status}"
    for account_id, number in hands.stops:
        if account_id == it.account.account_id and number not in it.account.open_algos:
            yield f"the person's stop {number} is gone: {it.account.algos[number].status}"


def _resolved(it: Checked) -> Iterator[str]:
    """No order is unresolved for longer than a minute."""
    for intent in it.store.journal.unresolved(it.name):
        age_ms = it.run.time.now_ms - intent.timestamp_ms
        if age_ms > MINUTE_MS:
            yield f"order {intent.kind} {intent.symbol} is unresolved since {age_ms // 1000} s"


def _verdicts(it: Checked) -> Iterator[str]:
    """Every signal left a verdict, and none waits for something that has passed."""
    told = {(each.tracker_id, each.symbol): each for each in it.store.chronicle.verdicts()}
    for agent, _ in it.plan.follows:
        for held in it.run.plan.books().get(agent, ()):
            verdict = told.get((f"t_{it.name[2:]}_{agent}", held.symbol))
            if verdict is None:
                yield f"has no verdict on {agent}'s {held.symbol} #{held.oid}"
            elif verdict.code in WAITING:
                yield f"says {verdict.code} on {agent}'s {held.symbol} #{held.oid}"


def _money(it: Checked) -> Iterator[str]:
    """The wallet is the deposit and what was earned and paid; own orders cost what the journal says."""
    account = it.account
    earned = sum((each.amount for each in account.income if each.kind != "TRANSFER"), Decimal(0))
    if account.wallet != BALANCE + earned:
        yield f"has {account.wallet} USDT, {BALANCE} and {earned} make another sum"
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for trade in account.trades:
        paid[account.orders[trade.order_id].client_order_id] += trade.commission
    for intent in it.intents:
        if intent.executed and (intent.fee or Decimal(0)) != paid[intent.client_order_id]:
            name = intent.client_order_id
            yield f"journals a fee of {intent.fee} for {name}, paid was {paid[name]}"


def _told(it: Checked) -> Iterator[str]:
    """Nobody is told of what didn't happen; where a person traded too, the words may tell the two apart wrongly."""
    traded = {symbol for (symbol, _), share in it.truth.shares.items() if share.touched_ms}
    for event in it.events:
        mine = event.kind == "unknown_ours" and not it.restored
        if (event.kind in BAD_NEWS and event.symbol not in it.excused | traded) or mine:
            yield f"was told {event.kind}: {event.text}"


def _apart(it: Checked, seen: dict[str, str]) -> Iterator[str]:
    """No order is in two tenants' journals or on another account than its credential's."""
    mine = {each.client_order_id for each in it.intents} | {each.client_algo_id for each in it.legs}
    for order in it.account.orders.values():
        # What was done between a backup and its restore has left no trace where it came to nothing.
        lost = order.created_ms < it.run.restored.get(it.plan.user, 0)
        if is_ours(order) and order.client_order_id not in mine and not lost:
            yield f"{it.name} has order {order.client_order_id} in {order.symbol} that it doesn't know"
    for name in mine:
        if seen.setdefault(name, it.name) != it.name:
            yield f"{name} is in the journals of {it.name} and {seen[name]}"


def _alarmed(it: Checked, symbol: str) -> bool:
    return any(each.symbol == symbol and each.severity is Severity.ALARM for each in it.events)


def _whose(each: Any) -> tuple[str, str, str]:
    return each.tracker_id, each.symbol, each.epoch


def _counts(run: Run) -> Counter[str]:
    tally, mine = run.workers.tally, [account for account, _ in run.accounts]
    orders = sum(sum(is_ours(order) for order in account.orders.values()) for account in mine)
    counts = Counter(run.counts)
    counts.update(
        {
            "faults injected": sum(run.world.faults.fired.values()) + run.wire.unreached,
            "kills": tally.kills,
            "pauses": tally.pauses,
            "leases taken over": tally.takeovers,
            "done by hand": run.hands.done,
            "orders": orders,
            "stops and targets": sum(len(account.algos) for account in mine),
            "jobs": tally.jobs,
            "requests": run.wire.count,
        }
    )
    return counts
