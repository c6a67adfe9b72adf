"""What pages sum up over several real accounts: to the 1e-8 what the accounts themselves say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from nof1web.adapters.binance.http import Call
from nof1web.core import book
from nof1web.core.records import Credential, Tracker
from nof1web.core.signals import AgentRecord, RecordedPosition
from nof1web.core.trading import Environment
from nof1web.services import copying, curves, halting, overviewing, syncing
from nof1web.services.grouping import EnvironmentGroup, Sums
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.exchange_process import ExchangeProcess
from tests.services.installations import MASTER, a_key, a_user, added, installation
from tests.services.stage import PRICES, HeldLease, Stage, a_position, opened

D = Decimal
BOOKS = {
    "alpha": (a_position("BTCUSDT", "0.1", "60000"), a_position("ETHUSDT", "-2", "3000", oid="1002")),
    "beta": (a_position("SOLUSDT", "40", "150", oid="1003"),),
}


class Two:
    """Two accounts of one person: the first follows both agents, the second one, beside a position of its own."""

    def __init__(self, p: Wiring, user: User, exchange: ExchangeProcess) -> None:
        self.p, self.user, self.exchange = p, user, exchange
        self.marks: Mapping[str, Decimal] = {}
        p.bus.marks = lambda _host: self.marks  # type: ignore[method-assign]
        p.health = lambda: {"redis": True, "workers": [], "scheduler": None, "egress": []}  # type: ignore[method-assign]
        self.accounts: dict[str, str] = {}
        for name, balance, agents in (("First", "1000.37", ("alpha", "beta")), ("Second", "2500.11", ("alpha",))):
            key = a_key(exchange, balance=balance)
            made: Credential = added(p, user, key, name=name, environment="testnet")
            self.accounts[made.id] = key["account_id"]
            for agent in agents:
                self.follow(made.id, agent)
            halting.change(p, user.id, made.id, verb="start")

    def follow(self, credential_id: str, agent: str) -> None:
        """Add a started tracker that trades."""
        at, settings = datetime.now(UTC), {"mode": "trade", "total_margin": "300", "interval": "1"}
        name = f"{agent} {credential_id[-4:]}"
        tracker = Tracker(f"t_{name}", credential_id, name, "nof1", agent, True, at, at, settings)
        with self.p.tenants(self.user.id) as store:
            store.trackers.add(tracker)

    def show(self, **books: tuple[RecordedPosition, ...]) -> None:
        """Let agents have newer records, and have every account copy them and be read."""
        for agent, positions in books.items():
            now, known = datetime.now(UTC), self.p.market.signal("nof1", agent)
            record = AgentRecord(agent, now, D(10_000), positions)
            news = book.advance(known, record, now) if known else book.first("nof1", record, now)
            self.p.market.put_signals([news])
        for credential_id in self.accounts:
            with self.p.tenants(self.user.id) as store:
                fence = store.credentials.claim_fence(credential_id)
            with self.p.account(self.user.id, credential_id, HeldLease(fence)) as ports:
                syncing.run_sync(ports)
                copying.run_cycle(ports, forced=True)
                syncing.run_sync(ports)

    def by_hand(self, credential_id: str, **order: str) -> None:
        """Order something as another program would."""
        with self.p.account(self.user.id, credential_id, HeldLease(0)) as ports:
            ports.exchange._host.send(Call("POST", "/fapi/v1/order", 0, "entry", order=True), order)  # type: ignore[attr-defined]

    def group(self) -> EnvironmentGroup:
        """The first page's only group."""
        (found,) = overviewing.front(self.p, self.user.id).groups
        return found

    def told(self, credential_id: str, name: str) -> Decimal:
        """A figure of the account as the exchange has it."""
        return D(self.exchange.account(self.accounts[credential_id])["account"][name])


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, exchange: ExchangeProcess) -> Iterator[Two]:
    """Both have opened, lost and won, and the first agent has closed a part; no test changes what the others read."""
    exchange.prices(**PRICES)
    folder = tmp_path_factory.mktemp("totals") / "tenants"
    folder.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("NOF1_MASTER_KEY", MASTER)
        p = installation(folder, exchange.url, exchange.url)
        made = Two(p, a_user(p), exchange)
        made.show(alpha=(), beta=())
        made.by_hand(list(made.accounts)[1], symbol="BNBUSDT", side="BUY", type="MARKET", quantity="0.5")
        made.show(**BOOKS)
        exchange.prices(BTCUSDT="60900", SOLUSDT="149")
        made.show(alpha=(a_position("BTCUSDT", "0.04", "60000"), BOOKS["alpha"][1]))
        yield made
        p.tenants.close()


def test_the_total_is_the_sum_of_the_exchanges_own_equities(two: Two) -> None:
    group = two.group()
    assert group.environment is Environment.TESTNET and group.sums.positions == 6
    truth = {each: two.told(each, "totalMarginBalance") for each in two.accounts}
    assert {each.row.credential_id: each.row.equity for each in group.credentials} == truth
    assert group.equity == sum(truth.values())


def test_at_new_marks_the_total_is_again_what_the_exchange_says(two: Two) -> None:
    moved = {"BTCUSDT": "60417.3", "ETHUSDT": "2951.12", "SOLUSDT": "151.37", "BNBUSDT": "603.19"}
    two.exchange.prices(**moved)
    two.marks = {symbol: D(price) for symbol, price in moved.items()}
    assert two.group().equity == sum(two.told(each, "totalMarginBalance") for each in two.accounts)
    two.exchange.prices(**{**PRICES, "BTCUSDT": "60900", "SOLUSDT": "149"})
    two.marks = {}


def test_trackers_and_the_rest_add_up_to_their_credential_and_credentials_to_the_total(two: Two) -> None:
    group = two.group()
    assert group.sums == sum((each.sums for each in group.credentials), Sums())
    for each in group.credentials:
        parts = [tracker.sums for tracker in each.trackers if tracker.sums] + [each.rest or Sums()]
        assert each.sums == sum(parts, Sums()) and each.sums.realised > 0
        assert each.sums.unrealised == two.told(each.row.credential_id, "totalUnrealizedProfit")
    (first, second) = group.credentials
    assert first.rest in (None, Sums()) and second.rest is not None and second.rest.positions == 1


def test_realised_and_fees_are_those_of_the_accounts_trades(two: Two) -> None:
    for each in two.group().credentials:
        with two.p.account(two.user.id, each.row.credential_id, HeldLease(0)) as ports:
            fills = [f for s in PRICES for f in ports.exchange.trades(s, datetime(2020, 1, 1, tzinfo=UTC))]
        mine = [fill for fill in fills if fill.symbol != "BNBUSDT"]
        assert each.sums.realised == sum(fill.realised for fill in mine)
        assert each.sums.fees == sum(fill.fee for fill in mine)


def test_the_summed_curve_is_at_each_point_the_sum_of_the_accounts_curves(two: Two) -> None:
    with two.p.tenants(two.user.id) as store:
        began, now = min(store.reports.equity_began([each]) for each in two.accounts), datetime.now(UTC)
        slots = curves.times(began, now, 50)
        each_alone = [store.reports.equity_sums([one], slots) for one in two.accounts]
        together = store.reports.equity_sums(list(two.accounts), slots)
    assert together == tuple(map(sum, zip(*each_alone, strict=True)))
    live = {each.row.credential_id: each.row.equity for each in two.group().credentials}
    curve = curves.read(two.p, two.user.id, live, range="all")
    assert curve is not None and curve.line[-1][1] == sum(two.told(each, "totalMarginBalance") for each in two.accounts)


def test_what_an_own_stop_closed_is_earned_by_its_tracker(stage: Stage) -> None:
    opened(stage, stop="57000")
    stage.control.prices(BTCUSDT="56900")
    stage.sync()
    stage.sync()
    ever, by_tracker = stage.store.reports.earned()["c_1"], stage.store.reports.earned_by_tracker()
    assert ever.realised < -20 and by_tracker == {"t_deepseek": ever}
