"""A worker's child process: a few threads that drain queues, one that renews their leases, one that looks at the clock.

Most of a job is waiting for the exchange. Threads wait for several accounts in the memory of one process.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import FrameType

from redis import Redis
from redis.exceptions import RedisError
from rq.exceptions import NoSuchJobError

from nof1web import log
from nof1web.adapters.queue import beat, leave
from nof1web.errors import Nof1Error
from nof1web.jobs import leases
from nof1web.jobs.deadlines import deadlines
from nof1web.jobs.drain import LeaseWorker
from nof1web.jobs.leases import Lease, Leases, Timing
from nof1web.jobs.patient import BLOCK_SECONDS, REDIS_GONE, Patience
from nof1web.jobs.room import Room

RQ_BEAT_SECONDS = 60.0
GUARD_SECONDS = 0.25
LAST_WORDS_SECONDS = 1.0
HEED_SECONDS = 10.0
"""how long a job may go on after its deadline was raised in it, before its process is ended"""


class Child:
    """Drains `threads` queues at a time until SIGTERM: then running jobs are finished and their leases handed back.

    `given_up` is told the id of a job that took its process down too often. Leases are asked for by `apart`, a client
    that no job uses: one that was cut short may leave an answer behind for whoever asks next.
    """

    def __init__(
        self,
        redis: Redis,
        claim_fence: Callable[[str, str], int],
        *,
        apart: Redis | None = None,
        threads: int = 1,
        timing: Timing | None = None,
        says: bool = True,
        given_up: Callable[[str], None] = lambda job_id: None,
    ) -> None:
        self.redis, self.timing = redis, timing or Timing()
        held, room = Leases(apart or redis, self.timing, claim_fence), Room()
        self.workers = [LeaseWorker(redis, held, room, says=says and not each) for each in range(threads)]
        self._leases, self._stopping = held, False
        self.name = self.workers[0].name
        self._given_up = given_up
        self._parent = os.getppid()
        self._closed = threading.Event()
        self._beaten = time.monotonic()

    def run(self) -> None:
        """Work until SIGTERM; a second signal changes nothing. Raises what ended one of its threads."""
        signal.signal(signal.SIGTERM, self._stop)
        pulse = threading.Thread(target=self._pulse, name="pulse", daemon=True)
        pulse.start()
        threading.Thread(target=self._guard, name="guard", daemon=True).start()
        with ThreadPoolExecutor(len(self.workers), thread_name_prefix="drains") as pool, ExitStack() as on_failure:
            on_failure.callback(self._retire)
            working = [pool.submit(worker.loop) for worker in self.workers]
            on_failure.pop_all()
            for each in working:
                # Where one ended, the others finish what they have in hand: the parent starts all of them again.
                each.add_done_callback(lambda _: self._retire())
        self._closed.set()
        pulse.join(timeout=BLOCK_SECONDS)
        Patience().attempt(lambda: leave(self.redis, "worker", self.name))
        for each in working:
            each.result()

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        # Takes no lock: another signal may come at any point of this.
        self._stopping = True
        for worker in self.workers:
            worker.stop()

    def _retire(self) -> None:
        for worker in self.workers:
            worker.stopping = True

    def _pulse(self) -> None:
        self._once(self._beat)
        while not self._closed.wait(min(self.timing.sweep, self.timing.heartbeat)):
            for step in (self._renew, self._sweep, self._beat):
                self._once(step)

    def _once(self, step: Callable[[], None]) -> None:
        # Not renewed: when the deadline passes, `left` is 0 and nothing may be sent or recorded any more.
        try:
            step()
        except REDIS_GONE:
            pass
        except (RedisError, NoSuchJobError, Nof1Error) as error:
            log.get(__name__).error("a worker's pulse missed a beat", error=str(error))

    def _sweep(self) -> None:
        for job_id in self._leases.sweep():
            self._given_up(job_id)

    def _renew(self) -> None:
        for worker in self.workers:
            lease = worker.lease
            if lease is not None and lease.left <= self.timing.ttl - self.timing.heartbeat:
                self._leases.extend(lease)

    def _beat(self) -> None:
        beat(self.redis, "worker", self.name, pid=os.getpid(), doing=" ".join(each.name for each in self._held()))
        if time.monotonic() - self._beaten >= RQ_BEAT_SECONDS:
            self._beaten = time.monotonic()
            for worker in self.workers:
                worker.heartbeat()

    def _guard(self) -> None:
        # Asks nobody: a server that hangs must not hold up the look at the clock.
        while not self._closed.wait(GUARD_SECONDS):
            if os.getppid() != self._parent:
                os._exit(1)
            for lease in self._held():
                self._stop_beyond_lease(lease)
            self._enforce()

    def _enforce(self) -> None:
        if self._stopping:
            # The leases have to be handed back before the parent's patience ends.
            self._stopping = False
            deadlines.shorten(self.timing.finish)
        over = deadlines.enforce()
        if over > 0:
            # What it was interrupted in may have left something of the process in disorder: another takes its place.
            self._retire()
        if over > HEED_SECONDS:
            _end("job outlived its deadline, worker stops")

    def _stop_beyond_lease(self, lease: Lease) -> None:
        # A job that goes on long after its lease ended can't be trusted to look at it: end the process.
        if leases.now() > lease.deadline + self.timing.grace:
            _end("job outlived its lease, worker stops", queue=lease.name, job_id=lease.job_id)

    def _held(self) -> list[Lease]:
        return [lease for lease in (worker.lease for worker in self.workers) if lease is not None]


def _end(event: str, **facts: str) -> None:
    """End this process now; it is told first, but not waited for: whoever hangs may hold the log."""
    telling = threading.Thread(target=lambda: log.get(__name__).error(event, **facts), daemon=True)
    telling.start()
    telling.join(timeout=LAST_WORDS_SECONDS)
    os._exit(1)
