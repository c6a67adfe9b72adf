"""The schedule: many accounts on one signal, the idle tick, leases against plain workers, a worker that dies."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median

from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from nof1web.jobs import tick as clock
from nof1web.jobs.child import Child
from nof1web.jobs.worker import THREADS
from tests.adapters.redis_server import redis_server
from tests.bench.crowd import Crowd, crowd
from tests.e2e.deployment import eventually
from tests.jobs.lease_crew import ask
from tests.jobs.ledger import Ledger
from tests.jobs.world import living
from tests.tools.table import Row

ACCOUNTS = int(os.environ.get("BENCH_ACCOUNTS", "1000"))
LIMIT = int(os.environ.get("BENCH_WEIGHT", "2400"))
WORKERS = int(os.environ.get("BENCH_WORKERS", "4"))
SNAPSHOT_SECONDS = 95
IDLE = 10_000
POOL, QUEUES, JOBS = 4, 200, 20
_fork = multiprocessing.get_context("fork")


def rows() -> Iterator[Row]:
    """Measure the parts without an exchange first, then a whole installation with many accounts."""
    yield from _sources()
    yield from _idle_tick()
    yield from _leases()
    yield from _killed()
    yield from _installation()


def _sources() -> Iterator[Row]:
    """How many reads of a source sixty ticks of a second ask for, whoever follows it."""
    asked = {}
    for followers in (1, IDLE):
        with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as url, living(
            Path(folder) / "tenants", url
        ) as world:
            for number in range(followers):
                world.w.queue.follow("u", f"c{number}", frozenset({("nof1", "gpt-5")}))
            count = 0
            for _ in range(60):
                clock.tick(world.w)
                count += world.w.redis.delete("rq:queue:source:nof1", "waiting:source:nof1:read_source") // 2
                world.pass_seconds(1)
            asked[followers] = count
    how = f"in 60 s at an interval of 5 s, with 1 / {IDLE:,} credentials that follow one of its agents"
    yield "reads of a source", " / ".join(map(str, asked.values())), how


def _idle_tick() -> Iterator[Row]:
    """Processor time of a tick and of Redis while nothing of ten thousand credentials is due."""
    with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as url, living(
        Path(folder) / "tenants", url
    ) as world:
        index, later = world.w.queue.index, world.now + timedelta(hours=1)
        for number in range(IDLE):
            index.follow("u", f"c{number}", [("nof1", "gpt-5")])
            index.wake("u", f"c{number}", later)
            index.sync_at("h", "u", f"c{number}", later)
        spent = []
        for _ in range(20):
            began, server = time.process_time(), _server_seconds(world.w.redis)
            clock.tick(world.w)
            spent.append(time.process_time() - began + _server_seconds(world.w.redis) - server)
            world.pass_seconds(1)
    how = "median of 20 ticks, Redis included; each has a wake and a sync an hour ahead"
    yield f"tick with {IDLE:,} idle credentials", f"{median(spent) * 1000:.1f} ms", how


def _leases() -> Iterator[Row]:
    """The same no-op jobs through leases and through plain SimpleWorkers on one queue, one after the other."""
    with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as url, Redis.from_url(url) as redis:
        book = Path(folder) / "ledger.db"
        names = [(f"c{each}", number) for number in range(JOBS) for each in range(QUEUES)]
        ask(redis, "nothing", book, names)
        leased = _rate(redis, len(names), lambda: _drains(url, book), "leased:done")
        queue = Queue("plain", connection=redis, serializer=JSONSerializer)
        for each, number in names:
            queue.enqueue("tests.jobs.sample_tasks.nothing", str(book), each, number, "plain:done")
        plain = _rate(redis, len(names), lambda: _plain(url), "plain:done")
    how = f"{QUEUES} credentials x {JOBS} no-op jobs, {POOL} workers, against {POOL} SimpleWorkers on one queue"
    yield "jobs through leases", f"{leased:.0f} /s ({leased / plain:.1f} x {plain:.0f} /s)", how


def _rate(redis: Redis, count: int, work: Callable[[], None], done: str) -> float:
    redis.delete(done)
    with _processes(*[work] * POOL):
        eventually(lambda: int(redis.get(done) or 0) > 0, of="the first job")
        first, began = int(redis.get(done) or 0), time.monotonic()
        while int(redis.get(done) or 0) < count:
            time.sleep(0.01)
        return (count - first) / (time.monotonic() - began)


def _killed() -> Iterator[Row]:
    """From the kill of a worker in a job to the same credential's next start, with the leases of every day."""
    with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as url, Redis.from_url(url) as redis:
        path = Path(folder) / "ledger.db"
        book = Ledger(path)
        with _processes(*[lambda: _drains(url, path)] * 2):
            ask(redis, "hold", path, [("c", 1)], str(Path(folder) / "gate"))
            eventually(lambda: book.events(what="start"), of="the start")
            os.kill(book.events()[0][3], signal.SIGKILL)
            began = time.monotonic()
            eventually(lambda: len(book.events(what="start")) == 2, of="the second start")
            taken = time.monotonic() - began
            (Path(folder) / "gate").touch()
            eventually(lambda: book.events(what="end"), of="the end")
    yield "a worker killed -9 in a job: runs again", f"{taken:.1f} s", "lease of 15 s, one other worker; no overlap"


def _installation() -> Iterator[Row]:
    """A whole installation: one account, then a thousand at 5 and at 80 ms, then what two thousand weigh."""
    with tempfile.TemporaryDirectory() as name, crowd(
        Path(name), weight_limit=LIMIT, NOF1_WORKERS=str(WORKERS), NOF1_SYNC_SECONDS="60"
    ) as made:
        made.slow(5)
        made.add(1)
        taken = _entered(made, "SOL", 1, seconds=30)
        yield "one account, 5 ms", f"{taken[0]} ms", "from the poll that sees the signal to the entry accepted"
        # Closed again: whoever comes now is to enter one symbol, not this as well.
        made.opens(seconds=30)
        made.add(ACCOUNTS - 1)
        since = int(time.time() * 1000)
        time.sleep(SNAPSHOT_SECONDS)
        how = f"{SNAPSHOT_SECONDS} s, nothing held; {ACCOUNTS - 1:,} accounts"
        yield "signed requests of idle accounts", str(_signed(made, since)), how
        yield from _burst(made, "ETH", 5)
        first = _megabytes(made)
        yield f"memory with {ACCOUNTS:,} accounts", f"{first:.0f} MB", "PSS of all processes but the exchange"
        time.sleep(SNAPSHOT_SECONDS)
        yield from _burst(made, "BTC", 80)
        before = _megabytes(made)
        made.slow(5)
        made.add(ACCOUNTS)
        _entered(made, "SOL", ACCOUNTS, seconds=200, quantity="2")
        yield f"  the next {ACCOUNTS:,}", f"{_megabytes(made) - before:.0f} MB", "more, after each has entered"


def _burst(made: Crowd, coin: str, milliseconds: int) -> Iterator[Row]:
    made.slow(milliseconds)
    taken = _entered(made, coin, ACCOUNTS, seconds=400)
    stops = _stopped(made)
    how = (
        f"p50 / p99, {WORKERS} workers of {THREADS} threads, last read {SNAPSHOT_SECONDS} s ago, "
        f"weight {LIMIT:,} a minute; from the poll that sees the signal to the entry accepted"
    )
    p50, p99 = taken[len(taken) // 2], taken[len(taken) * 99 // 100 - 1]
    missing = f"; {ACCOUNTS - len(taken)} missing" if len(taken) < ACCOUNTS else ""
    what = f"{ACCOUNTS:,} accounts enter one symbol, exchange at {milliseconds} ms"
    yield what, f"{p50 / 1000:.1f} / {p99 / 1000:.1f} s{missing}", how
    p50, p99 = stops[len(stops) // 2], stops[len(stops) * 99 // 100 - 1]
    yield "  until its stop is acknowledged", f"{p50} / {p99} ms", f"p50 / p99, after the entry, {len(stops):,} stops"


def _entered(made: Crowd, coin: str, count: int, *, seconds: float, quantity: str = "1") -> list[int]:
    """Let the agent open a symbol; return each account's ms until its order was accepted, sorted."""
    price = {"SOL": 150, "ETH": 3000, "BTC": 60000}[coin]
    made.deployment.prices(**{f"{coin}USDT": str(price)})
    book = {"quantity": quantity, "leverage": 20, "stop_loss": str(price * 98 // 100)}
    made.opened_ms = since = made.opens(seconds=30, **made.held | {coin: book})
    until, ours = time.monotonic() + seconds, {each[:6] for each in made.keys}
    while True:
        accepted = made.accepted("POST", "/fapi/v1/order", since)
        mine = [at - since for key, at in accepted.items() if key in ours]
        if len(mine) >= count or time.monotonic() > until:
            return sorted(mine)
        time.sleep(2 if count > 1 else 0.2)


def _stopped(made: Crowd) -> list[int]:
    """Return each account's ms from its entry accepted to its stop acknowledged, sorted."""
    time.sleep(3)
    entered = made.accepted("POST", "/fapi/v1/order", made.opened_ms)
    resting = made.accepted("POST", "/fapi/v1/algoOrder", made.opened_ms)
    ours = {each[:6] for each in made.keys}
    return sorted(resting[key] - at for key, at in entered.items() if key in resting and key in ours)


def _signed(made: Crowd, since: int) -> int:
    """How often accounts that hold nothing were asked for since then (ms); the first one holds something."""
    idle = {key[:6] for key in list(made.keys)[1:]}
    return sum(1 for row in made.requests() if row["ts"] >= since and row.get("signed") and row.get("key") in idle)


def _megabytes(made: Crowd) -> float:
    """PSS of every process below `up` and of itself, but the exchange."""
    listed = made.deployment.children() | {made.deployment.process.pid: "up"}
    return sum(_kilobytes(pid) for pid, args in listed.items() if not args.endswith("nof1 sim")) / 1024


def _kilobytes(pid: int) -> int:
    try:
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    except OSError:
        return 0
    return int(found.group(1)) if found else 0


def _server_seconds(redis: Redis) -> float:
    cpu = redis.info("cpu")
    return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])


def _drains(url: str, book: Path) -> None:
    Child(Redis.from_url(url), Ledger(book).claim_fence).run()


def _plain(url: str) -> None:
    with Redis.from_url(url) as redis:
        queue = Queue("plain", connection=redis, serializer=JSONSerializer)
        worker = SimpleWorker([queue], connection=redis, serializer=JSONSerializer, log_job_description=False)
        worker.work(logging_level="ERROR")


@contextmanager
def _processes(*work: Callable[[], None]) -> Iterator[None]:
    made: list[BaseProcess] = [_fork.Process(target=each, daemon=True) for each in work]
    for each in made:
        each.start()
    try:
        yield
    finally:
        for each in made:
            each.kill()
            each.join()
