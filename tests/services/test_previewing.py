"""A preview is what the tracker would do if it started now: its start, its tries, its entries and its neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nof1web.core.records import Epoch, EpochState, Intent, IntentStatus, OrderKind, Tracker
from nof1web.core.signals import Signal, SignalHealth, SignalPosition
from nof1web.core.trading import Environment, Instrument, Side
from nof1web.services import defaults, trackers
from nof1web.services.previewing import Preview
from tests.core.scene import an_instrument, d
from tests.web import seed
from tests.web.doubles import Host
from tests.web.past import named

BTC = "BTCUSDT"
HOUR = timedelta(hours=1)


class ListedHost(Host):
    """A host that lists BTC and has its price."""

    def instruments(self) -> Mapping[str, Instrument]:
        return {BTC: an_instrument()}

    def marks(self) -> Mapping[str, Decimal]:
        return {BTC: d(1000)}


class Home:
    """A testnet account of 1041 USDT; the agent `calm` bought 1 BTC at 1000 with 10x an hour ago, of 10000 USD."""

    def __init__(self, folder: Path) -> None:
        self.p = seed.wiring(folder)
        self.p._markets[Environment.TESTNET] = ListedHost()
        self.p.__dict__["bus"].marks = lambda _host: {BTC: d(1000)}
        person = seed.person(self.p)
        self.user, self.account = person.id, seed.ids(person)[0]
        self.now = datetime.now(UTC)
        self.p.market.put_signals([self.signal()])
        with self.p.tenants(self.user) as store:
            for intent in store.journal.unresolved(self.account):
                store.journal.update(replace(intent, status=IntentStatus.EMPTY))
            for tracker in store.trackers.all():
                store.trackers.set_started(tracker.id, None)
            for epoch in store.trackers.epochs(self.account):
                store.trackers.put_epoch(replace(epoch, quantity=d(0), state=EpochState.CLOSED, allocation=d(0)))

    def signal(self) -> Signal:
        at = self.now - HOUR
        position = SignalPosition(BTC, "e1", d(1), d(1000), 10, None, None, at, at)
        return Signal(
            "nof1", "calm", d(10000), self.now, self.now, SignalHealth.GOOD, (position,), since=at - HOUR, records=9
        )

    def tracker(self, name: str = "calm", *, started: bool = True, agent: str = "calm", **settings: str) -> Tracker:
        """Add a tracker that was started two hours ago, and may have been stopped since."""
        at = self.now - 2 * HOUR
        chosen = {"mode": "trade", "total_margin": "1000"} | settings
        made = Tracker(f"t_{name}", self.account, name, "nof1", agent, started, at, at, chosen)
        with self.p.tenants(self.user) as store:
            store.trackers.add(made)
        return made

    def tried(self, tracker: Tracker, **more: Any) -> None:
        """Write a first order of ten minutes ago into the journal."""
        at = self.now - timedelta(minutes=10)
        order = Intent(
            tracker.id, "ETHUSDT", "e0", 0, 0, "n" * 36, self.account, OrderKind.OPEN, Side.BUY, d("0.1"), d(1),
            d(1000), 10, d(1000), False, IntentStatus.FILLED, at, 0, at, executed=d("0.1"), settled_at=at,
        )  # fmt: skip
        with self.p.tenants(self.user) as store:
            store.journal.write(replace(order, **more))

    def preview(self, tracker: Tracker, **changes: str) -> Preview:
        return trackers.preview(
            self.p,
            self.user,
            self.account,
            source="nof1",
            agent="calm",
            settings={**tracker.settings, **changes},
            tracker_id=tracker.id,
        )


def codes(shown: Preview) -> list[str]:
    return [each.code for each in shown.refusals]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    folder = tmp_path / "tenants"
    folder.mkdir(mode=0o700)
    made = Home(folder)
    yield made
    made.p.tenants.close()


def test_a_started_trackers_time_to_enter_is_over(home: Home) -> None:
    assert codes(home.preview(home.tracker())) == ["missed"]


def test_a_stopped_trackers_preview_starts_now(home: Home) -> None:
    (order,) = home.preview(home.tracker(started=False)).orders
    assert (order.symbol, order.quantity) == (BTC, d("0.1"))


def test_going_from_shadow_to_trade_is_a_new_start(home: Home) -> None:
    tracker = home.tracker(mode="shadow")
    assert codes(home.preview(tracker)) == ["missed"]
    assert [each.symbol for each in home.preview(tracker, mode="trade").orders] == [BTC]


def test_a_preview_keeps_nothing(home: Home) -> None:
    tracker = home.tracker(started=False)
    home.preview(tracker, total_margin="5")
    assert trackers.find(home.p, home.user, tracker.id) == tracker


def test_entries_of_the_last_hour_count_in_a_preview(home: Home) -> None:
    tracker = home.tracker(started=False, max_entries_per_hour="1")
    assert home.preview(tracker).orders
    home.tried(tracker)
    assert codes(home.preview(tracker)) == ["entries_per_hour"]


def test_what_the_exchange_refused_for_good_is_not_shown_as_an_order(home: Home) -> None:
    tracker = home.tracker(started=False)
    final = {"status": IntentStatus.REJECTED, "executed": d(0), "explanation": {"final": "yes"}}
    home.tried(tracker, symbol=BTC, epoch="e1", **final)
    assert codes(home.preview(tracker)) == ["entry_refused"]


def test_a_symbol_another_tracker_waits_for_is_taken(home: Home) -> None:
    tracker, other = home.tracker(started=False), home.tracker("other")
    with home.p.tenants(home.user) as store:
        store.trackers.put_epoch(
            Epoch(
                other.id, BTC, "e1", EpochState.PENDING, d(0), None, d("0.1"), 10, d(1), d(1000), 0, d(10), False,
                home.now,
            )
        )  # fmt: skip
    assert codes(home.preview(tracker)) == ["symbol_taken"]


def test_only_the_previewed_agents_signal_is_read(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    tracker, real = home.tracker(started=False), home.p.market.signal
    read: list[str] = []

    def noting(source: str, agent: str) -> Signal | None:
        read.append(agent)
        return real(source, agent)

    home.tracker("other", agent="grok-4")
    monkeypatch.setattr(home.p.market, "signal", noting)
    home.preview(tracker)
    assert set(read) == {"calm"}


def test_a_limit_over_all_accounts_set_for_one_tracker_binds_the_others(home: Home) -> None:
    tracker = home.tracker(started=False)
    home.tracker("other", user_cap="60")
    assert [each.quantity for each in home.preview(tracker).orders] == [d("0.06")]
    defaults.put(home.p, home.user, {"user_cap": "55"})
    assert [each.quantity for each in home.preview(tracker).orders] == [d("0.055")]


def test_lifting_a_trackers_own_limit_over_all_accounts_shows_what_would_be_sent_without_it(home: Home) -> None:
    tracker = home.tracker(user_cap="60", max_signal_age="7200")
    assert [each.quantity for each in home.preview(tracker).orders] == [d("0.06")]
    assert [each.quantity for each in home.preview(tracker, user_cap="").orders] == [d("0.1")]
    home.tracker("other", user_cap="70")
    assert [each.quantity for each in home.preview(tracker, user_cap="").orders] == [d("0.07")]


def test_before_arming_a_preview_shows_what_arming_would_do(home: Home) -> None:
    home.p._markets[Environment.LIVE] = ListedHost()
    home.account = named(home.user, "c3")
    tracker = home.tracker(sizing="fixed_margin", fixed_margin="50", total_margin="100")
    with home.p.tenants(home.user) as store:
        store.trackers.put_epoch(
            Epoch(
                tracker.id, "ETHUSDT", "h", EpochState.LIVE, d("0.9"), d(1000), d("0.9"), 10, d(1), d(1000), 1, d(90),
                True, home.now,
            )
        )  # fmt: skip
    shown = home.preview(tracker)
    assert [each.quantity for each in shown.orders] == [d("0.5")] and shown.held == 0
