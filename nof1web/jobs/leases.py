"""Leases: the right to act for one credential, for a few seconds at a time (DESIGN §5 "Serial per account").

A lease alone can't exclude a process that was stopped and goes on later. So every write compares the fence taken from
the tenant's database, and nothing is sent without `require`, which goes by this machine's own clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

from redis import Redis

from nof1web.errors import N_, LeaseLost
from nof1web.jobs import scripts

LOST = N_("Another worker has taken over this credential.")


def now() -> float:
    """Return seconds on a clock that goes on while the machine or the process is suspended."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: how long a lease lasts, how often it is renewed, how often others' dead leases are looked for.

    `grace` is how long a job may go on by itself after its lease was lost; `batch` how many jobs one lease drains;
    `recoveries` how often a job that took its worker down is tried again; `finish` how long a job may go on after
    SIGTERM: a request under way then ends before the 30 s are over.
    """

    ttl: float = 15.0
    heartbeat: float = 3.0
    sweep: float = 1.0
    grace: float = 2.0
    batch: int = 5
    recoveries: int = 3
    finish: float = 15.0


class Lease:
    """One queue held by this process; implements services.ports.Lease. `deadline` is when others may take it.

    Renewing it and letting it go take `turn`s; once it has `ended` it is not renewed any more. While it is `ending`,
    because the worker was told to stop, its job opens nothing new. Its job is `suspect` when its worker died before.
    """

    def __init__(self, name: str, token: str, *, deadline: float, claim_fence: Callable[[str, str], int]) -> None:
        self.name = name
        self.token = token
        self.deadline = deadline
        self.lost = False
        self.job_id = ""
        self.suspect = False
        self.fence = 0
        self.ended = self.ending = False
        self.turn = threading.Lock()
        self._claim_fence = claim_fence
        self._fenced: tuple[str, str] | None = None

    @property
    def left(self) -> float:
        """Seconds for which nobody else can hold this lease; 0 when it is lost."""
        return 0.0 if self.lost else max(0.0, self.deadline - now())

    def require(self, seconds: Decimal) -> None:
        """Raise LeaseLost unless at least this many seconds of the lease are left."""
        left = Decimal(str(self.left))
        if left <= 0 or left < seconds:
            raise LeaseLost(LOST)

    def take_fence(self, user_id: str, credential_id: str) -> int:
        """Take the credential's fence from the tenant's database, once per lease, before anything is read.

        From then on whatever an earlier holder writes is refused.
        """
        self.require(Decimal(0))
        if self._fenced != (user_id, credential_id):
            self.fence = self._claim_fence(user_id, credential_id)
            self._fenced = (user_id, credential_id)
        return self.fence


class Leases:
    """Claims, renews and returns leases in Redis, and finds those whose worker died."""

    def __init__(self, redis: Redis, timing: Timing, claim_fence: Callable[[str, str], int]) -> None:
        self.redis = redis
        self.timing = timing
        self._claim_fence = claim_fence
        self._claim = redis.register_script(scripts.CLAIM)
        self._extend = redis.register_script(scripts.EXTEND)
        self._next = redis.register_script(scripts.NEXT)
        self._sweep = redis.register_script(scripts.SWEEP)

    def claim(self, worker: str) -> Lease | None:
        """Return the lease of the queue that has been ready longest, its `job_id` set; None when none is ready."""
        token = f"{worker}:{uuid4().hex}"
        # The deadline counts from before the question: Redis can only have granted the lease later.
        deadline = now() + self.timing.ttl
        answer = self._claim(args=[token, self._ttl_ms])
        if not answer:
            return None
        lease = Lease(answer[0].decode(), token, deadline=deadline, claim_fence=self._claim_fence)
        lease.job_id, lease.suspect = answer[1].decode(), answer[2] > 0
        return lease

    def extend(self, lease: Lease) -> None:
        """Renew a lease unless it has ended; afterwards it is `lost` when somebody else has it or its time was up."""
        with lease.turn:
            if lease.ended:
                return
            if lease.left <= 0:
                lease.lost = True
                return
            deadline = now() + self.timing.ttl
            if self._extend(args=[lease.name, lease.token, self._ttl_ms, lease.job_id]):
                lease.deadline = deadline
            else:
                lease.lost = True

    def next(self, lease: Lease, *, more: bool) -> bool:
        """Note that the lease's job is done; True with the next `job_id` when there is one, else the lease is returned.

        Raises LeaseLost when somebody else has it. Without an answer the lease has ended too: nobody can say.
        """
        with lease.turn:
            # Renewed after it was let go, it would look like one that was flushed, and keep everybody out.
            lease.ended = True
            answer = self._next(args=[lease.name, lease.token, int(more)])
            if answer[0] == 0:
                lease.lost = True
                raise LeaseLost(LOST)
            lease.job_id, lease.suspect = (answer[1].decode(), answer[2] > 0) if answer[0] == 1 else ("", False)
            lease.ended = not lease.job_id
        return bool(lease.job_id)

    def sweep(self) -> list[str]:
        """Return dead workers' jobs to the front of their queues; return the ids of those given up for good."""
        return [job_id.decode() for job_id in self._sweep(args=[self.timing.recoveries])]

    @property
    def _ttl_ms(self) -> int:
        return int(self.timing.ttl * 1000)



class _Held(threading.local):
    """The leases under which this thread's jobs run, the innermost last."""

    def __init__(self) -> None:
        self.leases: list[Lease] = []


_held = _Held()


@contextmanager
def held(lease: Lease) -> Iterator[None]:
    """Make this the lease of the job that runs inside."""
    _held.leases.append(lease)
    try:
        yield
    finally:
        _held.leases.remove(lease)


def current() -> Lease:
    """Return the running job's lease; LeaseLost when it runs without one."""
    if not _held.leases:
        raise LeaseLost(N_("This job holds no lease. It runs through a worker only."))
    return _held.leases[-1]
