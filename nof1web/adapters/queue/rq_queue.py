"""services.ports.Queue over RQ: one queue per credential, ids only, a waiting cycle is not queued again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from redis import Redis

from nof1web.adapters.queue import names
from nof1web.adapters.queue.failures import Failures
from nof1web.adapters.queue.index import Index
from nof1web.adapters.queue.jobs import Work, enqueue

TASKS = "nof1web.jobs.tasks"
CYCLE_SECONDS = 120
SYNC_SECONDS = 60
TEST_SECONDS = 60
READ_SECONDS = 10
"""deadline of one read of a source or of marks (DESIGN §5)"""
UNWATCHED_RESULT_SECONDS = 3
"""nobody waits for the answer of a cycle that the clock or a signal asked for"""
ASKED_SECONDS = 300
"""how long a waiting job that a person asked for stands for the same wish"""
SYNC_LANE, ASKED_LANE = 45, -30
"""lanes in seconds: a sync waits for others' cycles, what a person asked for goes before them"""
BATCH = 500
DAY = 86_400


class RqQueue:
    """Asks for work. While a cycle, sync or test of a credential waits, an equal request is answered with its id.

    A request that arrives while a cycle runs queues exactly one more, so nothing that happened meanwhile is missed.
    """

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.index = Index(redis)
        self.failures = Failures(redis)

    @contextmanager
    def together(self) -> Iterator[RqQueue]:
        """Give a queue whose notes (`index`, `failures`, `wake`) leave together at the end; nothing is read from it."""
        with self.redis.pipeline(transaction=False) as pipeline:
            yield RqQueue(pipeline)
            pipeline.execute()

    def cycle(self, user_id: str, credential_id: str, *, front: bool = False, dry_run: bool = False) -> str:
        """Ask for one cycle; return the job's id. `dry_run` jobs are always queued; `front` goes before what waits."""
        if not front and not dry_run:
            return self.cycles([(user_id, credential_id)])[0]
        queue = names.credential_queue(credential_id)
        args = (user_id, credential_id, dry_run, front)
        once = 0 if dry_run else ASKED_SECONDS
        return self._ask(Work(queue, f"{TASKS}.run_cycle", args, CYCLE_SECONDS, front=front, once_seconds=once))

    def cycles(self, credentials: Iterable[tuple[str, str]]) -> list[str]:
        """Ask for a plain cycle of each (user id, credential id); return the jobs' ids."""
        return self._ask_all(
            Work(
                names.credential_queue(credential_id), f"{TASKS}.run_cycle", (user_id, credential_id), CYCLE_SECONDS,
                result_seconds=UNWATCHED_RESULT_SECONDS, once_seconds=DAY,
            )
            for user_id, credential_id in credentials
        )

    def sync(self, user_id: str, credential_id: str) -> str:
        """Ask for a full account sync; return the job's id."""
        return self.syncs([(user_id, credential_id)])[0]

    def syncs(self, credentials: Iterable[tuple[str, str]]) -> list[str]:
        """Ask for a sync of each (user id, credential id); return the jobs' ids."""
        return self._ask_all(
            Work(
                names.credential_queue(credential_id), f"{TASKS}.run_sync", (user_id, credential_id), SYNC_SECONDS,
                result_seconds=UNWATCHED_RESULT_SECONDS, once_seconds=DAY, lane=SYNC_LANE,
            )
            for user_id, credential_id in credentials
        )

    def test_key(self, user_id: str, draft_id: str) -> str:
        """Ask a worker to open, check, test and seal what a person typed; return the job's id."""
        return self._ask(Work(names.draft_queue(draft_id), f"{TASKS}.run_key_test", (user_id, draft_id), TEST_SECONDS))

    def retest(self, user_id: str, credential_id: str) -> str:
        """Ask for a connection test of a saved credential, before anything that waits; return the job's id."""
        queue = names.credential_queue(credential_id)
        args = (user_id, credential_id)
        once = ASKED_SECONDS
        return self._ask(Work(queue, f"{TASKS}.run_retest", args, TEST_SECONDS, front=True, once_seconds=once))

    def reconcile(self, user_id: str, credential_id: str) -> str:
        """Ask for a full account sync before anything that waits; return the job's id."""
        queue, once = names.credential_queue(credential_id), ASKED_SECONDS
        args = (user_id, credential_id)
        return self._ask(Work(queue, f"{TASKS}.run_sync", args, SYNC_SECONDS, front=True, once_seconds=once))

    def flatten(self, user_id: str, credential_id: str, flatten_id: str) -> str:
        """Ask for a flatten to be carried out before anything that waits; return the job's id."""
        queue = names.credential_queue(credential_id)
        args = (user_id, credential_id, flatten_id)
        return self._ask(Work(queue, f"{TASKS}.run_flatten", args, CYCLE_SECONDS, front=True))

    def read_source(self, source: str) -> str:
        """Ask for one read of a source; a waiting one stands for this."""
        queue = names.source_queue(source)
        return self._ask(_read(queue, f"{TASKS}.read_source", source))

    def read_marks(self, environment: str) -> str:
        """Ask for one read of the marks of an environment's host; a waiting one stands for this."""
        return self._ask(_read(names.MARKS, f"{TASKS}.read_marks", environment))

    def follow(self, user_id: str, credential_id: str, agents: frozenset[tuple[str, str]]) -> None:
        """Note which (source, agent) pairs this credential's started trackers follow; empty when it doesn't poll."""
        self.index.follow(user_id, credential_id, agents)

    def wake(self, user_id: str, credential_id: str, at: datetime | None) -> None:
        """Note when the credential's next cycle is due."""
        self.index.wake(user_id, credential_id, at)

    def sync_at(self, host: str, user_id: str, credential_id: str, at: datetime) -> None:
        """Note when an account of this host is synced next: then, or later where the budget has no room."""
        self.index.sync_at(host, user_id, credential_id, at)

    def forget(self, host: str, user_id: str, credential_id: str) -> None:
        """Plan nothing any more for a credential that was removed."""
        with self.together() as queue:
            queue.index.follow(user_id, credential_id, ())
            queue.index.wake(user_id, credential_id, None)
            queue.index.watch(host, user_id, credential_id, ())
            queue.index.hold(user_id, credential_id, holds=False)
            queue.index.sync_at(host, user_id, credential_id, None)

    def broken(self, user_id: str, credential_id: str) -> str:
        """Ask for a note that a credential's job took its worker down again and again; return the job's id."""
        queue = names.credential_queue(credential_id)
        args = (user_id, credential_id)
        return self._ask(Work(queue, f"{TASKS}.run_broken", args, TEST_SECONDS, front=True, once_seconds=ASKED_SECONDS))

    def _ask(self, work: Work) -> str:
        return enqueue(self.redis, [replace(work, lane=ASKED_LANE)])[0]

    def _ask_all(self, works: Iterable[Work]) -> list[str]:
        waiting = list(works)
        ids: list[str] = []
        for start in range(0, len(waiting), BATCH):
            ids += enqueue(self.redis, waiting[start : start + BATCH])
        return ids


def _read(queue: str, task: str, name: str) -> Work:
    # The pointer lives little longer than a read: a job that vanished with its worker must not stop the source.
    return Work(
        queue, task, (name,), READ_SECONDS,
        result_seconds=0, failure_seconds=60, once_seconds=READ_SECONDS + 5, leased=False,
    )
