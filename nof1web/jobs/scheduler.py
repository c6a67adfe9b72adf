"""`flask nof1 scheduler`: rq-scheduler with one periodic tick, and workers for the tick, each source, and marks."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from redis import Redis
from rq.job import Job, JobStatus
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq_scheduler import Scheduler

from nof1web import log, wiring
from nof1web.adapters.embedded_redis import connect
from nof1web.adapters.queue.names import MARKS, TICK, source_queue
from nof1web.config import Config
from nof1web.jobs import tasks
from nof1web.jobs.crew import Crew
from nof1web.jobs.patient import Patience, plain_worker

TICK_TASK = "nof1web.jobs.tasks.tick"
TICK_SECONDS = 1
TICK_TIMEOUT = 30
TOO_FAR_SECONDS = 5 * TICK_SECONDS
"""a tick planned further ahead was so by a clock that has been put back since"""
LOOK_SECONDS = 0.25
"""how often the scheduler looks whether the tick is due; it counts in whole seconds"""
GRACE_SECONDS = 15.0
END_SECONDS = 2.0
"""how long the clock may take to give its lock back"""


def run_scheduler(config: Config) -> int:
    """Run until SIGTERM or SIGINT; return the exit code. A second one beside this changes nothing but who ticks."""
    log.configure(config.log_format)
    tasks.preload(secrets=False)
    members: dict[str, Callable[[], None]] = {TICK: partial(_tick, config)}
    for queue in (MARKS, *(source_queue(name) for name in wiring.ports().sources)):
        members[queue] = partial(_work, config, queue)
    log.get(__name__).info("scheduler starts", children=sorted(members))
    return Crew(members, grace=GRACE_SECONDS).run()


def _work(config: Config, queue: str) -> None:
    plain_worker(connect(config), queue).run()


def _tick(config: Config) -> None:
    """Run the tick, and in a thread beside it the clock that asks for it: two that need each other, in one process."""
    ended = threading.Event()
    clock = threading.Thread(target=_clock, args=(config, ended), name="clock", daemon=True)
    clock.start()
    _work(config, TICK)
    ended.set()
    clock.join(timeout=END_SECONDS)


def _clock(config: Config, ended: threading.Event) -> None:
    redis, patience = connect(config), Patience()
    try:
        while not ended.is_set():
            # rq-scheduler's own loop ends when Redis is gone; it is begun anew.
            patience.attempt(lambda: TickScheduler(redis, ended).run())
    finally:
        if not ended.is_set():
            # Without it nothing ticks: the parent starts both again.
            log.get(__name__).error("the clock has ended", exc_info=True)
            os._exit(1)


class JsonJob(Job):  # type: ignore[misc]
    """A job whose arguments and facts are JSON even where rq-scheduler would pickle."""

    def __init__(self, id: str | None = None, connection: Redis | None = None, serializer: Any = None) -> None:
        super().__init__(id=id, connection=connection, serializer=serializer or JSONSerializer)


class TickScheduler(Scheduler):  # type: ignore[misc]
    """rq-scheduler holding one periodic job; it puts the tick back when Redis has lost it, and never queues two."""

    def __init__(self, redis: Redis, ended: threading.Event | None = None) -> None:
        super().__init__(queue_name=TICK, connection=redis, interval=LOOK_SECONDS, job_class=JsonJob)
        self._ended = ended or threading.Event()

    def heartbeat(self) -> None:
        """Show that it is alive, at each turn of its loop, until its process ends."""
        if self._ended.is_set():
            raise SystemExit
        super().heartbeat()

    def _install_signal_handlers(self) -> None:
        # Its own would talk to Redis inside of the handler.
        return

    def enqueue_jobs(self) -> Any:
        """Queue the tick when it is due, at once when it is planned too far ahead."""
        now, planned = datetime.now(UTC), self.connection.zscore(self.scheduled_jobs_key, TICK)
        lost = not planned or planned > now.timestamp() + TOO_FAR_SECONDS
        if lost or not Job.exists(TICK, self.connection):
            self.schedule(
                now, TICK_TASK, interval=TICK_SECONDS, id=TICK, timeout=TICK_TIMEOUT, queue_name=TICK
            )
        return super().enqueue_jobs()

    def enqueue_job(self, job: Job) -> None:
        """Queue the tick unless one waits: a slow one is not followed by those it was late for."""
        running = job.get_status() == JobStatus.STARTED and self._alive(job)
        if running or Queue(TICK, connection=self.connection).count:
            next_at = datetime.now(UTC).timestamp() + TICK_SECONDS
            self.connection.zadd(self.scheduled_jobs_key, {job.id: next_at})
        else:
            super().enqueue_job(job)

    def _alive(self, job: Job) -> bool:
        # A tick whose worker was killed stays "started" for ever; it can't be running beyond its timeout.
        started_at = job.started_at
        return started_at is not None and abs((datetime.now(UTC) - started_at).total_seconds()) < TICK_TIMEOUT
