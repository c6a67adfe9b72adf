"""Deadlines of jobs in threads: raised where a job is overdue, nowhere else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from rq.timeouts import JobTimeoutException

from nof1web.jobs import deadlines as module
from nof1web.jobs.deadlines import Deadlines, Overdue, ThreadDeadline


@pytest.fixture
def deadlines(monkeypatch: pytest.MonkeyPatch) -> Deadlines:
    made = Deadlines()
    monkeypatch.setattr(module, "deadlines", made)
    return made


def in_thread(work: Callable[[], None], deadlines: Deadlines, *, until: Callable[[], bool] = lambda: False) -> float:
    """Run it in a thread while its deadline is looked after; return the longest time a job was over it."""
    thread, longest = threading.Thread(target=work), 0.0
    thread.start()
    while thread.is_alive() and not until():
        longest = max(longest, deadlines.enforce())
        time.sleep(0.005)
    thread.join()
    return longest


def test_a_job_beyond_its_deadline_is_ended_by_an_exception_that_says_so(deadlines: Deadlines) -> None:
    said: list[str] = []

    def work() -> None:
        try:
            with ThreadDeadline(0.05):
                while True:
                    time.sleep(0.001)
        except JobTimeoutException as error:
            said.append(str(error))

    in_thread(work, deadlines)
    assert said == ["the job took longer than its deadline allows"]


def test_a_job_that_ended_in_time_leaves_nothing_for_the_next_one(deadlines: Deadlines) -> None:
    ended: list[int] = []

    def work() -> None:
        for number in range(20):
            with ThreadDeadline(60):
                ended.append(number)
        deadlines.begin(-1)
        deadlines.end()
        time.sleep(0.03)

    assert in_thread(work, deadlines) == 0 and ended == list(range(20))


def test_a_job_that_ends_while_its_deadline_is_raised_has_ended(
    deadlines: Deadlines, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, raised = deadlines.end, [Overdue]

    def end() -> None:
        if raised:
            raise raised.pop()
        ends()

    monkeypatch.setattr(deadlines, "end", end)
    with ThreadDeadline(0):
        pass
    assert not raised and deadlines.enforce() == 0


def test_nobody_goes_on_for_longer_than_the_time_left_at_a_stop(deadlines: Deadlines) -> None:
    ended: list[str] = []

    def work() -> None:
        for name in ("begun before", "begun after"):
            try:
                with ThreadDeadline(60):
                    if name == "begun before":
                        deadlines.shorten(0.03)
                    while True:
                        time.sleep(0.001)
            except Overdue:
                ended.append(name)

    in_thread(work, deadlines)
    assert ended == ["begun before", "begun after"]


def test_a_job_that_does_not_heed_its_deadline_is_told_of(deadlines: Deadlines) -> None:
    gate = threading.Event()

    def work() -> None:
        try:
            with ThreadDeadline(0.01):
                gate.wait(0.2)
        except Overdue:
            pass

    assert in_thread(work, deadlines) > 0.1
