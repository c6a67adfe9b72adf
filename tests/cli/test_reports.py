"""`status`, `agents`, `positions`, `orders`, `verdicts`, `migrate`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator

from nof1web import wiring
from nof1web.adapters.store import connections
from nof1web.adapters.store.migrating import bring_up_to_date
from nof1web.core.records import (
    Epoch,
    EpochState,
    Intent,
    IntentStatus,
    OrderKind,
    Protection,
    ProtectionStatus,
    Verdict,
)
from nof1web.core.trading import Leg, Side
from tests.cli.conftest import ANNA, MAIN
from tests.cli.schemas import OPEN_ORDERS


@pytest.fixture
def holding(console):
    """Main holds 0.010 BTC of alpha's, bought by one order, with a stop resting."""
    credential, tracker = console.add_credential()["credential_id"], console.add_tracker("--name", "T")["tracker_id"]
    p = wiring.ports()
    now = p.clock()
    of = {"tracker_id": tracker, "symbol": "BTCUSDT", "epoch": "oid-1"}
    epoch = Epoch(
        **of, state=EpochState.LIVE, quantity=Decimal("0.010"), entry_price=Decimal("60000.5"), ratio=Decimal("0.01"),
        leverage=10, reference_quantity=Decimal(1), reference_entry=Decimal(60000), step=0, allocation=Decimal(60),
        shadow=False, opened_at=now,
    )
    bought = Intent(
        **of, step=0, attempt=0, client_order_id="n1", credential_id=credential, kind=OrderKind.OPEN, side=Side.BUY,
        quantity=Decimal("0.010"), agent_quantity=Decimal(1), agent_entry=Decimal(60000), leverage=10,
        mark=Decimal(60001), shadow=False, status=IntentStatus.FILLED, created_at=now, timestamp_ms=1,
        deadline_at=now + timedelta(seconds=5), executed=Decimal("0.010"), price=Decimal("60000.5"),
    )
    stop = Protection(
        **of, client_algo_id="a1", credential_id=credential, leg=Leg.STOP, side=Side.SELL, quantity=Decimal("0.010"),
        trigger=Decimal(58000), status=ProtectionStatus.RESTING, created_at=now,
    )
    with p.tenants(console.json("user", "list")[0]["user_id"]) as store:
        store.trackers.put_epoch(epoch)
        store.journal.write(bought)
        store.journal.put_protection(stop)
        verdict = Verdict(**of, verdict="order", code="open", numbers={"quantity": "0.010"}, decided_at=now)
        store.chronicle.put_verdicts([verdict])
    return console


def test_positions_have_the_documented_fields_as_decimal_strings(holding):
    (row,) = holding.json("positions", *ANNA)
    documented = ["credential", "symbol", "quantity", "holding", "entry", "mark", "stop", "target", "agent"]
    assert set(documented) <= set(row)
    assert [row[name] for name in documented[:5]] == ["Main", "BTCUSDT", "0.01", "0.01", "60000.50"]
    assert [row[name] for name in documented[6:]] == ["58000.00", None, "alpha"]


def test_positions_show_a_person_the_same_strings(holding):
    shown = holding("positions", *MAIN).stdout
    assert all(text in shown for text in ("BTCUSDT", "60000.50", "58000.00", "alpha"))


def test_orders_tell_what_became_of_each(holding):
    (row,) = holding.json("orders", *MAIN, "--tracker", "T")
    assert (row["kind"], row["side"], row["quantity"], row["price"]) == ("open", "BUY", "0.01", "60000.50")
    assert (row["status"], row["client_order_id"]) == ("filled", "n1")


def test_open_orders_are_listed_with_whose_they_are(holding):
    found = holding.json("orders", *MAIN, "--open")
    Draft202012Validator(OPEN_ORDERS).validate(found)
    (row,) = found["orders"]
    assert (row["leg"], row["trigger"], row["quantity"], row["tracker"]) == ("stop", "58000.00", "0.01", "T")
    assert "58000.00" in holding("orders", *ANNA, "--open").stdout
    assert holding("orders", *MAIN, "--open", "--fills").exit_code == 2


def test_orders_of_another_tracker_are_left_out(holding):
    holding.add_tracker("--name", "Second")
    assert holding.json("orders", *MAIN, "--tracker", "Second") == []


def test_verdicts_carry_code_numbers_and_a_sentence(holding):
    (row,) = holding.json("verdicts", *ANNA)
    assert (row["tracker"], row["symbol"], row["verdict"], row["code"]) == ("T", "BTCUSDT", "order", "open")
    assert row["numbers"] == {"quantity": "0.010"}
    assert row["message"]
    assert len(holding.json("verdicts", *ANNA, "--history")) == 1


def test_empty_reports_are_empty_lists_and_sentences(console):
    assert console.json("positions", *ANNA) == console.json("orders", *ANNA) == console.json("verdicts", *ANNA) == []
    assert console("positions", *ANNA).stdout == "No open position.\n"


def test_agents_show_what_they_hold(console):
    (agent,) = console.json("agents")
    assert "Equity (USD) " in console("agents").stdout
    assert (agent["source"], agent["agent"], agent["equity"]) == ("nof1", "alpha", "100000.00")
    assert [(held["symbol"], held["quantity"]) for held in agent["positions"]] == [("BTCUSDT", "1")]
    assert console.json("agents", "--source", "elsewhere") == []


def test_agents_name_what_has_no_counterpart_here(console):
    market = wiring.ports().market
    [signal] = market.signals()
    market.put_signals([replace(signal, unmapped=("xyz:NVDA",))], news=frozenset())
    assert console.json("agents")[0]["unmapped"] == ["xyz:NVDA"]
    assert "BTCUSDT 1; not copied, no counterpart here: xyz:NVDA" in " ".join(console("agents").stdout.split())


def test_status_lists_processes_sources_and_credentials(console):
    console.add_credential()
    status = console.json("status")
    documented = ["mode", "redis", "workers", "scheduler", "sources", "egress", "credentials"]
    assert list(status) == documented
    assert (status["mode"], status["redis"], status["workers"], status["scheduler"]) == ("demo", True, [], None)
    (row,) = status["credentials"]
    assert (row["user"], row["name"], row["state"]) == ("anna@example.org", "Main", "stopped")
    assert {"last_cycle_at", "last_error"} <= set(row)


def test_status_says_how_to_start_what_is_missing(console):
    assert "No worker is running. Start one with: flask nof1 worker" in console("status").stdout


def test_status_answers_without_redis(console, monkeypatch, tmp_path):
    monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/nowhere.sock")
    monkeypatch.setattr("nof1web.wiring._built", {})
    assert console.json("status")["redis"] is False


def test_status_can_be_one_users(console):
    console.add_credential()
    console.json("user", "add", "bob@example.org", "--password-stdin", typed="correct horse")
    assert console.json("status", "--user", "bob@example.org")["credentials"] == []


def test_status_shows_everybody_else_when_one_database_is_broken(console, tenants_dir, monkeypatch):
    bob = console.json("user", "add", "bob@example.org", "--password-stdin", typed="correct horse")["user_id"]
    console.add_credential()
    (tenants_dir / bob).mkdir(exist_ok=True)
    (tenants_dir / bob / "tenant.db").write_bytes(b"not a database, only some bytes of text" * 100)
    monkeypatch.setattr("nof1web.wiring._built", {})
    rows = {row["user"]: row for row in console.json("status")["credentials"]}
    assert rows["anna@example.org"]["name"] == "Main"
    assert rows["bob@example.org"]["state"] == "unreadable"
    assert rows["bob@example.org"]["last_error"]


def test_migrate_can_be_repeated(console):
    console.json("migrate")
    assert console.json("migrate") == {"tenants": 1, "steps": []}


def test_migrate_says_which_steps_it_took(console, monkeypatch, tenants_dir):
    user = console.json("user", "list")[0]["user_id"]
    for path in (tenants_dir / user).glob("tenant.db*"):
        path.unlink()
    monkeypatch.setattr("nof1web.wiring._built", {})
    monkeypatch.setattr(connections, "bring_up_to_date", bring_up_to_date)
    taken = console.json("migrate")["steps"]
    ours = [each["step"] for each in taken if each["file"] == str(tenants_dir / user / "tenant.db")]
    assert ours[0].startswith("0001") and len(ours) > 10
