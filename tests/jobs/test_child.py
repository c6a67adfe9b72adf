"""A child of several threads: as many accounts at a time, one sign of life, and all of it ends together."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from redis import Redis
from rq.job import Job

from nof1web.adapters.queue import beats
from nof1web.jobs import child as module
from nof1web.jobs.child import Child
from nof1web.jobs.deadlines import Deadlines
from tests.adapters.redis_server import redis_url
from tests.jobs.lease_crew import SHORT, ask, crew, eventually
from tests.jobs.ledger import Ledger

__all__ = ["redis_url"]


@pytest.fixture
def redis(redis_url):
    with Redis.from_url(redis_url) as client:
        client.flushall()
        yield client


def test_one_process_works_for_as_many_accounts_as_it_has_threads(redis, redis_url, tmp_path):
    path, gate = tmp_path / "ledger.db", tmp_path / "gate"
    ask(redis, "hold", path, [(name, 1) for name in "abcd"], str(gate))
    book = Ledger(path)
    with crew(redis_url, path, 1, threads=3):
        eventually(lambda: len(book.events(what="start")) == 3)
        eventually(lambda: any(len(each.doing.split()) == 3 for each in beats(redis, "worker")))
        assert len(beats(redis, "worker")) == 1
        time.sleep(2 * SHORT.ttl)
        assert not book.events(what="end") and len(book.events(what="start")) == 3
        gate.touch()
        eventually(lambda: len(book.events(what="end")) == 4)
    assert len({pid for *_, pid in book.events()}) == 1


def test_two_jobs_of_one_account_are_one_after_the_other_whoever_is_free(redis, redis_url, tmp_path):
    path = tmp_path / "ledger.db"
    ask(redis, "note", path, [("a", number) for number in range(30)])
    book = Ledger(path)
    with crew(redis_url, path, 1, threads=3):
        eventually(lambda: len(book.events(what="end")) == 30)
    assert [(number, what) for _, number, what, _ in book.events()] == [
        (number, what) for number in range(30) for what in ("start", "end")
    ]


def test_a_process_in_which_a_job_was_cut_short_is_replaced_by_a_new_one(redis, redis_url, tmp_path):
    path, gate = tmp_path / "ledger.db", tmp_path / "gate"
    ask(redis, "linger", path, [("a", 1)], str(gate), seconds=1)
    book = Ledger(path)
    with crew(redis_url, path, 1, threads=2):
        eventually(lambda: book.events(what="start"))
        ask(redis, "note", path, [("b", 1)])
        eventually(lambda: book.events("b", "end"))
        first = book.events("a")[0][3]
        eventually(lambda: not _lives(first))
        ask(redis, "note", path, [("c", 1)])
        eventually(lambda: book.events("c", "end"))
    assert book.events("c")[0][3] != first


def test_what_ends_one_thread_ends_the_process_once_the_others_are_done(redis, monkeypatch):
    made = Child(redis, lambda user_id, credential_id: 1, threads=2, timing=SHORT)
    monkeypatch.setattr(module, "deadlines", Deadlines())
    monkeypatch.setattr(made.workers[0], "turn", lambda: 1 / 0)
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(ZeroDivisionError):
            made.run()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert all(worker.stopping for worker in made.workers)
    assert not [each for each in threading.enumerate() if each.name.startswith("drains")]


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and pid != os.getpid()


def test_a_job_that_ends_its_process_takes_no_other_account_with_it(redis, redis_url, tmp_path):
    path = tmp_path / "ledger.db"
    (fatal,) = ask(redis, "die", path, [("x", 1)])
    innocent = ask(redis, "pause", path, [("a", 1), ("b", 1)])
    book = Ledger(path)
    with crew(redis_url, path, 1, threads=3):
        eventually(lambda: Job.fetch(fatal, connection=redis).get_status() == "failed")
        eventually(lambda: {each for each, *_ in book.events(what="end")} == {"a", "b"})
    assert len(book.events("x", "start")) == 1 + SHORT.recoveries
    assert [Job.fetch(each, connection=redis).get_status() for each in innocent] == ["finished"] * 2


def test_many_signals_at_once_end_it_like_one(redis, redis_url, tmp_path):
    path, gate = tmp_path / "ledger.db", tmp_path / "gate"
    ask(redis, "hold", path, [("a", 1), ("b", 1)], str(gate))
    book = Ledger(path)
    with crew(redis_url, path, 1, threads=2) as parent:
        eventually(lambda: len(book.events(what="start")) == 2)
        parent.terminate()
        for _ in range(30):
            os.kill(book.events()[0][3], signal.SIGTERM)
        gate.touch()
        assert parent.wait(timeout=20) == 0
    assert len(book.events(what="end")) == 2 and not redis.exists("leases")
