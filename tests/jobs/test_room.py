"""A job whose worker died before runs alone, and nothing new is begun beside it."""

from __future__ import annotations

import threading
import time

from nof1web.jobs.room import Room


def inside(room: Room, seen: list[str], name: str, gate: threading.Event, *, alone: bool) -> threading.Thread:
    def run() -> None:
        with room.entered(alone=alone):
            seen.append(f"{name} in")
            gate.wait(5)
            seen.append(f"{name} out")

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.02)
    return thread


def test_jobs_run_beside_each_other() -> None:
    room, seen, gate = Room(), list[str](), threading.Event()
    threads = [inside(room, seen, name, gate, alone=False) for name in "ab"]
    assert seen == ["a in", "b in"] and not room.wanted
    gate.set()
    for thread in threads:
        thread.join()


def test_a_suspect_one_waits_until_it_is_alone_and_is_so_until_its_end() -> None:
    room, seen, first, second = Room(), list[str](), threading.Event(), threading.Event()
    threads = [inside(room, seen, "a", first, alone=False), inside(room, seen, "x", second, alone=True)]
    assert seen == ["a in"] and room.wanted
    first.set()
    threads[0].join()
    time.sleep(0.02)
    threads.append(inside(room, seen, "b", first, alone=False))
    assert seen == ["a in", "a out", "x in"]
    second.set()
    for thread in threads:
        thread.join()
    assert seen[3:5] == ["x out", "b in"] and not room.wanted


def test_who_waits_to_claim_something_goes_on_once_nobody_has_to_be_alone() -> None:
    room, gate = Room(), threading.Event()
    thread = inside(room, [], "x", gate, alone=True)
    threading.Timer(0.02, gate.set).start()
    while room.wanted:
        room.wait()
    thread.join()
    assert not room.wanted
