"""The exchange without a socket: the real client's requests go straight to its app, over a wire that can fail."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import ConnectTimeoutError

from nof1web.adapters.binance import connection
from nof1web.adapters.binance.clock import HostClock, _clocks
from nof1web.sim.disturbing import AnswerLost
from nof1web.sim.http import ExchangeApp

URL = "http://exchange"
Watcher = Callable[[str, str, dict[str, str]], None]


class Time:
    """The one time (ms) of a run; it moves when somebody waits for something."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.now_ms += int(seconds * 1000)


class Wire(BaseAdapter):
    """Carries each request to the app and back within 10 to 80 ms; tells `sent` and `answered` of what mutates."""

    def __init__(self, app: ExchangeApp, time: Time, seed: int) -> None:
        super().__init__()
        self.app, self.time, self.chance = app, time, Random(f"wire:{seed}")
        self.unreachable_until = 0
        self.count = 0
        self.unreached = 0
        self.sent: Watcher | None = None
        self.answered: Watcher | None = None

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        """Answer as a server would, or fail as a connection does."""
        parts, method = urlsplit(str(request.url)), str(request.method)
        self.count += 1
        if self.time.now_ms < self.unreachable_until:
            self.unreached += 1
            self.time.sleep(0.5)
            raise requests.ConnectTimeout(ConnectTimeoutError("no route"), request=request)
        mutating = method != "GET"
        params = dict(parse_qsl(parts.query)) if mutating else {}
        if mutating and self.sent is not None:
            self.sent(method, parts.path, params)
        begun_ms = self.time.now_ms
        self.time.sleep(self.chance.randint(5, 40) / 1000)
        response = self._carried(request, parts.path, parts.query)
        self.time.sleep(self.chance.randint(5, 40) / 1000)
        if self.time.now_ms - begun_ms > 1000 * more["timeout"][1]:
            raise requests.ReadTimeout("no answer in time", request=request)
        if mutating and self.answered is not None:
            self.answered(method, parts.path, params)
        if response is None:
            raise requests.ConnectionError("the answer was lost", request=request)
        return response

    def close(self) -> None:
        """There is nothing to close."""

    def _carried(self, request: requests.PreparedRequest, path: str, query: str) -> requests.Response | None:
        environ = {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_X_MBX_APIKEY": request.headers.get("X-MBX-APIKEY", ""),
        }
        made = requests.Response()

        def start(status: str, headers: list[tuple[str, str]]) -> None:
            made.status_code = int(status[:3])
            made.headers = CaseInsensitiveDict(headers)

        try:
            body = b"".join(self.app(environ, start))  # type: ignore[arg-type]
        except AnswerLost:
            return None
        made.raw, made.url, made.request = BytesIO(body), str(request.url), request
        return made


def plugged(wire: Wire) -> None:
    """Let every client of this process speak to the run's exchange, by the run's time."""
    connection.session_of(URL, None).mount(URL, wire)
    _clocks[URL] = HostClock(steady=wire.time)
