"""Carries one request to an exchange host, exactly once, and names what became of it."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from nof1web.adapters.binance.wire import Answer, failure, said
from nof1web.errors import N_, ExchangeError, OutcomeUnknown, Transient

Lane = Literal["exit", "protection", "entry", "sync", "read"]
CONNECT_SECONDS = 3
READ_SECONDS = 10
QUIET_SECONDS = {429: 60, 418: 120, 403: 60}
USED_WEIGHT = "X-MBX-USED-WEIGHT-1M"


class Throttle(Protocol):
    """The budget shared by everybody who sends from this address to this host (DESIGN §5)."""

    def take(self, weight: int, lane: Lane) -> None:
        """Spend weight, waiting a little; Transient when there is none in time."""
        ...

    def note(self, used_weight: int) -> None:
        """Tell what the host counted for this minute."""
        ...

    def stop(self, until: datetime) -> None:
        """Keep everybody on this address quiet until then."""
        ...

    def learn(self, limit_per_minute: int) -> None:
        """Tell the host's own limit."""
        ...


class Unmetered:
    """A Throttle that allows everything: for hosts that are asked a few times a day."""

    def take(self, weight: int, lane: Lane) -> None:
        """Allow it."""

    def note(self, used_weight: int) -> None:
        """Forget it."""

    def stop(self, until: datetime) -> None:
        """Forget it."""

    def learn(self, limit_per_minute: int) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: what is asked, what it costs (IP weight) and how urgent it is."""

    method: str
    path: str
    weight: int
    lane: Lane

    @property
    def mutating(self) -> bool:
        """Whether it may change anything at the exchange."""
        return self.method != "GET"


class Transport:
    """A host over a pooled connection: no environment proxies, no redirects, no cookies, never a second attempt."""

    def __init__(self, base_url: str, *, throttle: Throttle, proxy: str | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self.host = urlsplit(base_url).netloc
        self.throttle = throttle
        self._proxy = proxy

    def send(self, call: Call, query: str = "", headers: Mapping[str, str] | None = None) -> Any:
        """Send once and return the answer's JSON (fractions Decimal).

        Raises Transient when it certainly was not executed or was a read, OutcomeUnknown when it may have been,
        and otherwise the class of the exchange's code (binance.md §6).
        """
        self.throttle.take(call.weight, call.lane)
        try:
            response = session_of(self.base_url, self._proxy).request(
                call.method,
                f"{self.base_url}{call.path}" + (f"?{query}" if query else ""),
                headers=dict(headers or {}),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # the library's message holds the signed address, so it must not travel on as the cause
            raise unanswered(error, self.host, mutating=call.mutating) from None
        return self._read(call, response)

    def _read(self, call: Call, response: requests.Response) -> Any:
        used = response.headers.get(USED_WEIGHT, "")
        if used.isdecimal():
            self.throttle.note(int(used))
        answer = Answer(response.status_code, response.content, call.mutating, _seconds(response))
        document = answer.document
        code, _ = said(document)
        if 200 <= answer.status < 300 and document is not None and (code is None or code >= 0):
            return document
        if answer.limits:
            self.throttle.stop(_quiet_until(answer))
        raise failure(answer)


def unanswered(error: Exception, host: str, *, mutating: bool) -> ExchangeError:
    """Return what a request without an answer means: only a connection never made is certain."""
    if never_connected(error):
        return Transient(
            N_("%(host)s cannot be reached (%(cause)s). Check this server's connection, its proxy and the address."),
            host=host,
            cause=type(error).__name__,
        )
    if mutating:
        return OutcomeUnknown(
            N_("The answer of %(host)s was lost (%(cause)s). Whether it happened is being looked up."),
            host=host,
            cause=type(error).__name__,
        )
    return Transient(
        N_("%(host)s did not answer in time or broke off (%(cause)s). It will be tried again."),
        host=host,
        cause=type(error).__name__,
    )


def never_connected(error: BaseException) -> bool:
    """Whether nothing of the request can have left this machine."""
    return any(
        isinstance(cause, (ConnectTimeoutError, NewConnectionError, ssl.SSLCertVerificationError))
        for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it wraps, which requests and urllib3 keep in `args`, `reason` or `original_error`."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        found = waiting.pop()
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting += [*found.args, getattr(found, "reason", None), getattr(found, "original_error", None)]


_sessions: dict[tuple[int, str, str | None], requests.Session] = {}


def session_of(base_url: str, proxy: str | None) -> requests.Session:
    """Return this process's pooled session for a host; a forked child gets its own."""
    key = (os.getpid(), base_url, proxy)
    if key not in _sessions:
        session = requests.Session()
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.proxies = {"http": proxy, "https": proxy} if proxy else {}
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=8, max_retries=0)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        _sessions[key] = session
    return _sessions[key]


def _seconds(response: requests.Response) -> int | None:
    value = response.headers.get("Retry-After", "")
    return int(value) if value.isdecimal() else None


def _quiet_until(answer: Answer) -> datetime:
    now = datetime.now(UTC)
    asked = now + timedelta(seconds=answer.retry_after or QUIET_SECONDS[answer.status])
    if answer.banned_until_ms is None:
        return asked
    return max(asked, datetime.fromtimestamp(answer.banned_until_ms // 1000, UTC))
