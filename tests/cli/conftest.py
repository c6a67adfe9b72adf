"""An installation of a test's own: data folder, Redis, built-in exchange, and a console to type at."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import structlog
from click.testing import CliRunner, Result
from redis import Redis

from nof1web import wiring
from nof1web.cli import nof1
from nof1web.config import ROOT
from nof1web.core.signals import Signal, SignalHealth, SignalPosition
from tests.adapters.redis_server import redis_server
from tests.tools.migrated import new_databases_at_once
from tests.tools.passwords import derive_lightly, light_passwords

ANNA = ("--user", "anna@example.org")
MAIN = (*ANNA, "--credential", "Main")


@dataclass(frozen=True, slots=True)
class Console:
    """Runs `flask nof1 …` in this process."""

    exchange_url: str

    def __call__(self, *args: str, typed: str = "") -> Result:
        return CliRunner().invoke(nof1, args, input=typed)

    def json(self, *args: str, typed: str = "") -> Any:
        """Return the one document of a command that succeeds."""
        result = self(*args, "--json", typed=typed)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def error(self, *args: str, typed: str = "") -> dict[str, Any]:
        """Return the error document of a command that is refused."""
        result = self(*args, "--json", typed=typed)
        assert result.exit_code == 1, result.output
        return json.loads(result.stdout)["error"]

    def key(self) -> tuple[str, str]:
        """Return a key and secret that the built-in exchange has just handed out."""
        answer = requests.post(f"{self.exchange_url}/sim/keys", json={"balance": "1000"}, timeout=10).json()
        return answer["api_key"], answer["api_secret"]

    def add_credential(self, name: str = "Main") -> Any:
        """Add a credential of Anna's with a fresh key."""
        key, secret = self.key()
        options = (*ANNA, "--name", name, "--env", "testnet", "--api-key", key)
        return self.json("credential", "add", *options, "--api-secret-stdin", typed=secret)

    def add_tracker(self, *more: str) -> Any:
        """Let Main follow the agent alpha."""
        return self.json("tracker", "add", *MAIN, "--source", "nof1", "--agent", "alpha", *more)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(*command: str, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run `flask nof1 COMMAND` as a process of its own and end it afterwards."""
    words = (sys.executable, "-m", "flask", "nof1", *command)
    process = subprocess.Popen(words, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_it_answers(url: str) -> None:
    give_up = time.monotonic() + 30
    while True:
        try:
            requests.get(url, timeout=1)
        except requests.RequestException:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="module", autouse=True)
def databases() -> Iterator[None]:
    """No test here is about the migrations of a new database."""
    with new_databases_at_once():
        yield


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def exchange_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    env = {"FLASK_APP": "wsgi.py", "NOF1_MODE": "demo", "NOF1_TENANTS_DIR": str(tmp_path_factory.mktemp("sim"))}
    with running("sim", "--port", str(port), env=env):
        wait_until_it_answers(f"http://127.0.0.1:{port}/fapi/v1/ping")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def quiet() -> Iterator[None]:
    """Give the log back as it was: the command line sends it to a stderr that is gone after the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def environment(tenants_dir: Path, shared_redis: str, exchange_url: str) -> dict[str, str]:
    """The environment of a demo installation without anything in it."""
    with Redis.from_url(shared_redis) as redis:
        redis.flushall()
    return {
        "FLASK_APP": "wsgi.py",
        "NOF1_MODE": "demo",
        "NOF1_TENANTS_DIR": str(tenants_dir),
        "NOF1_WORKERS": "1",
        # Enough that no test waits for the budget of requests to fill up again.
        "NOF1_EGRESS_LIMIT": "100000",
        "REDIS_URL": shared_redis,
        "NOF1_SIM_PORT": exchange_url.rpartition(":")[2],
    }


@pytest.fixture
def fresh(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, quiet: None) -> None:
    """This process under that environment, as if it had just started."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(wiring, "_built", {})
    monkeypatch.setattr(wiring, "Argon2Passwords", light_passwords)
    derive_lightly(monkeypatch)


@pytest.fixture
def console(fresh: None, exchange_url: str) -> Console:
    """An installation with the user Anna, whose source knows the agent alpha, long 1 BTC of 100,000 USD."""
    console = Console(exchange_url)
    console.json("user", "add", "anna@example.org", "--password-stdin", typed="correct horse\n")
    now = wiring.ports().clock()
    seen = now - timedelta(hours=1)
    held = SignalPosition("BTCUSDT", "oid-1", Decimal(1), Decimal(60000), 10, None, None, seen, seen)
    signal = Signal("nof1", "alpha", Decimal(100_000), now, now, SignalHealth.GOOD, (held,))
    wiring.ports().market.put_signals([signal])
    return console
