"""Going live: what it could cost, a typed name, and only then orders leave."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from nof1web.core import book
from nof1web.core.plan import decide
from nof1web.core.signals import AgentRecord
from nof1web.errors import InvalidInput, Refused
from nof1web.services import arming, copying, halting, syncing, trackers
from nof1web.services.loading import load
from nof1web.services.sending import send
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.exchange_process import ExchangeProcess
from tests.services.installations import a_key, added
from tests.services.stage import HeldLease, QuietBus, a_position
from tests.services.two_exchanges import ann, live, p, testnet

__all__ = ["ann", "live", "p", "testnet"]


def following(p: Wiring, user: User, live: ExchangeProcess, *, stop: str | None = "57000", **settings: str) -> str:
    """Let a live credential follow an agent that is long 0.1 BTC at 60,000 with this stop; return its id."""
    made = added(p, user, a_key(live))
    held = a_position(stop=stop or "")
    p.market.put_signals([book.first("nof1", AgentRecord("deepseek", p.clock(), Decimal(10000), (held,)), p.clock())])
    chosen = {"mode": "trade", "total_margin": "500", "max_leverage": "10", "existing": "copy", **settings}
    trackers.add(p, user.id, credential=made.id, source="nof1", agent="deepseek", settings=chosen)
    return str(made.id)


def worst_settings(p: Wiring, user: User) -> dict[str, str]:
    return dict(trackers.listing(p, user.id)[0].settings)


def test_the_worst_case_names_margin_leverage_and_the_loss_at_stops(
    p: Wiring, ann: User, live: ExchangeProcess
) -> None:
    id = following(p, ann, live, margin_mode="ISOLATED")
    worst = arming.worst_case(p, ann.id, id)
    assert (worst.margin, worst.leverage, worst.notional) == (Decimal(500), 10, Decimal(5000))
    shown = trackers.preview(p, ann.id, id, source="nof1", agent="deepseek", settings=worst_settings(p, ann))
    assert worst.loss == shown.orders[0].quantity * (shown.orders[0].mark - 57000) > 0
    assert worst.at_most == Decimal(500)


def test_with_cross_margin_the_whole_wallet_is_named(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    assert arming.worst_case(p, ann.id, following(p, ann, live)).at_most == Decimal(1000)


def test_an_entry_without_a_stop_counts_with_all_its_margin(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    worst = arming.worst_case(p, ann.id, following(p, ann, live, stop=None))
    assert worst.without_stop == ("BTCUSDT",)
    # The agent has 600 of its 10,000 in this position: 6 % of 500.
    assert worst.loss is not None and Decimal(29) < worst.loss <= Decimal(30)


def test_without_the_name_nothing_is_armed(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    id = following(p, ann, live)
    with pytest.raises(InvalidInput, match="Main"):
        arming.arm(p, ann.id, id, typed="yes")
    with p.tenants(ann.id) as store:
        found = store.credentials.get(id)
        assert found is not None and not found.armed and not found.sends


def test_a_fresh_credential_places_no_live_order_before_it_is_armed(
    p: Wiring, ann: User, live: ExchangeProcess
) -> None:
    p.__dict__["bus"] = QuietBus()
    id = following(p, ann, live, interval="1")
    halting.change(p, ann.id, id, "start")

    def ordered() -> tuple[int, object]:
        with p.tenants(ann.id) as store, p.account(ann.id, id, HeldLease(store.credentials.claim_fence(id))) as ports:
            syncing.run_sync(ports)
            planned = copying.run_cycle(ports, forced=True)["orders"]
            return len(ports.exchange.positions()), planned

    before, recorded = ordered()
    assert before == 0 and recorded
    arming.arm(p, ann.id, id, typed="Main")
    assert ordered()[0] == 1


def test_an_order_of_a_credential_that_is_not_armed_is_refused_at_the_last_moment(
    p: Wiring, ann: User, live: ExchangeProcess
) -> None:
    p.__dict__["bus"] = QuietBus()
    id = following(p, ann, live)
    halting.change(p, ann.id, id, "start")
    with p.tenants(ann.id) as store, p.account(ann.id, id, HeldLease(store.credentials.claim_fence(id))) as ports:
        syncing.run_sync(ports)
        credential = store.credentials.get(id)
        assert credential is not None
        (order,) = decide(replace(load(ports, credential), armed=True)).orders
        with pytest.raises(Refused, match="not armed"):
            send(ports, order, hedge=False)
        assert not order.shadow and store.journal.intents(id) == ()


def test_arming_is_audited_with_its_numbers_and_starts_anew(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    id = following(p, ann, live)
    before = trackers.listing(p, ann.id)[0].started_at
    assert arming.arm(p, ann.id, id, typed="Main").sends
    after = trackers.listing(p, ann.id)[0].started_at
    assert before is not None and after is not None and after > before
    with p.tenants(ann.id) as store:
        row = store._file.row("SELECT detail FROM audit WHERE action = 'credential.arm'")
    assert json.loads(row["detail"])["margin"] == "500.00"


def test_arming_can_be_taken_back(p: Wiring, ann: User, live: ExchangeProcess) -> None:
    id = following(p, ann, live)
    arming.arm(p, ann.id, id, typed="Main")
    assert not arming.disarm(p, ann.id, id).sends


def test_only_a_live_credential_is_armed(p: Wiring, ann: User, testnet: ExchangeProcess) -> None:
    made = added(p, ann, a_key(testnet), environment="testnet")
    with pytest.raises(Refused, match="no live credential"):
        arming.worst_case(p, ann.id, made.id)
