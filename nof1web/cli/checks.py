"""What `doctor` looks at on this machine and around it: disk, file modes, Redis, processes, hosts, clock, address."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from redis.exceptions import RedisError

from nof1web.cli.progress import track
from nof1web.wiring import Wiring
from nof1web.wiring.sources import FEEDS

SECONDS = 5
LATE = timedelta(seconds=1)
LEAST_DISK = 1024**3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `good` True, False, or None where it could be better; `todo` says what to do about it."""

    name: str
    good: bool | None
    found: str
    todo: str = ""


def all_of(w: Wiring) -> Iterator[Check]:
    """Yield every check of this machine and what it reaches; none of them changes anything."""
    yield from (_disk(w), _modes(w))
    answers, *more = _redis(w)
    yield from (answers, *more)
    yield from _processes(w) if answers.good else _unknown()
    hosts = {
        "testnet": w.config.testnet_url,
        "live": w.config.live_url,
        "live wallet": w.config.sapi_url,
        "nof1": w.config.feed_url,
        "hyperliquid": w.config.hyperliquid_url,
    }
    # The demo refuses live keys and never asks that host.
    wanted = [(name, url) for name, url in hosts.items() if not (w.demo and name.startswith("live"))]
    for name, url in track(wanted, "Hosts"):
        yield from _host(name, url, proxy=w.config.feed_proxy if name in FEEDS else None)
    yield _egress(w)


def _disk(w: Wiring) -> Check:
    free = shutil.disk_usage(w.config.tenants_dir).free
    found = f"{free // 1024**2} MB are free for {w.config.tenants_dir}"
    return Check("disk", free >= LEAST_DISK, found, "" if free >= LEAST_DISK else "Free at least 1 GB there.")


def _modes(w: Wiring) -> Check:
    folder = w.config.tenants_dir
    paths = [folder, *folder.glob("*.db*"), *folder.glob("u_*"), *folder.glob("u_*/*"), *folder.glob("server/*")]
    opened = [path for path in paths if _opened(path)]
    if opened:
        return Check("file modes", False, f"{opened[0]} can be read by others", f"Run: chmod -R go-rwx {folder}")
    return Check("file modes", True, f"{folder} is closed to other users of this machine")


def _opened(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        # Gone since it was listed, as a database's -wal is when its last reader leaves.
        return False
    # A socket's own mode says little: its folder is closed.
    return not stat.S_ISSOCK(mode) and bool(stat.S_IMODE(mode) & 0o077)


def _redis(w: Wiring) -> Iterator[Check]:
    try:
        facts: Mapping[str, Any] = w.redis.info()  # type: ignore[assignment]
    except RedisError:
        yield Check("redis", False, "it does not answer", "Start everything with: flask nof1 up")
        return
    yield Check("redis", True, f"version {facts.get('valkey_version') or facts.get('redis_version')} answers")
    kept = bool(facts.get("aof_enabled"))
    todo = "" if kept else "Turn appendonly on: without it a restart forgets what waits, and everything is asked anew."
    yield Check("redis persistence", kept or None, "append-only" if kept else "not append-only", todo)
    policy = str(facts.get("maxmemory_policy", ""))
    well = policy == "noeviction"
    todo = "" if well else "Set maxmemory-policy to noeviction: jobs must not vanish."
    yield Check("redis eviction", well, policy, todo)


def _processes(w: Wiring) -> Iterator[Check]:
    found = w.health()
    alive = sum(1 for each in found["workers"] if each["alive"])
    silent = [each for each in found["workers"] if not each["alive"]]
    if alive and silent:
        todo = "Its parent starts another one; when that goes on, read the log of: flask nof1 worker"
        yield Check("workers", None, f"{alive} alive, {_since(silent[0])}", todo)
    else:
        told = f"none is alive, {_since(silent[0])}" if silent else f"{alive} alive"
        yield Check("workers", alive > 0, told, "" if alive else "Start one with: flask nof1 worker")
    clock = found["scheduler"]
    ticking = clock is not None and clock["alive"]
    told = "it runs" if ticking else _since(clock) if clock else "none is running"
    yield Check("scheduler", ticking, told, "" if ticking else "Start it with: flask nof1 scheduler")


def _unknown() -> Iterator[Check]:
    # Who is alive is told through Redis only.
    return (Check(each, None, "not known without Redis", "See redis.") for each in ("workers", "scheduler"))


def _since(beat: Mapping[str, Any]) -> str:
    return f"{beat['name']} has been silent since {beat['at']:%H:%M:%S} UTC"


def _host(name: str, url: str, *, proxy: str | None) -> Iterator[Check]:
    exchange = name in ("testnet", "live")
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": proxy, "https": proxy} if proxy else {}
        try:
            began = datetime.now(UTC)
            answer = session.get(f"{url}/fapi/v1/time" if exchange else url, timeout=SECONDS, allow_redirects=False)
            ended = datetime.now(UTC)
        except requests.RequestException as error:
            todo = f"Allow this machine to reach {url}, or set another address."
            yield Check(f"host {name}", False, f"{url} does not answer ({type(error).__name__})", todo)
            return
    yield Check(f"host {name}", True, f"{url} answers")
    if exchange:
        yield from _clock(name, answer, began + (ended - began) / 2)


def _clock(name: str, answer: requests.Response, here: datetime) -> Iterator[Check]:
    try:
        there = datetime.fromtimestamp(answer.json()["serverTime"] / 1000, UTC)
    except (ValueError, KeyError, TypeError):
        todo = "Look at its address: no exchange answers there."
        yield Check(f"clock of {name}", False, "it tells no time", todo)
        return
    off = abs(here - there)
    found = f"this machine's clock is {off // timedelta(milliseconds=1)} ms off"
    todo = "" if off <= LATE else "Set this machine's clock, for example with: timedatectl set-ntp true"
    yield Check(f"clock of {name}", off <= LATE, found, todo)


def _egress(w: Wiring) -> Check:
    if w.config.egress_ip:
        return Check("egress address", True, f"people are told to allow {w.config.egress_ip}")
    todo = "Set NOF1_EGRESS_IP to the address exchanges see, so that people can put it on their keys' lists."
    return Check("egress address", None, "not told", todo)
