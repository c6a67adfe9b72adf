"""The built-in exchange as a process of its own, reached by URL, for tests that need the real wire."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

_SERVE = (
    "import sys; from pathlib import Path; from nof1web.sim.server import serve; "
    "port, folder, start_ms = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) or None; "
    "serve(host='127.0.0.1', port=port, state_dir=folder, virtual=bool(start_ms), start_ms=start_ms)"
)


def free_port() -> int:
    """Return a port nobody listens on at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ExchangeProcess:
    """The control side of a running built-in exchange."""

    def __init__(self, url: str) -> None:
        self.url = url

    def post(self, address: str, **body: Any) -> Any:
        """Call a control endpoint."""
        answer = requests.post(f"{self.url}{address}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def prices(self, **prices: str) -> None:
        """Set marks at once."""
        self.post("/sim/prices", **prices)

    def account(self, account_id: str) -> Any:
        """Return the raw truth of an account."""
        return requests.get(f"{self.url}/sim/accounts/{account_id}", timeout=10).json()

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the requests so far, or those after the one whose `n` is this."""
        entries: list[dict[str, Any]] = requests.get(f"{self.url}/sim/log?after={after}", timeout=10).json()
        return entries


@contextmanager
def running_exchange(folder: Path, *, start_ms: int = 0) -> Iterator[ExchangeProcess]:
    """Start the exchange with a frozen market in `folder`; stop it at the end.

    With `start_ms` its clock is a virtual one, which stands there until it is moved.
    """
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    log = (folder / "exchange.log").open("ab")
    command = [sys.executable, "-c", _SERVE, str(port), str(folder), str(start_ms)]
    process = subprocess.Popen(command, stdout=log, stderr=log, cwd=Path(__file__).parents[1])
    exchange = ExchangeProcess(f"http://127.0.0.1:{port}")
    try:
        _wait(exchange, process)
        exchange.post("/sim/market", frozen=True)
        yield exchange
    finally:
        process.terminate()
        process.wait(timeout=10)
        log.close()


def _wait(exchange: ExchangeProcess, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError(f"the exchange ended with {process.returncode}")
        try:
            requests.get(f"{exchange.url}/fapi/v1/ping", timeout=1)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the exchange does not answer")
