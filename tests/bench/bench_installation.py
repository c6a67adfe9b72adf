"""A whole installation of real processes: how soon it answers, how soon a signal becomes a fill, what it weighs."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median

from tests.e2e.deployment import Deployment, eventually, running
from tests.tools.table import Row

AGENT = "claude-sonnet-4-5"
SIGNALS = 8


def rows() -> Iterator[Row]:
    """Start twice in one folder (the second start is the usual one), then follow an agent set by hand."""
    with tempfile.TemporaryDirectory() as name:
        for start in ("first", "second"):
            with running(Path(name)) as deployment:
                yield f"{start} start until a page answers", f"{deployment.first_page_seconds:.1f} s", "flask nof1 up"
                if start == "second":
                    yield from _measured(deployment)


def _measured(deployment: Deployment) -> Iterator[Row]:
    deployment.exchange.post("/sim/market", frozen=True)
    deployment.prices(ETHUSDT="3000")
    deployment.agent(AGENT)
    account = deployment.follow("Bench", AGENT, balance="100000", total_margin="50000")
    seconds = [_signal_to_fill(deployment, account, number) for number in range(SIGNALS)]
    how = f"median of {SIGNALS} changes of an agent, source read every 1 s, exchange on loopback"
    yield "an agent's change in the feed until the fill", f"{median(seconds):.1f} s (worst {max(seconds):.1f})", how
    page = f"{deployment.url}/"
    person = deployment.person()
    times = []
    for _ in range(20):
        began = time.perf_counter()
        person.session.get(page, timeout=20)
        times.append(time.perf_counter() - began)
    yield "overview page", f"{median(times) * 1000:.0f} ms", "median of 20 requests"
    for what, pattern in (
        ("web", "gunicorn"),
        ("workers", r"flask nof1 worker"),
        ("scheduler", r"flask nof1 scheduler"),
    ):
        pids = [pid for pid, args in deployment.children().items() if re.search(pattern, args)]
        yield f"memory, {what}", f"{sum(map(_kilobytes, pids)) / 1024:.0f} MB", f"PSS of {len(pids)} processes"


def _signal_to_fill(deployment: Deployment, account: str, number: int) -> float:
    """Change the agent's size, wait until the feed shows it, then time until the account has traded."""
    before = len(deployment.exchange.account(account)["trades"])
    quantity = "10" if number % 2 == 0 else "5"
    deployment.agent(AGENT, ETH={"quantity": quantity, "leverage": 10})
    began = time.monotonic()
    eventually(lambda: len(deployment.exchange.account(account)["trades"]) > before, seconds=60, of="a fill")
    return time.monotonic() - began


def _kilobytes(pid: int) -> int:
    """Return a process's proportional share of memory."""
    with suppress(OSError):
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss:\s+(\d+)", rollup, re.M).group(1))  # type: ignore[union-attr]
    return 0
