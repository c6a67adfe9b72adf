"""Waiting, outside of a worker, for what a job answers."""

from __future__ import annotations

import time
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from nof1web import wiring
from nof1web.adapters.queue import beats
from nof1web.errors import N_, Unavailable
from nof1web.jobs.answers import revive

STEP_SECONDS = 0.05
LOOK_SECONDS = 2.0
"""how often it is made sure that there still is a worker"""
ENDED = (JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED)


def wait_for(job_id: str, seconds: float, *, redis: Redis | None = None) -> dict[str, Any]:
    """Return a job's result; raises what the job raised.

    Unavailable when no worker is running (the job is then taken back), Redis is gone, or time is up.
    """
    try:
        return _wait(redis or wiring.redis(), job_id, seconds)
    except RedisError as error:
        raise Unavailable(N_("Redis does not answer. Start everything with: flask nof1 up")) from error


def _wait(redis: Redis, job_id: str, seconds: float) -> dict[str, Any]:
    deadline, look_at = time.monotonic() + seconds, 0.0
    while True:
        job = _job(redis, job_id)
        status = job.get_status(refresh=False)
        if status == JobStatus.FINISHED:
            result: Any = job.return_value()
            return result or {}
        if status in ENDED:
            raise _failure(job)
        if time.monotonic() >= look_at:
            _require_worker(redis, job, status)
            look_at = time.monotonic() + LOOK_SECONDS
        if time.monotonic() > deadline:
            raise Unavailable(
                N_("No answer within %(seconds)s s; the job still runs or waits. See: flask nof1 status"),
                seconds=int(seconds),
            )
        time.sleep(STEP_SECONDS)


def _job(redis: Redis, job_id: str) -> Job:
    try:
        return Job.fetch(job_id, connection=redis, serializer=JSONSerializer)
    except NoSuchJobError as error:
        raise Unavailable(N_("Redis has lost this job. Try again.")) from error


def _require_worker(redis: Redis, job: Job, status: JobStatus | None) -> None:
    if any(beat.alive for beat in beats(redis, "worker")):
        return
    if status == JobStatus.QUEUED:
        job.delete()
    raise Unavailable(N_("No worker is running. Start one with: flask nof1 worker"))


def _failure(job: Job) -> Exception:
    written = job.get_meta(refresh=True).get("error")
    if written is None:
        return Unavailable(N_("The job ended without an answer. The server's log has the details."))
    return revive(written)
