"""What drains queues: claims the one that has been ready longest, does its jobs under a lease, lets go (DESIGN §5)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from redis import Redis
from redis.exceptions import ConnectionError as RedisDown
from rq import Queue
from rq.executions import Execution
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from nof1web import log
from nof1web.adapters.queue.names import BELL
from nof1web.errors import LeaseLost
from nof1web.jobs import leases
from nof1web.jobs.deadlines import ThreadDeadline, deadlines
from nof1web.jobs.leases import Lease, Leases
from nof1web.jobs.patient import BLOCK_SECONDS, REDIS_GONE, PatientWorker
from nof1web.jobs.room import Room


class _OwnQueue(Queue):  # type: ignore[misc]
    """A queue whose jobs have no others waiting for them: nobody needs to be asked for those."""

    def move_dependents_to_ready(self, *job: Any, **how: Any) -> dict[str, list[str]]:
        return {}


class _Unlisted(Execution):  # type: ignore[misc]
    """A run of a job that its lease tells of: RQ's own list of who runs what would take round trips of its own."""

    def delete(self, job: Job, pipeline: Any) -> None:
        """Nothing of it was kept."""


class LeaseWorker(PatientWorker):
    """Runs credentials' jobs in one thread: one credential at a time, its jobs in order.

    Its process renews the lease meanwhile, see jobs.child. The result of a job whose lease was lost is not recorded:
    whoever took over runs that job again.
    """

    death_penalty_class = ThreadDeadline

    def __init__(self, redis: Redis, leases: Leases, room: Room | None = None, *, says: bool = True) -> None:
        super().__init__(redis, [], says=says)
        self.leases, self.room = leases, room or Room()
        self.lease: Lease | None = None

    def turn(self) -> None:
        """Drain one queue, or wait a second for the bell; claim nothing while a job has to be alone in the process."""
        if self.room.wanted:
            self.room.wait()
            return
        lease = self.leases.claim(self.name)
        if lease is None:
            self.connection.blpop([BELL], timeout=BLOCK_SECONDS)
            return
        self.lease = lease
        # Looked at once the lease can be seen by whoever stops this worker: one of the two tells it.
        if self.stopping:
            lease.ending = True
        try:
            self._drain(lease)
        except LeaseLost:
            log.get(__name__).warning("lease lost, the job runs again elsewhere", queue=lease.name, job_id=lease.job_id)
        finally:
            # After an error the lease is left to run out: its job is not known to be recorded, so it runs again.
            self.lease = None

    def stop(self) -> None:
        """Have the running job open nothing new, hand the lease back after it, and end."""
        self.stopping, lease = True, self.lease
        if lease is not None:
            lease.ending = True

    def _drain(self, lease: Lease) -> None:
        queue = _OwnQueue(lease.name, connection=self.connection, serializer=JSONSerializer)
        batch = self.leases.timing.batch
        for done in range(1, batch + 1):
            with self.room.entered(alone=lease.suspect), leases.held(lease):
                try:
                    self.perform(lease.job_id, queue)
                finally:
                    # Raised at the very end of a job, its deadline may have kept the job from noting that it ended.
                    deadlines.end()
            more = done < batch and not self.stopping
            if not self.leases.next(lease, more=more):
                return

    def prepare_execution(self, job: Job) -> Execution:
        """Begin a run without a word to Redis."""
        made = _Unlisted(uuid4().hex, job.id, self.connection, self.name)
        self.executions[made.id] = made
        return made

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

    def _still_held(self) -> None:
        if self.lease is None or self.lease.left <= 0:
            raise LeaseLost(leases.LOST)
