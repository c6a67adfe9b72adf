"""What a plan's events do to a run: prices, books, faults, clocks, Redis, sources and persons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from nof1web.core.records import CredentialState
from nof1web.sim.faults import Fault
from tests.chaos.feed import Trouble

if TYPE_CHECKING:
    from tests.chaos.running import Run


def _book(run: Run, what: Any) -> None:
    run.site.scripted.books[what["agent"]] = what["book"]


def _prices(run: Run, what: Any) -> None:
    run.world.exchange.set_prices(what, now_ms=run.time.now_ms)


def _fault(run: Run, what: Any) -> None:
    asked = {name: value for name, value in what.items() if name != "account"}
    api_key = "" if what["account"] is None else run.accounts[what["account"]][1]
    run.world.faults.add(Fault(api_key=api_key, **asked))


def _ban(run: Run, what: Any) -> None:
    until_ms = run.time.now_ms + what["seconds"] * 1000
    if what["kind"] == "unreachable":
        run.wire.unreachable_until = until_ms
    else:
        run.world.faults.add(Fault(what["kind"], "", seconds=Decimal(what["seconds"]), until_ms=until_ms))


def _lag(run: Run, what: Any) -> None:
    until_ms, lag = run.time.now_ms + what["seconds"] * 1000, Decimal(what["lag_seconds"])
    run.world.faults.add(Fault(what["kind"], "", lag_seconds=lag, until_ms=until_ms))
    if what["kind"] == "stale_positions":
        ledger = run.world.exchange.ledger
        run.world.replica.start(ledger, lag_seconds=lag, until_ms=until_ms, now_ms=run.time.now_ms)


def _skew_exchange(run: Run, what: Any) -> None:
    run.world.clock.skew_ms = what["seconds"] * 1000
    run.counts["clocks moved"] += 1


def _skew_host(run: Run, what: Any) -> None:
    run.site.skew = timedelta(seconds=what["seconds"])
    run.counts["clocks moved"] += 1


def _redis_lost(run: Run, what: Any) -> None:
    memory = run.site.memory
    memory.away_until = run.site.true_time() + timedelta(seconds=what["seconds"])
    if what["emptied"]:
        memory.empty()
    run.counts["redis lost"] += 1


def _feed(run: Run, what: Any) -> None:
    until = run.site.true_time() + timedelta(seconds=what["seconds"])
    run.site.scripted.trouble = Trouble(what["kind"], what["agent"], until)
    run.counts["source troubles"] += 1


def _person(run: Run, what: Any) -> None:
    run.set_state(what["account"], CredentialState(what["state"]))


def _backup(run: Run, what: Any) -> None:
    run.backup(what)


DOES: dict[str, Callable[[Run, Any], None]] = {
    "book": _book,
    "prices": _prices,
    "fault": _fault,
    "ban": _ban,
    "lag": _lag,
    "skew_exchange": _skew_exchange,
    "skew_host": _skew_host,
    "redis_lost": _redis_lost,
    "feed": _feed,
    "person": _person,
    "backup": _backup,
}
