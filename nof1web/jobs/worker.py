"""`flask nof1 worker`: a preloaded parent and NOF1_WORKERS light children that drain credentials' queues."""

from __future__ import annotations

from functools import partial

from rq.job import Job
from rq.serializers import JSONSerializer

from nof1web import log, wiring
from nof1web.adapters.embedded_redis import connect
from nof1web.adapters.queue.names import credential_queue
from nof1web.config import Config
from nof1web.jobs import tasks
from nof1web.jobs.child import Child
from nof1web.jobs.crew import Crew

GRACE_SECONDS = 30.0
THREADS = 3
"""how many queues a child drains at a time: a job of an account waits for the exchange most of its time"""
CREDENTIAL, BROKEN = credential_queue(""), "nof1web.jobs.tasks.run_broken"


def run_workers(config: Config) -> int:
    """Run until SIGTERM or SIGINT, then finish running jobs and hand leases back within 30 s. Return the exit code.

    Raises ConfigError when this process can't open the tenants' secrets.
    """
    log.configure(config.log_format)
    tasks.preload(secrets=True)
    numbers = range(1, config.workers + 1)
    children = {f"worker-{number}": partial(_drain, config, says=number == 1) for number in numbers}
    log.get(__name__).info("workers start", count=config.workers)
    return Crew(children, grace=GRACE_SECONDS).run()


def _drain(config: Config, *, says: bool) -> None:
    w = wiring.ports()
    tasks.claims.begin(w.clock())
    # What was opened before the fork is let go while there is one thread only.
    w.tenants.close()
    redis, apart = connect(config), connect(config)
    Child(redis, claim_fence, apart=apart, threads=THREADS, says=says, given_up=tell_given_up).run()


def tell_given_up(job_id: str) -> None:
    """Ask for a note with the credential whose job took its worker down too often."""
    queue = wiring.ports().queue
    job = Job.fetch(job_id, connection=queue.redis, serializer=JSONSerializer)
    log.get(__name__).error("job given up: it took its worker down again and again", job_id=job_id, task=job.func_name)
    if job.origin.startswith(CREDENTIAL) and job.func_name != BROKEN:
        queue.broken(*job.args[:2])


def claim_fence(user_id: str, credential_id: str) -> int:
    """Take the credential's next fence from its tenant's database; NotFound when it is gone."""
    with wiring.ports().tenants(user_id) as store:
        return store.credentials.claim_fence(credential_id)
