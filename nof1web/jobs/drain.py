"""A worker's child: claims the queue that has been ready longest, drains it under a lease, lets go (DESIGN §5)."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from redis import Redis
from redis.exceptions import ConnectionError as RedisDown
from rq import Queue
from rq.executions import Execution
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from nof1web import log
from nof1web.adapters.queue import beat, leave
from nof1web.adapters.queue.names import BELL
from nof1web.errors import LeaseLost
from nof1web.jobs import leases
from nof1web.jobs.leases import Lease, Leases, Timing
from nof1web.jobs.patient import BLOCK_SECONDS, REDIS_GONE, PatientWorker

RQ_BEAT_SECONDS = 60.0
GUARD_SECONDS = 0.25


class LeaseWorker(PatientWorker):
    """Runs credentials' jobs: one credential at a time, its jobs in order, while a thread renews the lease.

    The result of a job whose lease was lost is not recorded: whoever took over runs that job again. `given_up` is told
    the id of a job that took its worker down too often.
    """

    def __init__(
        self,
        redis: Redis,
        claim_fence: Callable[[str, str], int],
        *,
        timing: Timing | None = None,
        says: bool = True,
        given_up: Callable[[str], None] = lambda job_id: None,
    ) -> None:
        super().__init__(redis, [], says=says)
        self._given_up = given_up
        self.timing = timing or Timing()
        self.leases = Leases(redis, self.timing, claim_fence)
        self.lease: Lease | None = None
        self._parent = os.getppid()
        self._closed = threading.Event()
        self._beaten = 0.0

    def run(self) -> None:
        """Work until SIGTERM: then the running job is finished and the lease handed back."""
        pulse = threading.Thread(target=self._pulse, name="pulse", daemon=True)
        pulse.start()
        threading.Thread(target=self._guard, name="guard", daemon=True).start()
        super().run()
        self._closed.set()
        pulse.join(timeout=BLOCK_SECONDS)
        self.patience.attempt(lambda: leave(self.connection, "worker", self.name))

    def open(self) -> None:
        """Make this worker known."""
        super().open()
        beat(self.connection, "worker", self.name, pid=os.getpid())

    def turn(self) -> None:
        """Drain one queue, or wait a second for the bell."""
        lease = self.leases.claim(self.name)
        if lease is None:
            self.connection.blpop([BELL], timeout=BLOCK_SECONDS)
            return
        self.lease, lease.ending = lease, self.stopping
        try:
            self._drain(lease)
        except LeaseLost:
            log.get(__name__).warning("lease lost, the job runs again elsewhere", queue=lease.name, job_id=lease.job_id)
        finally:
            # After an error the lease is left to run out: its job is not known to be recorded, so it runs again.
            self.lease = None

    def _drain(self, lease: Lease) -> None:
        queue = Queue(lease.name, connection=self.connection, serializer=JSONSerializer)
        more = True
        for done in range(1, self.timing.batch + 1):
            with leases.held(lease):
                self.perform(lease.job_id, queue)
            more = done < self.timing.batch and not self.stopping
            if not self.leases.next(lease, more=more):
                return

    def _finalize_success(self, job: Job, queue: Queue, execution: Execution, return_value: object) -> None:
        self._still_held()
        super()._finalize_success(job, queue, execution, return_value)

    def _finalize_failure(self, job: Job, queue: Queue, execution: Execution, exc_info: tuple) -> None:
        self._still_held()
        if isinstance(exc_info[1], (LeaseLost, *REDIS_GONE)):
            # It gave up for want of time or of Redis, not for good: it runs again once the lease has run out.
            raise exc_info[1]
        super()._finalize_failure(job, queue, execution, exc_info)
        if job.get_status() == JobStatus.STARTED:
            # RQ only logs that it couldn't write it down.
            raise RedisDown("the end of a job was not recorded")

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        super()._stop(signum, frame)
        if self.lease is not None:
            self.lease.ending = True
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        if left:
            # The job's own deadline, drawn nearer: its lease has to be handed back before the parent's patience ends.
            signal.setitimer(signal.ITIMER_REAL, min(left, self.timing.finish))

    def _still_held(self) -> None:
        if self.lease is None or self.lease.left <= 0:
            raise LeaseLost(leases.LOST)

    def _pulse(self) -> None:
        renewed = 0.0
        while not self._closed.wait(min(self.timing.sweep, self.timing.heartbeat)):
            lease = self.lease
            try:
                if lease is not None and leases.now() - renewed >= self.timing.heartbeat:
                    self.leases.extend(lease)
                    renewed = leases.now()
                for job_id in self.leases.sweep():
                    self._given_up(job_id)
                self._beat(lease)
            except REDIS_GONE:
                # Not renewed: when the deadline passes, `left` is 0 and nothing may be sent or recorded any more.
                pass

    def _guard(self) -> None:
        # Asks nobody: a server that hangs must not hold up the look at the clock.
        while not self._closed.wait(GUARD_SECONDS):
            if os.getppid() != self._parent:
                os._exit(1)
            self._stop_beyond_lease(self.lease)

    def _beat(self, lease: Lease | None) -> None:
        beat(self.connection, "worker", self.name, pid=os.getpid(), doing=lease.name if lease else "")
        if time.monotonic() - self._beaten >= RQ_BEAT_SECONDS:
            self._beaten = time.monotonic()
            self.heartbeat()

    def _stop_beyond_lease(self, lease: Lease | None) -> None:
        # A job that goes on long after its lease ended can't be trusted to look at it: end the process.
        if lease is not None and lease is self.lease and leases.now() > lease.deadline + self.timing.grace:
            log.get(__name__).error("job outlived its lease, worker stops", queue=lease.name, job_id=lease.job_id)
            os._exit(1)
