"""What keeps entries away, and flattens, in a tenant's database."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from nof1web.adapters.store.registry import SqliteRegistry
from nof1web.adapters.store.tenant import SqliteTenant
from nof1web.adapters.store.tenants import Tenants
from nof1web.core.flattening import Flatten
from nof1web.core.records import CredentialState
from nof1web.errors import Text
from tests.adapters.store.examples import NOW, a_tracker, a_user

HOUR = timedelta(hours=1)


def a_flatten(**more: object) -> Flatten:
    values: dict[str, object] = {"tracker_id": "", "symbol": "", "everything": False} | more
    return Flatten(str(values.pop("id", "f_1")), "c_1", asked_by="u", asked_at=NOW, **values)  # type: ignore[arg-type]


def test_a_halt_that_is_committed_is_seen_inside_a_transaction_that_began_before(tmp_path: Path) -> None:
    mine, other = (SqliteRegistry(tmp_path / "registry.db") for _ in range(2))
    mine.add_user(a_user())
    with Tenants(tmp_path, mine)(a_user().id) as store, store.transaction(durable=True):
        assert not store.halts.site_halted()
        other.set_site_halted(True)
        assert store.halts.site_halted()


def test_the_users_halt_keeps_its_first_time_and_goes(tenant: SqliteTenant) -> None:
    tenant.halts.set_user_halted(NOW)
    tenant.halts.set_user_halted(NOW + HOUR)
    assert tenant.halts.user_halted()
    tenant.halts.set_user_halted(None)
    assert not tenant.halts.user_halted()


def test_a_reconcile_is_due_until_one_began_after_it_was_asked_for(tenant: SqliteTenant) -> None:
    halts = tenant.halts
    halts.reconciled("c_1", NOW, now=NOW + HOUR)
    assert not halts.reconcile_due("c_1")
    halts.ask_reconcile("c_1", NOW + HOUR)
    halts.ask_reconcile("c_1", NOW)
    halts.reconciled("c_1", NOW + HOUR / 2, now=NOW + HOUR)
    assert halts.reconcile_due("c_1")
    halts.reconciled("c_1", NOW + HOUR, now=NOW + HOUR)
    assert not halts.reconcile_due("c_1")


def test_since_when_orders_may_be_lacking_stays_while_a_reconcile_is_due(tenant: SqliteTenant) -> None:
    halts, second = tenant.halts, HOUR / 3600
    halts.ask_reconcile("c_1", NOW, lacking=False)
    assert halts.lacking_since("c_1") is None
    for wished, lacking, since in ((1, True, 1), (50, True, 1), (90, False, 1), (100, True, 100)):
        halts.ask_reconcile("c_1", NOW + wished * second, lacking=lacking)
        assert halts.lacking_since("c_1") == NOW + since * second
    halts.reconciled("c_1", NOW + HOUR, now=NOW + HOUR)
    assert halts.lacking_since("c_1") is None


def test_a_stopped_symbol_keeps_its_first_reason_until_it_is_released(tenant: SqliteTenant) -> None:
    halts = tenant.halts
    assert halts.stop_symbol("c_1", "BTCUSDT", Text("one"), NOW)
    assert not halts.stop_symbol("c_1", "BTCUSDT", Text("two"), NOW)
    assert halts.stopped_symbols("c_1") == {"BTCUSDT": Text("one")}
    halts.release_symbols("c_1")
    assert halts.stopped_symbols("c_1") == {}


def test_what_is_asked_for_twice_is_one_flatten_until_it_is_finished(tenant: SqliteTenant) -> None:
    flattens = tenant.flattens
    assert flattens.add(a_flatten()) == flattens.add(a_flatten(id="f_2")) == flattens.get("f_1")
    assert flattens.add(a_flatten(id="f_3", symbol="BTCUSDT")).id == "f_3"
    flattens.finish("f_1", NOW + HOUR)
    assert [each.id for each in flattens.open("c_1")] == ["f_3"]
    assert flattens.add(a_flatten(id="f_4")).id == "f_4"


def test_a_cancelled_flatten_is_over_and_one_that_ended_by_itself_was_not_cancelled(tenant: SqliteTenant) -> None:
    flattens = tenant.flattens
    flattens.add(a_flatten(everything=True))
    shares = (("SOLUSDT", Decimal("-10.5")),)
    flattens.set_found("f_1", shares)
    flattens.cancel("f_1", NOW)
    found = flattens.get("f_1")
    assert found and (found.found, found.cancelled, flattens.open("c_1")) == (shares, True, ())
    flattens.add(a_flatten(id="f_2"))
    flattens.finish("f_2", NOW)
    flattens.cancel("f_2", NOW + HOUR)
    found = flattens.get("f_2")
    assert found and (found.finished_at, found.cancelled) == (NOW, False)


def test_a_trackers_state_is_kept_beside_its_start(tenant: SqliteTenant) -> None:
    trackers, made = tenant.trackers, a_tracker()
    trackers.set_state(made.id, CredentialState.HALTED)
    trackers.set_started(made.id, None)
    found = trackers.get(made.id)
    assert found is not None and (found.state, found.flow) == (CredentialState.HALTED, CredentialState.STOPPED)
