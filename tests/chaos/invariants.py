"""What must be true after every run, once things have calmed down (DESIGN §5); a sentence for each thing that isn't."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from nof1web.core.records import Intent, IntentStatus
from tests.chaos.checked import Checked
from tests.chaos.feed import EQUITY
from tests.chaos.installation import USERS
from tests.chaos.keeping import left_alone, money, protected
from tests.chaos.outcome import Outcome
from tests.chaos.truth import is_ours

if TYPE_CHECKING:
    from tests.chaos.running import Run

MINUTE_MS = 60_000
BAD_NEWS = ("position_gone",)
WAITING = ("pending", "reconcile_due", "no_account", "no_rules", "no_price")
"""refusals that pass by themselves: none is left once things have calmed down"""


def violations(run: Run) -> Outcome:
    """Return what is wrong after a run, with its counts."""
    outcome = Outcome(run.plan.seed)
    seen: dict[str, str] = {}
    for number, account in enumerate(run.plan.accounts):
        with run.site.stores(USERS[account.user]) as store:
            checked = Checked(run, number, store)
            for check in CHECKS:
                outcome.add(check.__name__.strip("_"), (f"{checked.name} {each}" for each in check(checked)))
            outcome.excused += len(checked.excused | checked.too_small)
            outcome.verdicts.update(each.code for each in store.chronicle.verdicts())
            outcome.add("apart", _apart(checked, seen))
    outcome.add("journaled_first", (f"{name} reached the exchange before it was journaled" for name in run.unjournaled))
    outcome.add("wrote_late", run.workers.wrote_late)
    outcome.counts.update(_counts(run))
    outcome.faults.update(run.world.faults.fired | Counter(unreachable=run.wire.unreached))
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
    # Of an order that was adopted after a restore the journal knows no more than what it executed.
    sent = {each.client_order_id: each.quantity for each in it.account.orders.values()}
    for intent in it.intents:
        way = "out" if intent.kind.exits else "in"
        steps[intent.tracker_id, intent.symbol, intent.epoch, str(intent.step), way].append(intent)
    for (name, _), executed in it.truth.executed.items():
        if len(executed) > 1 and not any(leg.client_algo_id == name for leg in it.legs):
            yield f"order {name} was executed {len(executed)} times"
    for step, attempts in steps.items():
        ids = ((each.client_order_id, each.side.value) for each in attempts)
        done = sum((sum(it.truth.executed.get(each, ()), Decimal(0)) for each in ids), Decimal(0))
        attempts.sort(key=lambda each: each.attempt)
        decided = max(max(decided_by(attempts, each), sent.get(each.client_order_id, Decimal(0))) for each in attempts)
        if done > decided:
            yield f"step {step} executed {done}, decided was {decided}"


def decided_by(attempts: list[Intent], last: Intent) -> Decimal:
    """What a step was to do by one of its attempts: a top-up asks only for what the holding shows to be missing."""
    begun, now = (abs(Decimal(each.explanation.get("holding", 0))) for each in (attempts[0], last))
    before = (each for each in attempts if each.attempt < last.attempt and each.status is IntentStatus.PARTIAL)
    return last.quantity + min(sum((each.executed for each in before), Decimal(0)), abs(now - begun))


def _sent_late(it: Checked) -> Iterator[str]:
    """Nothing that a worker sent after another had taken over was accepted: it is too old by then."""
    accepted = [(each.client_order_id, each.created_ms) for each in it.account.orders.values()]
    accepted += [(each.client_algo_id, each.created_ms) for each in it.account.algos.values()]
    late = it.run.workers.sent_late
    for name in sorted({name for name, at_ms in accepted if name in late and at_ms >= late[name]}):
        yield f"sent {name} after another worker had taken over, and it was accepted"


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


def _grown_along(it: Checked) -> Iterator[str]:
    """No holding has grown more since its opening than the agent's position has."""
    opened: dict[tuple[str, ...], list[Intent]] = defaultdict(list)
    for each in it.intents:
        if each.kind.value == "open":
            opened[each.tracker_id, each.symbol, each.epoch].append(each)
    books = it.run.plan.books()
    for epoch in it.held():
        orders = opened[epoch.tracker_id, epoch.symbol, epoch.epoch]
        held = next((each for each in books[epoch.tracker_id.rpartition("_")[2]] if each.symbol == epoch.symbol), None)
        if not orders or held is None or any(each.explanation.get("reason") == "adopted" for each in orders):
            continue
        most = max(each.quantity / abs(each.agent_quantity) for each in orders) * abs(held.quantity)
        if abs(epoch.quantity) <= most * Decimal("1.001"):
            continue
        if it.is_too_small(epoch, most):
            it.too_small.add(epoch.symbol)
        else:
            yield f"holds {epoch.quantity} {epoch.symbol}, the agent's moves make {most}"


def _closes_arrived(it: Checked) -> Iterator[str]:
    """Nothing is held that its agent no longer has."""
    books = it.run.plan.books()
    shown = {
        (f"t_{it.name[2:]}_{agent}", held.symbol, held.oid) for agent, book in books.items() for held in book
    }  # fmt: skip
    for epoch in it.held():
        if (epoch.tracker_id, epoch.symbol, epoch.epoch.partition("-")[0]) not in shown:
            yield f"still holds {epoch.quantity} {epoch.symbol} #{epoch.epoch}, which its agent closed"


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
    rested_ms = {each.client_algo_id: each.created_ms for each in it.account.algos.values()}
    for order in it.account.orders.values():
        # What was done between a backup and its restore has left no trace where it came to nothing.
        began_ms = rested_ms.get(order.client_order_id, order.created_ms)
        lost = began_ms <= it.run.restored.get(it.plan.user, -1)
        if is_ours(order) and order.client_order_id not in mine and not lost:
            yield f"{it.name} has order {order.client_order_id} in {order.symbol} that it doesn't know"
    for name in mine:
        if seen.setdefault(name, it.name) != it.name:
            yield f"{name} is in the journals of {it.name} and {seen[name]}"


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


CHECKS = (
    _holdings, _entered_once, _sent_late, _within_targets, _grown_along, _closes_arrived, protected, left_alone,
    _resolved, _verdicts, money, _told,
)  # fmt: skip
