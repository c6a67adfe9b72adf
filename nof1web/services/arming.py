"""Going live: what the trackers of a credential could cost at worst, then a typed name, then orders may leave."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nof1web.core import settings as schema
from nof1web.core.records import Credential, CredentialState, Mode, Tracker
from nof1web.core.trading import Environment
from nof1web.errors import N_, Nof1Error, Refused, SecretUnreadable
from nof1web.services import credentials, figures
from nof1web.services.following import announce
from nof1web.services.halting import require_harmless
from nof1web.services.holdings import end_simulated, require_nothing_open
from nof1web.services.ports import Ports
from nof1web.services.previewing import preview
from nof1web.services.removing import require_name
from nof1web.services.stores import TenantStore

_ZERO = Decimal(0)
NOT_LIVE = N_("%(name)s is no live credential: only those are armed, all others send their orders anyway.")
KEY_REFUSED = N_("The exchange refuses the key of %(name)s. Test it, and arm it when it works.")


@dataclass(frozen=True, slots=True)
class TrackerRisk:
    """What one trade tracker may do; amounts in USDT. `loss` is what its entries of this moment lose at their stops.

    `without_stop` are the symbols among them that have none; `loss` is None when prices can't be read.
    """

    tracker_id: str
    name: str
    agent: str
    margin: Decimal
    leverage: int
    notional: Decimal
    loss: Decimal | None
    without_stop: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorstCase:
    """What a live credential's trade trackers could cost together; amounts in USDT.

    `at_most` is what is lost when every stop fails: the margin promised, and with cross margin the whole wallet.
    """

    credential: Credential
    trackers: tuple[TrackerRisk, ...]
    wallet: Decimal | None
    cross: bool

    @property
    def margin(self) -> Decimal:
        """The margin all may use together."""
        return sum((each.margin for each in self.trackers), _ZERO)

    @property
    def leverage(self) -> int:
        """The highest leverage any of them may set."""
        return max((each.leverage for each in self.trackers), default=0)

    @property
    def notional(self) -> Decimal:
        """The size of all positions together at most."""
        return sum((each.notional for each in self.trackers), _ZERO)

    @property
    def loss(self) -> Decimal | None:
        """What is lost when every entry of this moment is stopped, None when prices can't be read."""
        losses = [each.loss for each in self.trackers]
        return None if None in losses else sum((each for each in losses if each is not None), _ZERO)

    @property
    def at_most(self) -> Decimal:
        """What is lost when no stop is filled."""
        return max(self.margin, self.wallet or _ZERO) if self.cross else self.margin

    @property
    def without_stop(self) -> tuple[str, ...]:
        """The symbols that would be entered now without a stop."""
        return tuple(sorted({symbol for each in self.trackers for symbol in each.without_stop}))


def worst_case(p: Ports, user_id: str, credential_id: str) -> WorstCase:
    """Return what going live could cost; Refused for a credential that can't be armed."""
    credential = credentials.find(p, user_id, credential_id)
    with p.tenants(user_id) as store:
        _require_armable(p, store, credential)
        trading = _trading(store, credential)
        snapshot = store.credentials.snapshot(credential.id)
    modes = {schema.of(each).margin_mode for each in trading}
    return WorstCase(
        credential,
        tuple(_risk(p, user_id, credential, each) for each in trading),
        snapshot[0].wallet if snapshot else None,
        # What nobody set stays as the account has it, which is cross margin unless somebody changed it there.
        cross=any(mode != "ISOLATED" for mode in modes),
    )


def arm(p: Ports, user_id: str, credential_id: str, *, typed: str) -> Credential:
    """Let a live credential send orders; InvalidInput unless its name was typed.

    What was only simulated ends, and each tracker starts anew: what its agent holds now was there before (rule 3).
    """
    worst = worst_case(p, user_id, credential_id)
    credential = worst.credential
    require_name(credential.name, typed)
    if credential.armed:
        return credential
    with p.tenants(user_id) as store, store.transaction(durable=True):
        _begin_anew(p, store, credential)
        store.keys.set_armed(credential.id, True)
        detail = {
            "credential": credential.name,
            "margin": figures.money(worst.margin),
            "leverage": str(worst.leverage),
            "notional": figures.money(worst.notional),
            "loss_at_stops": "unknown" if worst.loss is None else figures.money(worst.loss),
            "at_most": figures.money(worst.at_most),
        }
        store.chronicle.audit(p.clock(), user_id, "credential.arm", detail)
    return announce(p, user_id, credential.id)


def disarm(p: Ports, user_id: str, credential_id: str) -> Credential:
    """Take the right to send orders back; Refused while anything of the credential may be open."""
    credential = credentials.find(p, user_id, credential_id)
    with p.tenants(user_id) as store, store.transaction(durable=True):
        require_nothing_open(store, credential.id, credential.name)
        _begin_anew(p, store, credential)
        store.keys.set_armed(credential.id, False)
        store.chronicle.audit(p.clock(), user_id, "credential.disarm", {"credential": credential.name})
    return announce(p, user_id, credential.id)


def _require_armable(p: Ports, store: TenantStore, credential: Credential) -> None:
    if credential.environment is not Environment.LIVE:
        raise Refused(NOT_LIVE, name=credential.name)
    require_harmless(p, store, credential)
    facts = store.keys.facts(credential.id)
    refused = facts is not None and facts.refused_at is not None
    if refused or credential.state is CredentialState.LOCKED:
        raise Refused(KEY_REFUSED, name=credential.name)
    if store.keys.sealed(credential.id, "api_secret") is None:
        raise SecretUnreadable(N_("The secret of %(name)s is missing. Enter the key again."), name=credential.name)


def _begin_anew(p: Ports, store: TenantStore, credential: Credential) -> None:
    trackers = store.trackers.all(credential.id)
    end_simulated(store, trackers, p.clock())
    for tracker in trackers:
        if tracker.started:
            store.trackers.set_started(tracker.id, p.clock())


def _trading(store: TenantStore, credential: Credential) -> tuple[Tracker, ...]:
    return tuple(
        each
        for each in store.trackers.all(credential.id)
        if each.started and schema.of(each).mode is Mode.TRADE
    )


def _risk(p: Ports, user_id: str, credential: Credential, tracker: Tracker) -> TrackerRisk:
    parsed = schema.of(tracker)
    leverage = min(parsed.max_leverage, parsed.fixed_leverage or parsed.max_leverage)
    loss, bare = _loss(p, user_id, credential, tracker)
    return TrackerRisk(
        tracker.id,
        tracker.name,
        tracker.agent,
        parsed.total_margin,
        leverage,
        parsed.total_margin * leverage,
        loss,
        bare,
    )


def _loss(
    p: Ports, user_id: str, credential: Credential, tracker: Tracker
) -> tuple[Decimal | None, tuple[str, ...]]:
    """Return what the entries of this moment lose at their stops, all of the margin where there is none."""
    try:
        found = preview(
            p,
            user_id,
            credential.id,
            source=tracker.source,
            agent=tracker.agent,
            settings=tracker.settings,
        )
    except Nof1Error:
        return None, ()
    # An agent's stop protects nobody who doesn't copy it.
    stops = {each.symbol: each.stop for each in found.orders if each.stop and schema.of(tracker).copy_protection}
    loss = _ZERO
    for each in found.orders:
        stop = stops.get(each.symbol)
        loss += each.margin if stop is None else each.quantity * abs(each.mark - stop)
    return loss, tuple(each.symbol for each in found.orders if each.symbol not in stops)
