"""The real server, as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

START_MS = 1_795_373_087_000
ROOT = Path(__file__).resolve().parents[2]


class Running:
    """A served exchange; stop it with `end`."""

    def __init__(self, state_dir: Path, port: int = 0, more: str = ""):
        arguments = f"host='127.0.0.1', port={port}, state_dir={str(state_dir)!r}, {more}"
        code = f"from nof1web.sim.server import serve; serve({arguments})"
        self.process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]

    def post(self, path: str, wish: dict[str, Any]) -> Any:
        return requests.post(self.url + path, json=wish, timeout=10).json()

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code and everything it printed."""
        os.kill(self.process.pid, number)
        printed, _ = self.process.communicate(timeout=10)
        return self.process.returncode, printed


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A served exchange with its state in the test's folder."""
    server = Running(tmp_path)
    yield server
    if server.process.poll() is None:
        server.end()


def test_what_was_acknowledged_survives_a_kill(running: Running, tmp_path: Path):
    made = running.post("/sim/keys", {"balance": "123"})
    assert running.end(signal.SIGKILL)[0] == -signal.SIGKILL
    again = Running(tmp_path)
    raw = requests.get(f"{again.url}/sim/accounts/{made['account_id']}", timeout=10).json()
    assert raw["wallet"] == "123"
    assert again.end()[0] == 0


def test_the_log_is_json_lines_without_secrets_and_term_ends_cleanly(running: Running, tmp_path: Path):
    key = running.post("/sim/keys", {})
    headers = {"X-MBX-APIKEY": key["api_key"]}
    requests.get(f"{running.url}/fapi/v3/account?timestamp=1&signature=x", headers=headers, timeout=10)
    code, _printed = running.end()
    printed = (tmp_path / "requests.log").read_text()
    entries = [json.loads(line) for line in printed.splitlines()]
    assert (code, entries[0]["path"], entries[0]["signed"], entries[0]["code"]) == (0, "/fapi/v3/account", True, -1021)
    assert key["api_secret"] not in printed and key["api_key"] not in printed


def test_a_lost_answer_is_a_broken_connection(running: Running):
    running.post("/sim/faults", {"path": "/fapi/v1/ping", "kind": "lose_answer"})
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{running.url}/fapi/v1/ping", timeout=10)
    assert requests.get(f"{running.url}/fapi/v1/ping", timeout=10).json() == {}


def test_whoever_announces_it_gets_nothing_on_stdout(tmp_path: Path):
    code = (
        "import os, signal; from nof1web.sim.server import serve; "
        f"serve(host='127.0.0.1', port=0, state_dir={str(tmp_path)!r}, announce=lambda url: os.kill(os.getpid(), 15))"
    )
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, timeout=30)
    assert printed == b""


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Running]:
    """A served exchange whose clock is virtual."""
    server = Running(tmp_path, more=f"virtual=True, start_ms={START_MS}")
    yield server
    if server.process.poll() is None:
        server.end()


def test_a_virtual_hour_is_one_call_and_survives_a_kill(standing: Running, tmp_path: Path):
    assert standing.post("/sim/clock", {"advance_seconds": 3600})["now_ms"] == START_MS + 3_600_000
    told = requests.get(f"{standing.url}/fapi/v1/premiumIndex", timeout=10).json()
    standing.end(signal.SIGKILL)
    again = Running(tmp_path, more="virtual=True")
    assert requests.get(f"{again.url}/fapi/v1/premiumIndex", timeout=10).json() == told
    assert told[0]["time"] == START_MS + 3_600_000
    assert again.end()[0] == 0


def test_a_virtual_clock_runs_while_it_has_a_speed(standing: Running, tmp_path: Path):
    standing.post("/sim/clock", {"speed": "600"})
    while requests.get(f"{standing.url}/fapi/v1/time", timeout=10).json()["serverTime"] < START_MS + 60_000:
        pass
    stopped = standing.post("/sim/clock", {"speed": 0})["now_ms"]
    assert requests.get(f"{standing.url}/sim/clock", timeout=10).json()["now_ms"] == stopped
    assert standing.end()[0] == 0
    again = Running(tmp_path, more="virtual=True")
    assert requests.get(f"{again.url}/sim/clock", timeout=10).json()["now_ms"] == stopped
    again.end()


def test_a_taken_port_is_said_plainly(tmp_path: Path):
    from nof1web.sim.server import serve

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve(host="127.0.0.1", port=taken.getsockname()[1], state_dir=tmp_path)
