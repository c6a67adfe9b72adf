"""Puts RQ jobs into queues in one step: the job, its place, and the bell that wakes a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from redis import Redis
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from rq.utils import now

from nof1web.adapters.queue import names

RESULT_SECONDS = 300
FAILURE_SECONDS = 86_400

ENQUEUE = """
-- KEYS: 1 job hash, 2 queue list, 3 rq:queues, 4 ready, 5 bell, 6 pointer to the waiting job
-- ARGV: 1 job id, 2 queue name, 3 L|R, 4 seconds the pointer lives (0: always queue), 5 leased, 6 lane,
-- 7.. fields of the job
if ARGV[4] ~= '0' then
  local waiting = redis.call('GET', KEYS[6])
  -- One that is in no queue any more was lost with a server or a worker, and stands for nothing.
  if waiting and redis.call('HGET', 'rq:job:' .. waiting, 'status') == 'queued' and (ARGV[5] ~= '1'
     or redis.call('LPOS', KEYS[2], waiting) or redis.call('LINDEX', 'inflight:' .. ARGV[2], 0) == waiting) then
    return waiting
  end
  redis.call('SET', KEYS[6], ARGV[1], 'EX', ARGV[4])
end
redis.call('HSET', KEYS[1], 'lane', ARGV[6], unpack(ARGV, 7))
if ARGV[3] == 'L' then redis.call('LPUSH', KEYS[2], ARGV[1]) else redis.call('RPUSH', KEYS[2], ARGV[1]) end
redis.call('SADD', KEYS[3], KEYS[2])
if ARGV[5] == '1' then
  local t = redis.call('TIME')
  redis.call('ZADD', KEYS[4], 'LT', t[1] + t[2] / 1000000 + ARGV[6], ARGV[2])
  redis.call('LPUSH', KEYS[5], 1)
  redis.call('LTRIM', KEYS[5], 0, 63)
end
return ARGV[1]
"""


@dataclass(frozen=True, slots=True)
class Work:
    """One job to be queued: the task's dotted name and ids only.

    `once_seconds` > 0: while a job of the same queue, task and end (`front` or back) waits, it stands for this one too
    (for at most that long, so that a job lost together with its worker can't block the next). `leased`: drained under
    a lease. `lane`: how many seconds younger work of other queues may be and still go first.
    """

    queue: str
    task: str
    args: tuple[str | bool, ...]
    timeout: int
    result_seconds: int = RESULT_SECONDS
    failure_seconds: int = FAILURE_SECONDS
    front: bool = False
    once_seconds: int = 0
    leased: bool = True
    lane: int = 0


def enqueue(redis: Redis, works: list[Work]) -> list[str]:
    """Queue the jobs in order, in one round trip; return the id of each or of the waiting job that stands for it."""
    script = redis.register_script(ENQUEUE)
    if len(works) == 1:
        # A pipeline would ask first whether the script is known.
        keys, args = _asked(redis, works[0])
        answers: list[bytes] = [script(keys, args)]
    else:
        with redis.pipeline(transaction=False) as pipeline:
            for work in works:
                keys, args = _asked(redis, work)
                script(keys, args, client=pipeline)
            answers = pipeline.execute()
    return [answer.decode() for answer in answers]


def _asked(redis: Redis, work: Work) -> tuple[list[str], list[Any]]:
    job = _job(redis, work)
    keys = [
        f"rq:job:{job.id}", names.queue_key(work.queue), names.QUEUES, names.READY, names.BELL,
        f"waiting:{work.queue}:{work.task.rpartition('.')[2]}{':front' if work.front else ''}",
    ]
    end = "L" if work.front else "R"
    return keys, [job.id, work.queue, end, work.once_seconds, int(work.leased), work.lane, *_fields(job)]


def _job(redis: Redis, work: Work) -> Job:
    job = Job.create(
        work.task,
        args=work.args,
        connection=redis,
        serializer=JSONSerializer,
        id=uuid4().hex,
        origin=work.queue,
        timeout=work.timeout,
        result_ttl=work.result_seconds,
        failure_ttl=work.failure_seconds,
        status=JobStatus.QUEUED,
        description=work.task,
    )
    job.enqueued_at = now()
    return job


def _fields(job: Job) -> list[Any]:
    return [part for name, value in job.to_dict().items() if value is not None for part in (name, value)]
