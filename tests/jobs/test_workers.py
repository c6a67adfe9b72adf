"""Real forked workers against a real server: serial per credential, whatever dies (DESIGN §5)."""

from __future__ import annotations

import os
import signal
from itertools import pairwise

import pytest
from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer

from tests.adapters.redis_server import redis_url
from tests.jobs.lease_crew import ask, crew, eventually
from tests.jobs.ledger import Ledger

__all__ = ["redis_url"]


@pytest.fixture
def redis(redis_url):
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


def status(redis, job_id):
    return Job.fetch(job_id, connection=redis, serializer=JSONSerializer).get_status().value


def test_jobs_of_one_credential_never_overlap_and_keep_their_order(redis, redis_url, path):
    jobs = [(f"c{credential}", number) for number in range(5) for credential in range(40)]
    ask(redis, "note", path, jobs)
    book = Ledger(path)
    with crew(redis_url, path, 4):
        eventually(lambda: len(book.events(what="end")) == len(jobs), 60)
    for credential in {credential for credential, _ in jobs}:
        seen = [(number, what) for _, number, what, _ in book.events(credential)]
        assert seen == [(number, what) for number in range(5) for what in ("start", "end")]
    assert len({pid for *_, pid in book.events()}) > 1


def test_a_job_whose_worker_was_killed_runs_again_once(redis, redis_url, path, tmp_path):
    gate = tmp_path / "gate"
    first, second = ask(redis, "hold", path, [("c", 1), ("c", 2)], str(gate))
    book = Ledger(path)
    with crew(redis_url, path, 2):
        eventually(lambda: book.events(what="start"))
        os.kill(book.events()[0][3], signal.SIGKILL)
        eventually(lambda: len(book.events(what="start")) == 2)
        gate.touch()
        eventually(lambda: status(redis, second) == "finished")
    assert [(number, what) for _, number, what, _ in book.events()] == [
        (1, "start"), (1, "start"), (1, "end"), (2, "start"), (2, "end"),
    ]
    assert status(redis, first) == "finished"


def test_a_worker_stopped_beyond_its_lease_writes_nothing_afterwards(redis, redis_url, path, tmp_path):
    gate = tmp_path / "gate"
    (job_id,) = ask(redis, "hold", path, [("c", 1)], str(gate))
    book = Ledger(path)
    with crew(redis_url, path, 2):
        eventually(lambda: book.events(what="start"))
        stopped = book.events()[0][3]
        os.kill(stopped, signal.SIGSTOP)
        eventually(lambda: len(book.events(what="start")) == 2)
        gate.touch()
        eventually(lambda: status(redis, job_id) == "finished")
        os.kill(stopped, signal.SIGCONT)
        eventually(lambda: book.events(what="refused"))
        assert [pid for *_, pid in book.events(what="refused")] == [stopped]
        assert len(book.events(what="end")) == 1
        assert status(redis, job_id) == "finished"


def test_a_worker_that_cannot_renew_its_lease_ends_itself(redis, redis_url, path, tmp_path):
    gate = tmp_path / "gate"
    (job_id,) = ask(redis, "hold", path, [("c", 1)], str(gate))
    book, server = Ledger(path), redis.info("server")["process_id"]
    with crew(redis_url, path, 1, grace=0.3):
        eventually(lambda: book.events(what="start"))
        os.kill(server, signal.SIGSTOP)
        eventually(lambda: not running(book.events()[0][3]))
        os.kill(server, signal.SIGCONT)
        gate.touch()
        eventually(lambda: status(redis, job_id) == "finished")
    assert [what for *_, what, _ in book.events()] == ["start", "start", "end"]


def test_an_emptied_redis_stops_no_running_job_and_no_worker(redis, redis_url, path, tmp_path):
    gate = tmp_path / "gate"
    ask(redis, "hold", path, [("c", 1)], str(gate))
    book = Ledger(path)
    with crew(redis_url, path, 2):
        eventually(lambda: book.events(what="start"))
        redis.flushall()
        eventually(lambda: redis.exists("lease:cred:c"))
        ask(redis, "note", path, [("c", 2)])
        gate.touch()
        eventually(lambda: len(book.events(what="end")) == 2)
    assert [what for *_, what, _ in book.events()] == ["start", "end", "start", "end"]


def test_a_job_that_takes_its_worker_down_is_given_up_in_the_end(redis, redis_url, path):
    bad, good = (*ask(redis, "die", path, [("c", 1)]), *ask(redis, "note", path, [("c", 2)]))
    with crew(redis_url, path, 1):
        eventually(lambda: status(redis, good) == "finished", 40)
    assert status(redis, bad) == "failed"
    assert len(Ledger(path).events(what="start")) == 1 + 1 + 1


def test_sigterm_finishes_the_running_job_and_leaves_the_rest_ready(redis, redis_url, path, tmp_path):
    gate = tmp_path / "gate"
    first, second = ask(redis, "hold", path, [("c", 1), ("c", 2)], str(gate))
    book = Ledger(path)
    with crew(redis_url, path, 1) as parent:
        eventually(lambda: book.events(what="start"))
        parent.terminate()
        os.kill(book.events()[0][3], signal.SIGTERM)
        gate.touch()
        assert parent.wait(timeout=20) == 0
    assert (status(redis, first), status(redis, second)) == ("finished", "queued")
    assert redis.zrange("ready", 0, -1) == [b"cred:c"] and not redis.exists("lease:cred:c", "leases")
    assert redis.keys("worker:*") == []


def test_a_job_that_does_not_end_after_sigterm_is_cut_short_and_its_lease_handed_back(redis, redis_url, path, tmp_path):
    gate = tmp_path / "gate"
    first, second = ask(redis, "linger", path, [("c", 1), ("c", 2)], str(gate))
    book = Ledger(path)
    with crew(redis_url, path, 1) as parent:
        eventually(lambda: book.events(what="start"))
        gate.touch()
        parent.terminate()
        assert parent.wait(timeout=20) == 0
    assert [what for *_, what, _ in book.events()] == ["start", "ending"]
    assert (status(redis, first), status(redis, second)) == ("failed", "queued")
    assert redis.zrange("ready", 0, -1) == [b"cred:c"] and not redis.exists("lease:cred:c", "leases")


def test_killing_the_parent_takes_its_children_with_it(redis, redis_url, path, tmp_path):
    ask(redis, "hold", path, [("a", 1), ("b", 1)], str(tmp_path / "never"))
    book = Ledger(path)
    with crew(redis_url, path, 2) as parent:
        eventually(lambda: len(book.events(what="start")) == 2)
        parent.kill()
        eventually(lambda: not any(running(pid) for *_, pid in book.events()))


def running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_pairs_of_events_alternate_even_under_contention(redis, redis_url, path):
    ask(redis, "note", path, [("one", number) for number in range(30)])
    book = Ledger(path)
    with crew(redis_url, path, 4):
        eventually(lambda: len(book.events(what="end")) == 30)
    assert all(before[2] != after[2] for before, after in pairwise(book.events()))
