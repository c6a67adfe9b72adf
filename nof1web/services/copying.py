"""One cycle of one credential: settle, decide, exit, enter, protect, tell (DESIGN §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from nof1web.core import execution, settings
from nof1web.core.plan import decide
from nof1web.core.records import Credential, CredentialState, Intent, OrderKind, Severity, Verdict, Watch
from nof1web.core.refusals import Code
from nof1web.core.snapshot import Plan, PlannedOrder, Snapshot
from nof1web.core.trading import Leg, Side
from nof1web.errors import (
    N_,
    CredentialRefused,
    ExchangeError,
    Nof1Error,
    Refused,
    SecretUnreadable,
    Text,
)
from nof1web.services import answers, flattening, unfinished
from nof1web.services.beside import fired_meanwhile, looked_first
from nof1web.services.changing import record_change
from nof1web.services.kill_points import KillPoint, reached
from nof1web.services.loading import credential_of, hedge_mode, load
from nof1web.services.locking import lock
from nof1web.services.ports import AccountPorts
from nof1web.services.preparing import prepare
from nof1web.services.protecting import protect
from nof1web.services.reconciled import compare_at
from nof1web.services.refreshing import read_for_entry, refresh, trigger_crossed, waits_for_account
from nof1web.services.sending import LimitTaken, send
from nof1web.services.sent_again import only_once
from nof1web.services.settling import settle_unresolved
from nof1web.services.spreading import spread
from nof1web.services.telling import tell

_ROUNDS = 5
_RETRY = timedelta(seconds=5)
_AT_ONCE = timedelta(seconds=1)


def run_cycle(ports: AccountPorts, *, dry_run: bool = False, forced: bool = False) -> dict[str, object]:
    """Run one cycle; return {"cycle_id", "orders", "verdicts"} as DESIGN §9 shows it.

    `dry_run` decides from the present snapshot and writes nothing. Within a credential's interval only a `forced`
    cycle (a person asked; the user's quota binds that too) or a crossed own trigger runs; others are put off to its
    end. A key the exchange refuses
    stops entries; what the exchange can't answer now is tried again at the credential's wake time.
    """
    cycle_id, credential = uuid4().hex[:12], credential_of(ports)
    if not dry_run and not (credential.enabled and credential.state.polls):
        # What was sent gets its answer and its stop, what a person wants flat is closed, whatever the state.
        _wake(ports, unfinished.go_on(ports), ())
        return answers.cycle(cycle_id, (), (), {})
    if dry_run:
        plan = decide(load(ports, credential))
        return answers.planned(cycle_id, plan, answers.names(ports))
    due_at = _due_at(ports, credential, forced=forced)
    if due_at is not None and not trigger_crossed(ports, credential):
        _wake(ports, due_at, credential.watches)
        return answers.cycle(cycle_id, (), (), {})
    try:
        return _cycle(ports, credential, cycle_id)
    except CredentialRefused as error:
        _stop_entries(ports, credential, error.text)
        raise
    except SecretUnreadable as error:
        lock(ports.store, credential, error.text, queue=ports.queue, bus=ports.bus, clock=ports.clock)
        raise


def _cycle(ports: AccountPorts, credential: Credential, cycle_id: str) -> dict[str, object]:
    intents: list[Intent] = []
    verdicts: dict[tuple[str, str], Verdict] = {}
    settle_unresolved(ports)
    flatten_at = flattening.carry_on(ports)
    account, read, looked = refresh(ports, credential), False, False
    plan, again_at, trouble, last = Plan((), (), (), None, ()), None, Trouble(), None
    for _ in range(_ROUNDS):
        snapshot = load(ports, credential_of(ports), held_back=account.held_back)
        plan = decide(snapshot)
        _remember(verdicts, plan)
        orders = [order for order in plan.orders if order.symbol not in trouble.symbols]
        if not orders and not plan.changes:
            if read or not waits_for_account(plan):
                last = None if account.held_back else snapshot
                break
            # Only now: what may leave without the account has left.
            account, read = read_for_entry(ports, account), True
            continue
        if not looked and looked_first(ports, snapshot, orders):
            looked = True
            continue
        for change in plan.changes:
            record_change(ports, change)
            reached(KillPoint.CHANGE_RECORDED)
        intents += _execute(ports, snapshot, orders, trouble)
    else:
        again_at = ports.clock() + _AT_ONCE
    protect_at = protect(ports, unfinished.to_protect(ports, last))
    problem = account.problem or trouble.text
    wakes = (_settle_at(ports), _compare_at(ports), flatten_at, protect_at, again_at, _after(ports, problem))
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.chronicle.put_verdicts(verdicts.values())
        wake_at = _noted_wake(ports, plan, wakes)
        ports.store.credentials.set_cycled(credential.id, ports.clock(), error=problem)
    reached(KillPoint.CYCLE_NOTED)
    ports.queue.wake(ports.user_id, ports.credential_id, wake_at)
    ports.bus.publish(ports.user_id, ports.store.chronicle.last_event_id())
    if any(not intent.shadow for intent in intents):
        # As the budget allows: where many enter at once, nobody's entry waits behind others' readings.
        ports.queue.sync_at(ports.host, ports.user_id, ports.credential_id, ports.clock() + _AT_ONCE)
    if trouble.refused is not None:
        # Only now: a refused key must not keep the other exits and the stops from being tried.
        raise trouble.refused
    return answers.cycle(cycle_id, intents, verdicts.values(), answers.names(ports))


def _remember(verdicts: dict[tuple[str, str], Verdict], plan: Plan) -> None:
    """Keep what each round said; an order is not hidden by the hold after it, nor a change by being on target."""
    for verdict in plan.verdicts:
        key = (verdict.tracker_id, verdict.symbol)
        earlier = verdicts.get(key)
        hidden = earlier is not None and (
            verdict.code == Code.ON_TARGET or (earlier.verdict == "order" and verdict.verdict == "hold")
        )
        if not hidden:
            verdicts[key] = verdict


@dataclass(slots=True)
class Trouble:
    """What went wrong within one cycle: symbols to leave alone for its rest, the key's refusal, the first sentence."""

    symbols: set[str] = field(default_factory=set)
    refused: CredentialRefused | None = None
    text: Text | None = None

    def add(self, symbol: str, error: Nof1Error) -> None:
        """Note a failure; the symbol is looked at again soon, by another cycle."""
        self.symbols.add(symbol)
        self.text = self.text or error.text
        if isinstance(error, CredentialRefused):
            self.refused = self.refused or error


def _execute(ports: AccountPorts, snapshot: Snapshot, orders: Sequence[PlannedOrder], trouble: Trouble) -> list[Intent]:
    """Send orders, exits first; what goes wrong with one symbol doesn't stop the others."""
    sent = []
    for order in orders:
        try:
            held = order.kind is not OrderKind.OPEN and not order.shadow
            if held and fired_meanwhile(ports, snapshot, order.symbol, exits=order.kind.exits):
                trouble.symbols.add(order.symbol)
                continue
            if not order.kind.exits and not order.shadow:
                prepare(ports, snapshot, order)
            seen = execution.seen_at(snapshot, order), snapshot.now
            sent.append(send(ports, only_once(ports, snapshot, order), hedge=hedge_mode(ports), decided=seen))
        except LimitTaken:
            # The next round decides it anew, over what is known by now.
            continue
        except (Refused, ExchangeError) as error:
            trouble.add(order.symbol, error)
    return sent


def _settle_at(ports: AccountPorts) -> datetime | None:
    """Return when to ask what became of orders without an answer, those of this very cycle included."""
    return ports.clock() + _AT_ONCE if ports.store.journal.unresolved(ports.credential_id) else None


def _compare_at(ports: AccountPorts) -> datetime | None:
    """Return when to compare the account (again) where a reconcile is due; not at once, which was tried just now."""
    due_at = compare_at(ports)
    return None if due_at is None else max(due_at, ports.clock() + _RETRY)


def _after(ports: AccountPorts, problem: Text | None) -> datetime | None:
    return ports.clock() + _RETRY if problem is not None else None


def _noted_wake(ports: AccountPorts, plan: Plan, others: tuple[datetime | None, ...]) -> datetime | None:
    """Note, and return, when this credential has to be looked at again; note at which prices."""
    times = [at for at in (plan.wake_at, *others) if at is not None]
    wake_at = min(times, default=None)
    own = tuple(
        Watch(each.symbol, each.trigger, above=(each.leg is Leg.STOP) != (each.side is Side.SELL))
        for each in ports.store.journal.protections(ports.credential_id)
    )
    ports.store.credentials.set_wake(ports.credential_id, wake_at, plan.watches + own)
    return wake_at


def _wake(ports: AccountPorts, at: datetime | None, watches: tuple[Watch, ...]) -> None:
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.credentials.set_wake(ports.credential_id, at, watches)
    ports.queue.wake(ports.user_id, ports.credential_id, at)


def _due_at(ports: AccountPorts, credential: Credential, *, forced: bool) -> datetime | None:
    """Return when the next cycle is due while the last one is too recent (setting `interval`, the user's quota).

    A `forced` one doesn't wait for what its owner chose, only for what an administrator allows.
    """
    trackers = [each for each in ports.store.trackers.all(credential.id) if each.started and not forced]
    shortest = min((settings.of(each).interval for each in trackers), default=0)
    shortest = max(shortest, ports.store.halts.quota().interval or 0)
    if credential.last_cycle_at is None or credential.last_cycle_at > ports.clock():
        # One later than now was noted before the clock was put right.
        return None
    due_at = credential.last_cycle_at + spread(shortest, credential.id)
    return due_at if ports.clock() < due_at else None


def _stop_entries(ports: AccountPorts, credential: Credential, reason: Text) -> None:
    """A refused key stops entries at once and is told once; exits are still tried (DESIGN §5 Errors)."""
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        # A person may have pressed something since the cycle began: that stays.
        if credential_of(ports).state is not CredentialState.RUNNING:
            return
        ports.store.credentials.set_state(credential.id, CredentialState.PAUSED, error=reason)
    text = Text(
        N_("The exchange refused the key of %(name)s: %(reason)s"), {"name": credential.name, "reason": str(reason)}
    )
    tell(ports, "credential_refused", text, severity=Severity.ALARM)
