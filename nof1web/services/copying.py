"""One cycle of one credential: settle, decide, exit, enter, protect, tell (DESIGN §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from nof1web.core import execution, settings
from nof1web.core.plan import decide
from nof1web.core.protection import breached
from nof1web.core.records import Credential, CredentialState, Intent, Mode, Severity, Verdict, Watch
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
from nof1web.services import answers, flattening
from nof1web.services.changing import record_change
from nof1web.services.kill_points import KillPoint, reached
from nof1web.services.loading import FRESH, credential_of, hedge_mode, load
from nof1web.services.locking import lock
from nof1web.services.ports import AccountPorts
from nof1web.services.preparing import ModeChanged, prepare
from nof1web.services.protecting import protect
from nof1web.services.sending import LimitTaken, send
from nof1web.services.settling import settle_unresolved
from nof1web.services.syncing import needs_sync, run_sync
from nof1web.services.telling import tell

_ROUNDS = 4
_RETRY = timedelta(seconds=5)
_AT_ONCE = timedelta(seconds=1)
_LATELY = timedelta(seconds=20)
_ASK_FIRST = (-2022, -4061, -1106, -4062)
"""nothing to close, or another position mode than the one known: the account is asked before another try"""


def run_cycle(ports: AccountPorts, *, dry_run: bool = False, forced: bool = False) -> dict[str, object]:
    """Run one cycle; return {"cycle_id", "orders", "verdicts"} as DESIGN §9 shows it.

    `dry_run` decides from the present snapshot and writes nothing. Within a credential's interval only a `forced`
    cycle (a person asked) or a crossed own trigger runs; others are put off to its end. A key the exchange refuses
    stops entries; what the exchange can't answer now is tried again at the credential's wake time.
    """
    cycle_id, credential = uuid4().hex[:12], credential_of(ports)
    if not dry_run and not (credential.enabled and credential.state.polls):
        # What a person wants flat is closed whatever the state.
        _wake(ports, flattening.carry_on(ports), ())
        return answers.cycle(cycle_id, (), (), {})
    if dry_run:
        plan = decide(load(ports, credential))
        return answers.planned(cycle_id, plan, answers.names(ports))
    due_at = None if forced else _due_at(ports, credential)
    if due_at is not None and not _trigger_crossed(ports, credential):
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
    problem = _sync_if_due(ports, credential)
    plan, again_at, trouble = Plan((), (), (), None, ()), None, Trouble()
    for _ in range(_ROUNDS):
        snapshot = load(ports, credential_of(ports))
        plan = decide(snapshot)
        _remember(verdicts, plan)
        orders = [order for order in plan.orders if order.symbol not in trouble.symbols]
        if not orders and not plan.changes:
            break
        for change in plan.changes:
            record_change(ports, change)
            reached(KillPoint.CHANGE_RECORDED)
        intents += _execute(ports, snapshot, orders, trouble)
    else:
        again_at = ports.clock() + _AT_ONCE
    protect_at = protect(ports, load(ports, credential_of(ports)))
    ports.store.chronicle.put_verdicts(verdicts.values())
    retry_at = _after(ports, problem or trouble.text)
    _finish(ports, plan, (_settle_at(ports), flatten_at, protect_at, again_at, retry_at))
    reached(KillPoint.CYCLE_NOTED)
    ports.store.credentials.set_cycled(credential.id, ports.clock(), error=problem or trouble.text)
    if any(not intent.shadow for intent in intents):
        ports.queue.sync(ports.user_id, ports.credential_id)
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


def _sync_if_due(ports: AccountPorts, credential: Credential) -> Text | None:
    """Sync before deciding when the snapshot is old or an own stop may have fired; return what went wrong.

    Without a fresh account no entry is made, but exits still flow.
    """
    trading = credential.sends and any(
        settings.of(each).mode is Mode.TRADE for each in ports.store.trackers.all(credential.id) if each.started
    )
    old = trading and needs_sync(ports, credential, FRESH)
    due = old or _trigger_crossed(ports, credential) or _known_wrong(ports, credential)
    due = due or ports.store.halts.reconcile_due(credential.id)
    if not (due or _holds_less(ports, credential)):
        return None
    try:
        run_sync(ports)
    except CredentialRefused:
        raise
    except ExchangeError as error:
        return error.text
    return None


def _holds_less(ports: AccountPorts, credential: Credential) -> bool:
    """Whether the last reading showed less than a tracker holds: another one may explain it (rule 8)."""
    snapshot = load(ports, credential)
    held = (epoch for view in snapshot.trackers for epoch in view.epochs if epoch.quantity)
    return any(snapshot.most_to_close(epoch) < abs(epoch.quantity) for epoch in held)


def _trigger_crossed(ports: AccountPorts, credential: Credential) -> bool:
    """Whether a resting stop or target of ours lies where the mark already is."""
    marks = ports.bus.marks(ports.host)
    return any(
        each.symbol in marks and breached(each, marks[each.symbol])
        for each in ports.store.journal.protections(credential.id)
    )


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


def _known_wrong(ports: AccountPorts, credential: Credential) -> bool:
    """Whether the exchange just said that the account is not as we know it."""
    since = ports.clock() - _LATELY
    newest = ports.store.journal.intents(credential.id, limit=20)
    refused = (each.settled_at for each in newest if each.exchange_code in _ASK_FIRST)
    return any(at is not None and at > since for at in refused)


def _execute(ports: AccountPorts, snapshot: Snapshot, orders: Sequence[PlannedOrder], trouble: Trouble) -> list[Intent]:
    """Send orders, exits first; what goes wrong with one symbol doesn't stop the others."""
    sent = []
    for order in orders:
        try:
            if not order.kind.exits and not order.shadow:
                prepare(ports, snapshot, order)
            seen = execution.seen_at(snapshot, order), snapshot.now
            sent.append(send(ports, order, hedge=hedge_mode(ports), decided=seen))
        except (LimitTaken, ModeChanged):
            # The next round decides it anew, over what is known by now.
            continue
        except (Refused, ExchangeError) as error:
            trouble.add(order.symbol, error)
    return sent


def _settle_at(ports: AccountPorts) -> datetime | None:
    """Return when to ask what became of orders without an answer, those of this very cycle included."""
    return ports.clock() + _AT_ONCE if ports.store.journal.unresolved(ports.credential_id) else None


def _after(ports: AccountPorts, problem: Text | None) -> datetime | None:
    return ports.clock() + _RETRY if problem is not None else None


def _finish(ports: AccountPorts, plan: Plan, others: tuple[datetime | None, ...]) -> None:
    """Note when and at which prices this credential has to be looked at again, and tell open pages."""
    times = [at for at in (plan.wake_at, *others) if at is not None]
    wake_at = min(times, default=None)
    own = tuple(
        Watch(each.symbol, each.trigger, above=(each.leg is Leg.STOP) != (each.side is Side.SELL))
        for each in ports.store.journal.protections(ports.credential_id)
    )
    _wake(ports, wake_at, plan.watches + own)
    ports.bus.publish(ports.user_id, ports.store.chronicle.last_event_id())


def _wake(ports: AccountPorts, at: datetime | None, watches: tuple[Watch, ...]) -> None:
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.credentials.set_wake(ports.credential_id, at, watches)
    ports.queue.wake(ports.user_id, ports.credential_id, at)


def _due_at(ports: AccountPorts, credential: Credential) -> datetime | None:
    """Return when the next cycle is due while the last one is too recent (setting `interval`)."""
    trackers = [each for each in ports.store.trackers.all(credential.id) if each.started]
    shortest = min((settings.of(each).interval for each in trackers), default=0)
    if credential.last_cycle_at is None:
        return None
    due_at = credential.last_cycle_at + timedelta(seconds=shortest)
    return due_at if ports.clock() < due_at else None


def _stop_entries(ports: AccountPorts, credential: Credential, reason: Text) -> None:
    """A refused key stops entries at once and is told once; exits are still tried (DESIGN §5 Errors)."""
    if credential.state is not CredentialState.RUNNING:
        return
    ports.store.credentials.set_state(credential.id, CredentialState.PAUSED, error=reason)
    text = Text(
        N_("The exchange refused the key of %(name)s: %(reason)s"), {"name": credential.name, "reason": str(reason)}
    )
    tell(ports, "credential_refused", text, severity=Severity.ALARM)
