"""Holdings that the account shows less of: what explains it, recorded and told (DESIGN §5 rule 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from nof1web.core.clocks import undated
from nof1web.core.drift import QUIET, Cause, Drift, Evidence, Reading, Standing, explain
from nof1web.core.own_fills import not_shown, settled_since
from nof1web.core.records import Epoch, Intent, Severity
from nof1web.core.rounding import plain
from nof1web.core.trading import Fill, Leg, Position
from nof1web.errors import N_, CredentialRefused, ExchangeError, Rejected, Text
from nof1web.services.dating import exchange_now, signed_at, since
from nof1web.services.loading import live_quantities
from nof1web.services.ports import AccountPorts
from nof1web.services.recognising import Findings
from nof1web.services.telling import tell

_NEWEST = 200
_Key = tuple[str, bool]
_WORDS = {
    Cause.OWN_STOP: ("stop_fired", N_("The stop of %(symbol)s was hit: %(quantity)s are closed.")),
    Cause.OWN_TARGET: ("target_fired", N_("The target of %(symbol)s was reached: %(quantity)s are closed.")),
    Cause.OWN_ORDER: (
        "closed_by_own_order",
        N_("An order of ours that nothing here explains closed %(quantity)s of %(symbol)s."),
    ),
    Cause.LIQUIDATED: (
        "liquidated",
        N_("The exchange closed %(quantity)s of %(symbol)s by force: liquidation or auto-deleveraging."),
    ),
    Cause.CLOSED_BY_HAND: (
        "closed_by_hand",
        N_("%(symbol)s was closed outside of this app (%(quantity)s); it is not entered again for this entry."),
    ),
    Cause.REDUCED_BY_HAND: (
        "reduced_by_hand",
        N_("%(quantity)s of %(symbol)s were closed outside of this app; the rest still follows the agent's exit."),
    ),
    Cause.UNEXPLAINED: (
        "position_gone",
        N_("%(quantity)s of %(symbol)s are gone from the account without a trade that explains it."),
    ),
}
"""an event's kind and sentence by what took from a holding"""


@dataclass(frozen=True, slots=True)
class Believed:
    """What was believed before a sync: by (symbol, whether long) the foreign share and the reading before."""

    foreign: Mapping[_Key, Decimal]
    earlier: Mapping[_Key, Reading]


def believed(ports: AccountPorts) -> Believed:
    """Return the last reading with own fills since, and what of it no tracker holds."""
    snapshot = ports.store.credentials.snapshot(ports.credential_id)
    if snapshot is None:
        return Believed({}, {})
    account, positions = snapshot
    held = _held(ports)
    lately = [each for each in _newest(ports) if settled_since(each, account.read_no)]
    unseen = not_shown(lately, account.read_no, positions, held, hedge=account.hedge)
    # An entry the reading may lack counts: where that is wrong nothing seems to have grown.
    unseen += [each for each in lately if not each.kind.exits and each not in unseen]
    live = live_quantities(positions, unseen, hedge=account.hedge)
    keys = live.keys() | {_key(epoch) for epoch in held}
    quantities = {key: live.get(key, Decimal(0)) for key in keys}
    return Believed(
        {key: max(quantity - _sum(held, key), Decimal(0)) for key, quantity in quantities.items()},
        {key: Reading(quantity, account.read_at) for key, quantity in quantities.items()},
    )


def explain_smaller(
    ports: AccountPorts,
    positions: tuple[Position, ...],
    read_at: datetime,
    before: Believed,
    findings: Findings,
) -> int:
    """Shrink holdings that the account no longer has, as far as something explains it; return how many.

    In the findings' unclear symbols a query failed, or an own stop or target is gone and it isn't known yet what it
    did.
    """
    pending = {intent.symbol for intent in ports.store.journal.unresolved(ports.credential_id)}
    newest = _newest(ports)
    held, explained = _held(ports), 0
    for epoch in held:
        mine = [each for each in newest if each.symbol == epoch.symbol and not each.shadow]
        if epoch.symbol in pending or _just_filled(ports, mine):
            # Which leg fired is found again by the next sync, once what is read can be believed.
            findings.unclear |= findings.fired.keys() & {epoch.symbol}
            continue
        key = _key(epoch)
        others = _sum(held, key) - abs(epoch.quantity)
        standing = Standing(
            epoch.quantity,
            before.foreign.get(key, Decimal(0)),
            Reading(max(live(epoch, positions) - others, Decimal(0)), read_at),
            before.earlier.get(key) if not others else None,
            max((each.settled_at for each in mine if each.settled_at), default=None),
        )
        if abs(epoch.quantity) + standing.foreign > standing.reading.quantity:
            explained += _record(ports, epoch, explain(standing, _evidence(ports, epoch, mine, before, findings)))
    return explained


def live(epoch: Epoch, positions: Iterable[Position]) -> Decimal:
    """Return how much the account has on an epoch's side of its symbol, unsigned."""
    same_side = (
        each.quantity
        for each in positions
        if each.symbol == epoch.symbol and (each.quantity > 0) == (epoch.quantity > 0)
    )
    return abs(sum(same_side, Decimal(0)))


def own_trigger(epoch: Epoch, leg: Leg, order_id: str, fills: tuple[Fill, ...], at: datetime) -> Drift:
    """Return what an own finished stop or target left of a holding: its fills are certain, whatever was read."""
    reading = Reading(abs(epoch.quantity), at)
    return explain(Standing(epoch.quantity, Decimal(0), reading), Evidence({order_id: leg}, frozenset(), fills))


def shrunk(epoch: Epoch, drift: Drift, at: datetime) -> Epoch:
    """Return an epoch after what an explanation took from it, at a time: its cooldown starts, whatever is left."""
    share = abs(drift.holding / epoch.quantity) if epoch.quantity else Decimal(0)
    return replace(
        epoch,
        quantity=drift.holding,
        allocation=epoch.allocation * share,
        state=drift.state or epoch.state,
        closed_at=at,
    )


def _evidence(
    ports: AccountPorts, epoch: Epoch, mine: Iterable[Intent], before: Believed, findings: Findings
) -> Evidence:
    """Ask for the trades since all was last explained, for older ones took nothing; own fired legs are booked already.

    Where the exchange refuses to show any, only readings that agree can tell.
    """
    own = ports.store.journal.order_ids(ports.credential_id, epoch.symbol)
    unclear = epoch.symbol in findings.unclear
    fired: Mapping[str, Leg] | None = None if unclear else findings.fired.get(epoch.symbol, {})
    forced, ours = (frozenset(found.get(epoch.symbol, ())) for found in (findings.forced, findings.ours))
    blind = Evidence({}, frozenset(), (), own)
    if isinstance(findings.failed.get(epoch.symbol), Rejected):
        return blind
    earlier = before.earlier.get(_key(epoch))
    known_at = [at for at in (earlier.at if earlier else None, findings.until) if at is not None]
    # A reading that lagged behind an own order was explained by nothing: what came shortly before it counts.
    began_at = _opened_at(ports, epoch, mine)
    if known_at:
        began_at = max(began_at, since(ports, min(known_at) - QUIET))
    try:
        trades = ports.exchange.trades(epoch.symbol, began_at)
    except CredentialRefused:
        raise
    except Rejected:
        return blind
    except ExchangeError:
        return Evidence(fired, forced, None, own)
    return Evidence(fired, forced, trades, own, ours)


def _opened_at(ports: AccountPorts, epoch: Epoch, mine: Iterable[Intent]) -> datetime:
    """Return from when on the exchange is asked for what took from a holding since it was opened.

    The clock here may have been put back since then: what opened it was signed by the exchange's.
    """
    opening = (
        signed_at(each)
        for each in mine
        if each.tracker_id == epoch.tracker_id and each.created_at == epoch.opened_at
    )
    return min([since(ports, epoch.opened_at), *opening])


def _record(ports: AccountPorts, epoch: Epoch, drift: Drift) -> bool:
    """Keep what was found and tell the person; return whether the holding became smaller."""
    if drift.fills or drift.taken:
        with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
            ports.store.journal.add_fills(ports.credential_id, drift.fills)
            if drift.taken:
                ports.store.trackers.put_epoch(shrunk(epoch, drift, ports.clock()))
    if not drift.taken:
        return False
    kind, word = _WORDS[drift.cause]
    text = Text(word, {"symbol": epoch.symbol, "quantity": plain(drift.taken)})
    severity = Severity.ALARM if drift.cause is Cause.LIQUIDATED else Severity.WARNING
    tell(ports, kind, text, severity=severity, tracker_id=epoch.tracker_id, symbol=epoch.symbol)
    return True


def _newest(ports: AccountPorts) -> list[Intent]:
    now = ports.clock()
    return [undated(each, now) for each in ports.store.journal.intents(ports.credential_id, limit=_NEWEST)]


def _held(ports: AccountPorts) -> list[Epoch]:
    epochs = ports.store.trackers.epochs(ports.credential_id)
    return [epoch for epoch in epochs if epoch.quantity and not epoch.shadow]


def _key(epoch: Epoch) -> _Key:
    return epoch.symbol, epoch.quantity > 0


def _sum(held: Iterable[Epoch], key: _Key) -> Decimal:
    return sum((abs(epoch.quantity) for epoch in held if _key(epoch) == key), Decimal(0))


def _just_filled(ports: AccountPorts, mine: Iterable[Intent]) -> bool:
    """Whether an own order filled in the last 10 s, by either clock: reads may lag behind it (binance.md §7).

    A clock here that was put right since has taken only the time here away.
    """
    now, there = ports.clock(), exchange_now(ports)
    filled = [each for each in mine if each.executed]
    here = (each.settled_at for each in filled if each.settled_at)
    return any(at > now - QUIET for at in here) or any(abs(there - signed_at(each)) < QUIET for each in filled)
