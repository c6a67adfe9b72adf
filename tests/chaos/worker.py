"""Workers on one credential at a time, as the lease has it; they die or stand still at named points on request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from redis.exceptions import RedisError

from nof1web.errors import LeaseLost, Nof1Error
from nof1web.jobs import leases, tasks
from nof1web.services.kill_points import KillPoint
from tests.chaos.installation import Site

TTL_MS, HEARTBEAT_MS = 15_000, 3_000
BATCH = 5
"""jobs of a credential in one second at most"""
FENCED = ("intents", "epochs", "fills", "protections", "snapshots")
"""tables that only who has the fence may write"""


class Killed(BaseException):
    """SIGKILL: nothing that catches errors catches it."""


@dataclass(slots=True)
class Arm:
    """What is to happen at the `nth` point (from 0) that an account's worker reaches."""

    kind: str
    nth: int
    seconds: int = 0


class VirtualLease:
    """services.ports.Lease by the run's time: renewed every 3 s unless its process stands still or Redis is away.

    `overtaken` is what the database had, by table, when its process went on and another one had taken over.
    """

    def __init__(self, site: Site, user_id: str, credential_id: str) -> None:
        self.site, self.whose = site, (user_id, credential_id)
        self.renewed_ms = site.time.now_ms
        self.fence = 0
        self.ending = False
        self.frozen = False
        self.overtaken: dict[str, int] = {}

    @property
    def left_ms(self) -> int:
        """For how long nobody else can hold it."""
        now_ms = self.site.time.now_ms
        left = self.renewed_ms + TTL_MS - now_ms
        if left > 0 and not self.frozen and not self.site.memory.away and now_ms - self.renewed_ms >= HEARTBEAT_MS:
            self.renewed_ms, left = now_ms, TTL_MS
        return max(0, left)

    def require(self, seconds: Decimal) -> None:
        """Raise LeaseLost unless so much of it is left."""
        left = Decimal(self.left_ms) / 1000
        self.frozen = False
        if left <= 0 or left < seconds:
            raise LeaseLost(leases.LOST)

    def take_fence(self, user_id: str, credential_id: str) -> int:
        """Take the fence once, before anything is read."""
        if not self.fence:
            with self.site.tenants(user_id) as store:
                self.fence = store.credentials.claim_fence(credential_id)
        return self.fence


@dataclass(slots=True)
class Tally:
    """What was done in a run."""

    jobs: int = 0
    kills: int = 0
    pauses: int = 0
    takeovers: int = 0
    failures: int = 0
    stopped_at: Counter[str] = field(default_factory=Counter)


class Workers:
    """Runs what waits in the queue, one job after the other; `wait` lets the rest of the world go on for a while."""

    def __init__(self, site: Site, wait: Callable[[int], None], note: Callable[[str], None]) -> None:
        self.site, self.wait, self.note = site, wait, note
        self.arms: dict[str, list[Arm]] = {}
        self.busy_until: dict[str, int] = {}
        self.running: list[VirtualLease] = []
        self.paused = 0
        self.tally = Tally()
        self.wrote_late: list[str] = []
        self.sent_late: dict[str, int] = {}
        self.begin()

    def begin(self) -> None:
        """Let new processes work: none has claimed anything yet."""
        tasks.claims = tasks.Claims()

    @property
    def whose(self) -> str:
        """The credential somebody works on."""
        return self.running[-1].whose[1] if self.running else ""

    def work(self) -> None:
        """Run what waits, for each credential that nobody has, a few jobs at most."""
        memory = self.site.memory
        for queue in ("source", "marks"):
            for name, ids in memory.jobs.pop(queue, ()):
                self._try(lambda name=name, ids=ids: getattr(tasks, name)(*ids))
        for credential_id in sorted(self.site.clients):
            for _ in range(BATCH):
                jobs = memory.jobs.get(credential_id)
                if not jobs or memory.away or self.site.time.now_ms < self.busy_until.get(credential_id, 0):
                    break
                self._perform(credential_id, *jobs.pop(0))

    def reached(self, point: KillPoint | str) -> None:
        """Look whether something was to happen at this point."""
        if not self.running:
            return
        lease, site = self.running[-1], self.site
        arms = self.arms.get(lease.whose[1], [])
        if not arms:
            return
        arm = arms[0]
        if arm.nth > 0:
            arm.nth -= 1
            return
        if arm.kind == "pause" and self._in_transaction(lease.whose[0]):
            # It would hold the database's lock, and who waits for that only waits.
            return
        arms.pop(0)
        self.tally.stopped_at[str(point)] += 1
        if arm.kind == "kill":
            self.tally.kills += 1
            self.note(f"{self.whose} KILLED at {point}")
            site.tenants.dead = True
            raise Killed(str(point))
        self.note(f"{self.whose} STANDS STILL at {point} for {arm.seconds} s")
        self._pause(lease, arm.seconds)
        self.note(f"{lease.whose[1]} goes on at {point}")

    def _pause(self, lease: VirtualLease, seconds: int) -> None:
        self.tally.pauses += 1
        self.compare(lease)
        fence_before = self._fence(lease)
        self.busy_until[lease.whose[1]] = self.site.time.now_ms + lease.left_ms
        lease.frozen = True
        self.paused += 1
        standing, self.running = self.running, []
        # Whoever takes over is another process.
        self.begin()
        self.wait(seconds)
        self.running = standing
        self.paused -= 1
        if lease.overtaken or self._fence(lease) != fence_before:
            lease.overtaken = self.written(lease)
        self.tally.takeovers += self._fence(lease) != fence_before

    def _perform(self, credential_id: str, work: str, ids: tuple[Any, ...]) -> None:
        site, lease = self.site, VirtualLease(self.site, ids[0], credential_id)
        self.running.append(lease)
        self.tally.jobs += 1
        self.note(f"{credential_id} {work} begins")
        try:
            with leases.held(lease):  # type: ignore[arg-type]
                self._try(lambda: getattr(tasks, f"run_{work}")(*ids))
        except Killed:
            # Its lease runs out, then the job is found and begins anew; what the process knew is gone.
            site.tenants.dead = False
            self.busy_until[credential_id] = lease.renewed_ms + TTL_MS
            self._again(credential_id, work, ids)
            self.begin()
        except LeaseLost:
            self.note(f"{credential_id} {work} lost its lease")
            self._again(credential_id, work, ids)
        finally:
            self.compare(lease)
            self.running.remove(lease)

    def sending(self, name: str) -> None:
        """Note that an order or a leg leaves; whoever sends one again that wasn't accepted is not late."""
        if self.running and self.running[-1].overtaken:
            self.sent_late[name] = self.site.time.now_ms
        else:
            self.sent_late.pop(name, None)

    def compare(self, lease: VirtualLease) -> None:
        """Look whether a worker wrote anything after another had taken over (DESIGN §5 "Serial per account")."""
        now = self.written(lease) if lease.overtaken else {}
        changed = [table for table, rows in now.items() if rows != lease.overtaken[table]]
        if changed:
            self.wrote_late.append(f"{lease.whose[1]} wrote {', '.join(changed)} after another worker had taken over")

    def written(self, lease: VirtualLease) -> dict[str, int]:
        """Return what the database has, by table, to be compared."""
        with self.site.stores(lease.whose[0]) as store:
            return {table: hash(tuple(store._file.rows(f"SELECT * FROM {table}"))) for table in FENCED}

    def _again(self, credential_id: str, work: str, ids: tuple[Any, ...]) -> None:
        jobs = self.site.memory.jobs.setdefault(credential_id, [])
        if (work, ids) not in jobs:
            jobs.insert(0, (work, ids))

    def _try(self, job: Callable[[], object]) -> None:
        try:
            job()
        except LeaseLost:
            raise
        except (Nof1Error, RedisError) as error:
            self.tally.failures += 1
            self.note(f"{self.whose} failed: {error}")

    def _fence(self, lease: VirtualLease) -> int:
        with self.site.stores(lease.whose[0]) as store:
            return store._fence(lease.whose[1]) or 0

    def _in_transaction(self, user_id: str) -> bool:
        with self.site.stores(user_id) as store:
            return bool(store._file._database().conn.in_transaction)
