"""Every invariant can fail: after a quiet run one thing is made wrong on the exchange or in a database, and is told."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from nof1web.core.records import IntentStatus
from nof1web.sim.accounts import Account as Live
from tests.chaos.carrying import carried_out
from tests.chaos.drawing import START_MS
from tests.chaos.hands import OURS
from tests.chaos.installation import USERS
from tests.chaos.invariants import decided_by, violations
from tests.chaos.plan import Account, Event, Held, Plan
from tests.chaos.running import Run, begun
from tests.chaos.worker import VirtualLease

D = Decimal
SETTINGS = {"mode": "trade", "total_margin": "1000", "price_tolerance": "20", "interval": "1", "sizing": "equity_share"}
BTC = Held("BTCUSDT", D("0.5"), D(60000), "1", D(58000), D(63000))
WHAT = {"account": 0, "symbol": "SOLUSDT", "quantity": D(5), "buys": True}
HANDS = tuple(Event(12, f"hand_{kind}", WHAT) for kind in ("limit", "stop", "position"))
BOOKS = Event(0, "book", {"agent": "alpha", "book": ()}), Event(8, "book", {"agent": "alpha", "book": (BTC,)})
PLAN = Plan(
    1, tuple(Account(user, False, (("alpha", SETTINGS),)) for user in (0, 1)), (*BOOKS, *HANDS), 20, 40, START_MS
)  # fmt: skip


@pytest.fixture(scope="module")
def quiet() -> Iterator[Run]:
    """A run in which nothing went wrong."""
    with begun(PLAN) as run:
        run.carry_out()
        assert not violations(run).wrong
        yield run


@pytest.fixture
def run(quiet: Run) -> Iterator[Run]:
    """The same run, whatever a test makes wrong with it."""
    images = {user: quiet.site.backup(user) for user in USERS}
    plan, accounts = quiet.plan, list(quiet.accounts)
    quiet.accounts[0] = copy.deepcopy(accounts[0])
    yield quiet
    quiet.plan, quiet.accounts[:] = plan, accounts
    quiet.unjournaled.clear()
    quiet.workers.wrote_late.clear()
    quiet.workers.sent_late.clear()
    for user, image in images.items():
        quiet.site.restore(user, image)


def stored(sql: str, user: int = 0) -> Callable[[Run], None]:
    """Make something wrong in a tenant's database."""

    def change(run: Run) -> None:
        with run.site.stores(USERS[user]) as store:
            store._file.change(sql)

    return change


def live(change: Callable[[Live], object]) -> Callable[[Run], None]:
    """Make something wrong with the account on the exchange."""

    def changed(run: Run) -> None:
        change(run.accounts[0][0])

    return changed


def executed_twice(account: Live) -> None:
    order = next(each for each in account.orders.values() if OURS.fullmatch(each.client_order_id))
    order.executed *= 2


def sold_from_the_persons(account: Live) -> None:
    mine = next(each for each in account.trades if each.symbol == "BTCUSDT")
    late = {"trade_id": 10**9, "at_ms": mine.at_ms + 10**6}
    account.trades.append(replace(mine, symbol="SOLUSDT", side="SELL", quantity=D(1), **late))


def all_closed(run: Run) -> None:
    run.plan = replace(run.plan, events=(*PLAN.events, BOOKS[0]))


def known_to_both(run: Run) -> None:
    with run.site.stores(USERS[0]) as store:
        name = store.journal.intents("c_0")[0].client_order_id
    stored(f"UPDATE intents SET client_order_id = '{name}'", 1)(run)


def sent_late(run: Run) -> None:
    run.workers.sent_late |= {each.client_order_id: each.created_ms for each in run.accounts[0][0].orders.values()}


def wrote_late(run: Run) -> None:
    lease = VirtualLease(run.site, USERS[0], "c_0")
    lease.overtaken = run.workers.written(lease)
    stored("UPDATE epochs SET quantity = '0.02'")(run)
    run.workers.compare(lease)


WRONG: dict[str, Callable[[Run], None]] = {
    "holds 0.02": stored("UPDATE epochs SET quantity = '0.02'"),
    "that was not its own": live(sold_from_the_persons),
    "decided was": live(executed_twice),
    "at most": stored("UPDATE intents SET quantity = '0.5'"),
    "the agent's moves make": stored("UPDATE epochs SET quantity = '0.02'"),
    "which its agent closed": all_closed,
    "and no alarm": live(lambda account: account.open_algos.clear()),
    "belongs to nothing": stored("UPDATE protections SET status = 'cancelled'"),
    "the person's stop": live(lambda account: account.open_algos.clear()),
    "the person's order": live(lambda account: account.open_orders.clear()),
    "is unresolved since": stored("UPDATE intents SET status = 'unknown', timestamp_ms = timestamp_ms - 60000"),
    "has no verdict": stored("DELETE FROM verdicts"),
    "says pending": stored("UPDATE verdicts SET code = 'pending'"),
    "its trades come to": live(lambda account: account.credit("USDT", D(1))),
    "really it has": stored("UPDATE snapshots SET equity = equity + 100000000"),
    "booked were": stored("UPDATE intents SET fee = fee + 1000"),
    "was told position_gone": stored("UPDATE events SET kind = 'position_gone', symbol = 'BTCUSDT'"),
    "that it doesn't know": stored("UPDATE intents SET client_order_id = 'lost'"),
    "is in the journals of": known_to_both,
    "after another worker had taken over, and it was accepted": sent_late,
    "wrote epochs after another worker had taken over": wrote_late,
    "before it was journaled": lambda run: run.unjournaled.append("sent"),
}


@pytest.mark.parametrize("told", WRONG)
def test_what_is_made_wrong_is_told(run: Run, told: str) -> None:
    WRONG[told](run)
    assert any(told in each for each in violations(run).wrong), violations(run).wrong


def halved(*events: Event, hedge: bool = True) -> Plan:
    """An agent halves 0.05 BTC, of which 0.001 are held: 30 USDT are to go, 50 are the least that is ordered."""
    small = (replace(BTC, quantity=D(each), stop=D(30000), target=None) for each in ("0.05", "0.025"))
    books = (Event(at, "book", {"agent": "alpha", "book": (each,)}) for at, each in zip((8, 14), small, strict=True))
    accounts = tuple(replace(each, hedge=hedge) for each in PLAN.accounts)
    return replace(PLAN, accounts=accounts, events=(BOOKS[0], *books, *events))


DEARER = Event(19, "prices", {"BTCUSDT": D(110_000)})


@pytest.mark.parametrize(("plan", "excused"), [(halved(), 2), (halved(DEARER), 0), (halved(hedge=False), 0)])
def test_a_reduction_in_hedge_mode_is_missing_only_while_no_order_is_that_small(plan: Plan, excused: int) -> None:
    outcome = carried_out(plan)
    assert (outcome.wrong, outcome.excused) == ([], excused)


def test_a_reduction_that_became_large_enough_and_is_missing_is_told() -> None:
    with begun(halved()) as run:
        run.carry_out()
        run.world.exchange.set_prices(DEARER.what, now_ms=run.time.now_ms)
        assert violations(run).broken["grown_along"] == 2


@pytest.mark.parametrize(("shown", "decided"), [("-4", 13), ("0", 9)])
def test_a_step_is_topped_up_only_by_what_its_holding_lacked(quiet: Run, shown: str, decided: int) -> None:
    with quiet.site.stores(USERS[0]) as store:
        intent = store.journal.intents("c_0")[0]
    first = replace(intent, status=IntentStatus.PARTIAL, quantity=D(7), executed=D(4))
    second = replace(first, attempt=1, quantity=D(9), explanation={"holding": shown})
    assert decided_by([first, second], second) == decided
