"""The functions RQ runs: ids in, one call out. The top of a job: what goes wrong is logged, noted and passed on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from redis.exceptions import RedisError
from rq import get_current_job
from rq.timeouts import JobTimeoutException

from nof1web import log, wiring
from nof1web.core.trading import Environment
from nof1web.errors import CredentialRefused, LeaseLost, Nof1Error, OverBudget
from nof1web.jobs import failing, indexing, leases, pruning, rebuild
from nof1web.jobs import tick as clock
from nof1web.jobs.answers import failure, plain
from nof1web.jobs.patient import Patience
from nof1web.services import (
    claiming,
    copying,
    credentials,
    cycles,
    feeding,
    flattening,
    open_orders,
    pairs,
    refusing,
    source_alerts,
    tallying,
)
from nof1web.services.ports import AccountPorts, Feed

EXPECTED = (Nof1Error, RedisError, JobTimeoutException)
"""failures whose sentence says enough; others are logged with their trace"""


class Claims:
    """Which credentials this process has worked for since they trade; a forked child begins with none."""

    def __init__(self) -> None:
        self._pid, self._known = 0, set[str]()
        self._since: datetime | None = None

    def begin(self, at: datetime) -> None:
        """Note when this process began to work: what was read before that may be wrong by now."""
        self._pid, self._known, self._since = os.getpid(), set(), at

    def note(self, ports: AccountPorts) -> None:
        """Have an account reconciled before entries when this worker claims its credential for the first time."""
        if self._pid != os.getpid() or self._since is None:
            self.begin(ports.clock())
        if self._since is None or ports.credential_id in self._known:
            return
        if claiming.first_claim(ports, self._since) is not None:
            self._known.add(ports.credential_id)


claims = Claims()


def preload(*, secrets: bool) -> None:
    """Make what every child needs before they are forked, waiting for Redis.

    With `secrets` raises ConfigError when tenants' secrets can't be opened here: no master key, or a wrong one.
    """
    w, patience = wiring.ports(), Patience()
    if secrets:
        _ = w.vault
    while not patience.attempt(w.install):
        pass
    if secrets:
        w.require_key()
    _ = w.tenants, w.market, w.queue, w.bus


def run_cycle(user_id: str, credential_id: str, dry_run: bool = False, forced: bool = False) -> Any:
    """Run one cycle of a credential under the current lease; `forced` doesn't wait for its interval to end."""

    def cycle(ports: AccountPorts) -> object:
        if not dry_run:
            refusing.confirm(ports)
        run = partial(copying.run_cycle, ports, dry_run=dry_run, forced=forced)
        return cycles.noted(ports, run, None if dry_run else wiring.ports().tallies)

    return _for_account(user_id, credential_id, cycle, quiet=dry_run)


def run_sync(user_id: str, credential_id: str) -> Any:
    """Sync a credential's account under the current lease."""
    return _for_account(user_id, credential_id, open_orders.sync_and_read, synced=True)


def run_flatten(user_id: str, credential_id: str, flatten_id: str) -> Any:
    """Carry out what a person wants flat, under the current lease."""
    return _for_account(user_id, credential_id, lambda ports: flattening.run(ports, flatten_id))


def run_broken(user_id: str, credential_id: str) -> None:
    """Note that a credential's job took its worker down too often."""
    with _top(user_id=user_id, credential_id=credential_id):
        w, lease = wiring.ports(), leases.current()
        lease.take_fence(user_id, credential_id)
        failing.took_down(w, lease, user_id, credential_id)


def run_retest(user_id: str, credential_id: str) -> Any:
    """Test a saved credential's key again."""
    with _top(user_id=user_id, credential_id=credential_id):
        leases.current().take_fence(user_id, credential_id)
        return plain(credentials.retest(wiring.ports(), user_id, credential_id))


def run_key_test(user_id: str, draft_id: str) -> Any:
    """Test what a person typed and save it when it works."""
    with _top(user_id=user_id):
        try:
            return plain(credentials.test_draft(wiring.ports(), user_id, draft_id))
        except JobTimeoutException:
            pairs.interrupted(wiring.ports(), user_id, draft_id)
            raise


def read_source(name: str) -> None:
    """Read a source once for everybody and ask for a cycle of exactly those who follow an agent with news."""
    with _top():
        w = wiring.ports()
        try:
            feed = w.feed(name)
            agents = _read(w, feed)
            feed.stored()
            w.queue.cycles(sorted(_concerned(w, name, agents)))
            # Told only now: whoever dies before leaves the news to the next read.
            w.market.told(name, agents)
            source_alerts.tell(w, name, w.queue.index.followers)
            pruning.prune(w, name)
        finally:
            clock.plan_next_read(w, name)


def _concerned(w: wiring.Wiring, name: str, agents: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Who is to look at agents' news: all who follow them; where a position is only still lacking, who holds any."""
    counted, index = w.market.only_counted(name), w.queue.index
    return index.followers(name, agents - counted) | index.holders(index.followers(name, counted))


def _read(w: wiring.Wiring, feed: Feed) -> frozenset[str]:
    try:
        return feeding.read_source(feed, w.market, w.clock(), keep=timedelta(days=w.config.keep_days))
    except JobTimeoutException:
        feeding.ended_by_deadline(w.market, feed.name, w.clock())
        raise


def read_marks(environment: str) -> None:
    """Read a host's marks once for everybody, publish them, and ask for a cycle where a watched price was crossed."""
    with _top():
        w = wiring.ports()
        kind = Environment(environment)
        marks = w.market_data(kind).marks()
        w.bus.publish_marks(w.host(kind), marks)
        w.queue.cycles(sorted(w.queue.index.crossed(w.host(kind), marks)))


def tick() -> None:
    """Ask for everything that is due, and rebuild the index when Redis has lost it."""
    with _top():
        w = wiring.ports()
        clock.tick(w)
        if rebuild.some(w):
            rebuild.look(w)


def _for_account(
    user_id: str,
    credential_id: str,
    work: Callable[[AccountPorts], object],
    *,
    quiet: bool = False,
    synced: bool = False,
) -> Any:
    w, lease, well, later = wiring.ports(), leases.current(), False, None
    with _top(user_id=user_id, credential_id=credential_id):
        try:
            # Before anything is read: from here on an earlier holder's writes are refused.
            lease.take_fence(user_id, credential_id)
            with (
                w.tallies.together(),
                w.account(user_id, credential_id, lease) as ports,
                tallying.counted(w.tallies, ports),
            ):
                if not quiet:
                    claims.note(ports)
                answer = plain(_noting_refusals(ports, work))
            well = True
            return answer
        except Exception as error:
            if synced and isinstance(error, OverBudget):
                # No failure of the account's: it is synced once there is room again.
                later = error.retry_after or 1
            elif not quiet:
                failing.note(w, lease, user_id, credential_id, error)
            raise
        finally:
            if not quiet:
                indexing.note(w, user_id, credential_id, synced=synced, well=well, later=later)


def _noting_refusals(ports: AccountPorts, work: Callable[[AccountPorts], object]) -> object:
    try:
        return work(ports)
    except CredentialRefused as error:
        refusing.note(ports, error.text)
        raise


@contextmanager
def _top(*, user_id: str = "", credential_id: str = "") -> Iterator[None]:
    job = get_current_job()
    with log.context(user_id=user_id, credential_id=credential_id, cycle_id=job.id if job else ""):
        try:
            yield
        except LeaseLost:
            raise
        except Exception as error:
            if isinstance(error, OverBudget):
                log.get(__name__).info("job put off", reason=str(error))
            elif isinstance(error, EXPECTED):
                log.get(__name__).warning("job failed", error=str(error), code=failure(error)["code"])
            else:
                log.get(__name__).exception("job failed")
            if isinstance(error, JobTimeoutException):
                # An answer meant for this job may be on its way on a connection that somebody else would use next.
                wiring.redis().connection_pool.disconnect(inuse_connections=False)
            if job is not None:
                job.meta |= {"told": True, "error": failure(error)}
                job.save_meta()
            raise
