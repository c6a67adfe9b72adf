"""An RQ worker in this process that outlives Redis: it waits for it with one line per ten seconds, no stack trace."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import Any
from uuid import uuid4

from redis import Redis
from redis.exceptions import ConnectionError as RedisDown
from redis.exceptions import ReadOnlyError
from redis.exceptions import TimeoutError as RedisSlow
from rq import Queue, SimpleWorker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import now

from nof1web import log
from nof1web.adapters.queue import names

REDIS_GONE = (RedisDown, RedisSlow, ReadOnlyError)
"""ConnectionError's children include a server that is loading its file; a read-only one is about to be replaced"""
SAY_SECONDS = 10.0
RETRY_SECONDS = 0.5
BLOCK_SECONDS = 1


def worker_name() -> str:
    """Return a name no other worker has or had."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:6]}"


class Patience:
    """Runs a step again and again through outages of Redis."""

    def __init__(self, *, says: bool = True) -> None:
        self.says = says
        self._said = 0.0

    def attempt(self, step: Callable[[], object]) -> bool:
        """Run the step; False (after a short sleep) when Redis did not answer."""
        try:
            step()
        except REDIS_GONE as error:
            if self.says and time.monotonic() - self._said >= SAY_SECONDS:
                self._said = time.monotonic()
                log.get(__name__).warning("waiting for Redis", error=type(error).__name__)
            time.sleep(RETRY_SECONDS)
            return False
        return True


class PatientWorker(SimpleWorker):  # type: ignore[misc]
    """Runs the jobs of one queue in order, in this process, until SIGTERM; the running job is finished first."""

    def __init__(self, redis: Redis, queues: list[Queue], *, says: bool = True) -> None:
        self.stopping = False
        self.patience = Patience(says=says)
        name = worker_name()
        super().__init__(queues, name=name, connection=redis, serializer=JSONSerializer, log_job_description=False)

    def _set_connection(self, connection: Redis) -> Redis:
        # RQ would raise the socket's timeout to minutes; heartbeats need to know sooner that Redis is gone.
        return connection

    def _set_ip_address(self, connection: Redis) -> None:
        self.ip_address = "unknown"

    def subscribe(self) -> None:
        """Take no commands from Redis: one thread and one connection less per worker."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed."""

    def set_state(self, state: str, pipeline: Any = None) -> None:
        """Tell it along with something else only: who is alive and at what is told by heartbeats."""
        self._state = state
        if pipeline is not None:
            super().set_state(state, pipeline=pipeline)

    def handle_execution_ended(self, job: Job, queue: Queue, heartbeat_ttl: int) -> None:
        """Note the end, which is saved with the result: a last heartbeat would be one more round trip."""
        job.ended_at = now()

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Say nothing: the task's top has logged its failure; only one that never reached a task is told here."""
        if not job.meta.get("told"):
            log.get(__name__).error("job failed", job_id=job.id, task=job.description, error=repr(exc_info[1]))

    def run(self) -> None:
        """Work until SIGTERM; a second signal changes nothing."""
        signal.signal(signal.SIGTERM, self._stop)
        self.loop()

    def loop(self) -> None:
        """Work until `stopping` is set."""
        while not self.stopping and not self.patience.attempt(self.open):
            pass
        while not self.stopping:
            self.patience.attempt(self.turn)
        self.patience.attempt(self.register_death)

    def open(self) -> None:
        """Make this worker known; what a dead one had in hand is asked for again by the clock."""
        for queue in self.queues:
            self.connection.delete(queue.intermediate_queue_key)
        # Nobody else ever has this name: what is there is our own birth, whose answer was lost with Redis.
        self.connection.delete(self.key)
        self.register_birth()

    def turn(self) -> None:
        """Wait a second for a job at most, and run it."""
        queue = self.queues[0]
        moved = self.connection.blmove(queue.key, queue.intermediate_queue_key, BLOCK_SECONDS)
        if moved is not None:
            self.perform(names.text(moved), queue)
        self.heartbeat()
        queue.failed_job_registry.cleanup()

    def perform(self, job_id: str, queue: Queue) -> None:
        """Run a job and record what came of it; one that is gone is nothing to do."""
        try:
            job = Job.fetch(job_id, connection=self.connection, serializer=JSONSerializer)
        except NoSuchJobError:
            return
        job.redis_server_version = self.get_redis_server_version()
        try:
            self.execute_job(job, queue)
        finally:
            self.executions.clear()

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping = True


def plain_worker(redis: Redis, name: str) -> PatientWorker:
    """Return a worker for one queue without leases."""
    return PatientWorker(redis, [Queue(name, connection=redis, serializer=JSONSerializer)])
