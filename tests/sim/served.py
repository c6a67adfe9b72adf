"""A served exchange with one account, and what its websocket clients do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from websocket import ABNF, WebSocket, create_connection

from nof1web.sim.signing import sign

ROOT = Path(__file__).resolve().parents[2]


class Exchange:
    """A served exchange with one account."""

    def __init__(self, state_dir: Path, prepare: str = ""):
        served = f"serve(host='127.0.0.1', port=0, state_dir={str(state_dir)!r})"
        code = f"{prepare}\nfrom nof1web.sim.server import serve; {served}"
        self.process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.control("market", {"frozen": True})
        self.control("prices", {"BTCUSDT": "60000"})
        self.key = self.control("keys", {"balance": "1000"})

    def control(self, path: str, wish: dict[str, Any]) -> Any:
        """A control call's JSON."""
        return requests.post(f"{self.url}/sim/{path}", json=wish, timeout=10).json()

    def listen_key(self, method: str = "POST") -> Any:
        """The account's listen key, or a refusal."""
        headers = {"X-MBX-APIKEY": self.key["api_key"]}
        answer = requests.request(method, f"{self.url}/fapi/v1/listenKey", headers=headers, timeout=10).json()
        return answer.get("listenKey", answer)

    def order(self, side: str = "BUY", quantity: str = "0.01") -> Any:
        """A BTC market order's answer."""
        wish = {"symbol": "BTCUSDT", "side": side, "type": "MARKET", "quantity": quantity}
        query = urlencode({**wish, "timestamp": time.time_ns() // 1_000_000})
        query += "&signature=" + sign(self.key["api_secret"], query)
        headers = {"X-MBX-APIKEY": self.key["api_key"]}
        return requests.post(f"{self.url}/fapi/v1/order?{query}", headers=headers, timeout=10).json()

    def stream(self, path: str, **options: Any) -> WebSocket:
        """An open stream."""
        return create_connection(self.url.replace("http", "ws") + path, timeout=10, **options)

    def end(self) -> int:
        """Its exit code."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGTERM)
            self.process.communicate(timeout=10)
        return self.process.returncode


def heard(stream: WebSocket, count: int) -> list[Any]:
    """The next events."""
    return [json.loads(stream.recv()) for _ in range(count)]


def ask(stream: WebSocket, method: str, *params: Any) -> Any:
    """The answer to a JSON request."""
    stream.send(json.dumps({"method": method, "params": list(params), "id": 7}))
    return json.loads(stream.recv())


def is_silent(stream: WebSocket) -> bool:
    """Whether nothing comes before the answer to a question."""
    return "result" in ask(stream, "LIST_SUBSCRIPTIONS")


def closing(stream: WebSocket) -> int:
    """The code the server closes with."""
    while True:
        frame = stream.recv_frame()
        if frame.opcode == ABNF.OPCODE_CLOSE:
            return int.from_bytes(frame.data[:2], "big")
