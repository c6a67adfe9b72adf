"""What became of a job that somebody asked for, for whoever looks later."""

from __future__ import annotations

from typing import Any, Protocol

from redis import Redis
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from nof1web.jobs.answers import revive
from nof1web.jobs.wait import ENDED


class Connected(Protocol):
    """Ports with the connection that jobs are in."""

    @property
    def redis(self) -> Redis: ...


def read(redis: Redis, job_id: str, user_id: str, credential_id: str) -> dict[str, Any] | None:
    """Return a credential's job: `state` is waiting, running, done with its `result`, or failed with `code`, `message`.

    None when there is none of this id any more, or it is another credential's.
    """
    try:
        job = Job.fetch(job_id, connection=redis, serializer=JSONSerializer)
    except (NoSuchJobError, ValueError):
        return None
    if tuple(job.args[:2]) != (user_id, credential_id):
        return None
    status = job.get_status(refresh=False)
    found: dict[str, Any] = {"job_id": job.id, "state": "waiting", "result": None, "code": None, "message": None}
    if status == JobStatus.FINISHED:
        return found | {"state": "done", "result": job.return_value() or {}}
    if status in ENDED:
        written = job.get_meta(refresh=True).get("error")
        error = revive(written) if written else None
        told = {"code": error.code, "message": str(error)} if error else {"code": "failed", "message": None}
        return found | {"state": "failed", **told}
    return found | {"state": "running"} if status == JobStatus.STARTED else found
