"""The built-in exchange: signed requests a second on one core, and what ten thousand accounts weigh."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import urlencode, urlsplit

from nof1web.sim.signing import sign
from tests.tools.sources import ROOT
from tests.tools.table import Row

SECONDS = 4.0
CLIENTS = 4
KEYS_PER_CLIENT = 10
ACCOUNTS = 10_000
_SERVE = (
    "import os, sys; os.sched_setaffinity(0, {int(sys.argv[2])}); from nof1web.sim.server import serve; "
    "serve(host='127.0.0.1', port=0, state_dir=sys.argv[1], weight_limit=10**9)"
)
_WEIGH = "import sys; from tests.bench.bench_exchange import weigh; weigh(int(sys.argv[1]))"


def rows() -> Iterator[Row]:
    """Ask one served exchange as fast as four connections can, then weigh an engine full of accounts."""
    reads, orders = _rates()
    how = f"{CLIENTS} connections for {SECONDS:.0f} s, server bound to one core, state and request log on disk"
    yield "built-in exchange, signed reads (v3/positionRisk)", f"{reads:.0f} /s", how
    yield "built-in exchange, signed MARKET orders", f"{orders:.0f} /s", how
    weighed = subprocess.run(
        [sys.executable, "-c", _WEIGH, str(ACCOUNTS)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    megabytes, step_ms = json.loads(weighed.stdout)
    what = "each a key, a position, a stop, a target and ten trades; the whole process, state on disk"
    yield f"built-in exchange, {ACCOUNTS:,} accounts", f"{megabytes:.0f} MB", what
    yield "built-in exchange, one second with them", f"{step_ms:.0f} ms", "median of 10, prices move, nothing triggers"


def weigh(count: int) -> None:
    """Print what this process weighs with so many accounts (MB), and how long a step of the market then takes (ms)."""
    from decimal import Decimal

    import nof1web.sim.server  # noqa: F401 - what a served exchange loads
    from nof1web.sim.algo_orders import AlgoRequest
    from nof1web.sim.orders import OrderRequest
    from nof1web.sim.state import open_state
    from nof1web.sim.world import make_world

    with tempfile.TemporaryDirectory() as folder:
        started_ms = time.time_ns() // 1_000_000
        world = make_world(seed=1, now_ms=started_ms, store=open_state(Path(folder)))
        exchange = world.exchange
        for number in range(count):
            name = exchange.open_account(Decimal(10_000), now_ms=started_ms).account_id
            world.keys.issue(name, {}, now_ms=started_ms)
            for trade in range(10):
                wish = OrderRequest("DOGEUSDT", "BUY", "MARKET", Decimal(100 + trade))
                exchange.place_order(name, wish, now_ms=started_ms)
            for kind, trigger in (("STOP_MARKET", "0.05"), ("TAKE_PROFIT_MARKET", "0.5")):
                algo = AlgoRequest("DOGEUSDT", "SELL", kind, Decimal(1000), Decimal(trigger), reduce_only=True)
                exchange.place_algo(name, algo, now_ms=started_ms)
            # As a second of the market would: what was taken from the book is offered anew.
            exchange.market.set_price("DOGEUSDT", exchange.market.mark("DOGEUSDT"))
            if number % 100 == 99:
                world.save()
        world.step(started_ms + 1_000)
        taken = []
        for second in range(2, 12):
            began = time.perf_counter()
            world.step(started_ms + second * 1_000)
            taken.append(time.perf_counter() - began)
    print(json.dumps([_resident() / 2**20, median(taken) * 1000]))


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _rates() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder, _served(folder) as url:
        place = urlsplit(url).netloc
        _ask(HTTPConnection(place), "POST", "/sim/market", json.dumps({"frozen": True}))
        keys = [[_key(place) for _ in range(KEYS_PER_CLIENT)] for _ in range(CLIENTS)]
        order = {"symbol": "DOGEUSDT", "type": "MARKET", "quantity": "100", "newOrderRespType": "RESULT"}
        reads = _rate(place, keys, lambda _: ("GET", "/fapi/v3/positionRisk", {}))
        sides = ("BUY", "SELL")
        orders = _rate(place, keys, lambda n: ("POST", "/fapi/v1/order", {**order, "side": sides[n // 40 % 2]}))
        return reads, orders


@contextmanager
def _served(folder: str) -> Iterator[str]:
    core = max(os.sched_getaffinity(0))
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, folder, str(core)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _key(place: str) -> dict[str, str]:
    made: dict[str, str] = json.loads(_ask(HTTPConnection(place), "POST", "/sim/keys", '{"balance":"100000"}'))
    return made


def _rate(
    place: str, keys: list[list[dict[str, str]]], wish: Callable[[int], tuple[str, str, dict[str, str]]]
) -> float:
    """Answers a second over all connections; an answer that isn't 200 ends the measurement."""
    counts = [0] * len(keys)
    began = time.monotonic()

    def client(number: int) -> None:
        connection = HTTPConnection(place)
        while time.monotonic() - began < SECONDS:
            key = keys[number][counts[number] % KEYS_PER_CLIENT]
            method, path, params = wish(counts[number])
            query = urlencode({**params, "timestamp": time.time_ns() // 1_000_000})
            query += "&signature=" + sign(key["api_secret"], query)
            _ask(connection, method, f"{path}?{query}", "", {"X-MBX-APIKEY": key["api_key"]})
            counts[number] += 1

    with ThreadPoolExecutor(len(keys)) as pool:
        list(pool.map(client, range(len(keys))))
    return sum(counts) / (time.monotonic() - began)


def _ask(
    connection: HTTPConnection, method: str, address: str, body: str = "", headers: dict[str, str] | None = None
) -> bytes:
    connection.request(method, address, body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{method} {address.partition('?')[0]}: {answer.status} {content[:200]!r}")
    return content
