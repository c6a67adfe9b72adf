"""What may be asked of a source is one budget for all processes, against a real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from nof1web import config
from nof1web.adapters.budget import SharedBucket
from nof1web.adapters.feeds.hyperliquid_look import Looks
from nof1web.adapters.feeds.weights import Bucket
from nof1web.errors import Nof1Error, Transient
from nof1web.wiring import sources
from tests.adapters.binance.host import running_host
from tests.adapters.feeds.wallets import Wallets, address
from tests.adapters.redis_server import redis_server


class Minute:
    """A clock of a test's own."""

    def __init__(self) -> None:
        self.ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url, Redis.from_url(url) as redis:
        yield redis


@pytest.fixture
def clock() -> Minute:
    return Minute()


def a_bucket(server: Redis, clock: Minute, name: str = "here") -> SharedBucket:
    return SharedBucket(server, name, 1200, debt=100, ticks=clock)


def test_what_one_process_spends_another_has_no_more(server: Redis, clock: Minute) -> None:
    server.flushall()
    reader, looker = a_bucket(server, clock), a_bucket(server, clock)
    assert reader.left == 120 and looker.take(60) and reader.left == 60
    assert not reader.take(61) and not reader.take(41, keep=20) and reader.take(60)
    assert looker.left == 0 and a_bucket(server, clock, "elsewhere").left == 120


def test_it_grants_what_the_bucket_of_one_process_grants(server: Redis, clock: Minute) -> None:
    server.flushall()
    shared, own = a_bucket(server, clock), Bucket(1200, debt=100, clock=lambda: clock.ms / 1000)
    granted = []
    for second in range(120):
        granted.append(sum(shared.take(7) for _ in range(9)))
        assert granted[-1] == pytest.approx(sum(own.take(7) for _ in range(9)), abs=1)
        if second == 30:
            shared.owe(100)
            own.owe(100)
        clock.ms += 1000
    assert 7 * max(sum(granted[begin : begin + 60]) for begin in range(60)) + 100 <= 1200


@pytest.fixture
def away(tmp_path: Path) -> Iterator[SharedBucket]:
    with Redis.from_url(f"unix://{tmp_path}/none.sock", retry=Retry(NoBackoff(), 0)) as gone:
        yield SharedBucket(gone, "here", 1200, debt=100)


def test_without_redis_nothing_is_granted_but_an_answer_is_not_lost(away: SharedBucket) -> None:
    away.owe(20)
    with pytest.raises(Transient, match="budget in Redis"):
        away.take(1)
    with pytest.raises(Transient, match="budget in Redis"):
        assert away.left


def test_without_redis_a_look_up_says_so_at_once_and_blames_nobody_else(away: SharedBucket) -> None:
    wallets, waited = Wallets(), list[float]()
    with pytest.raises(Transient, match="budget in Redis"):
        Looks(wallets.ask, away, waited.append).account(address(1))
    assert not waited and not wallets.asked


def test_looking_an_address_up_takes_from_what_the_reader_has(server: Redis, clock: Minute) -> None:
    server.flushall()
    wallets, shared = Wallets(), a_bucket(server, clock)
    wallets.hold(address(1), BTC="0.5@100")
    assert Looks(wallets.ask, shared).account(address(1)).positions == 1
    assert a_bucket(server, clock).left == 118


def test_a_look_up_and_the_reader_of_one_installation_share_their_weight(server: Redis, tmp_path: Path) -> None:
    server.flushall()
    market: Any = SimpleNamespace(leaders=None)
    with running_host() as host:
        env = {"NOF1_MODE": "demo", "NOF1_TENANTS_DIR": str(tmp_path), "HYPERLIQUID_URL": host.url}
        made = config.load(env)
        reader = SharedBucket(server, f"{host.url.removeprefix('http://')}:{made.egress}", 1200, debt=100)
        with suppress(Nof1Error):
            sources.hyperliquid(made, market, server).account(address(1))
        assert len(host.asked) == 1 and reader.left == 118
        reader.owe(10_000)
        assert sources.feed("hyperliquid", made, market, server)._weights.left < 0  # type: ignore[attr-defined]


def test_a_look_waits_for_weight_and_says_so_when_there_is_none(server: Redis, clock: Minute) -> None:
    server.flushall()
    wallets, shared, waited = Wallets(), a_bucket(server, clock), list[float]()
    wallets.hold(address(1), BTC="0.5@100")
    shared.owe(125)

    def later(seconds: float) -> None:
        waited.append(seconds)
        clock.ms += int(seconds * 1000)

    assert Looks(wallets.ask, shared, later).account(address(1)).positions == 1 and waited
    shared.owe(500)
    with pytest.raises(Transient):
        Looks(wallets.ask, shared, later).account(address(1))
