"""Connections to exchange hosts: pooled per thread, host and proxy, and what a failure of one proves."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import ConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationValueError

UNSENT = "nothing of the request was sent"


class _TlsConnection(HTTPSConnection):
    """Marks what fails before a request could leave: the proxy's tunnel and the handshake are part of connecting."""

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, HTTPException, HTTPError) as error:
            error.add_note(UNSENT)
            raise


class _Adapter(HTTPAdapter):
    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> ConnectionPool:
        pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        if isinstance(pool, HTTPSConnectionPool):
            pool.ConnectionCls = _TlsConnection
        return pool


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """A redirect is an answer like any other: it is not even looked at where it leads."""


def never_connected(error: BaseException) -> bool:
    """Whether nothing of the request can have left this machine."""
    return any(
        isinstance(cause, (ConnectTimeoutError, LocationValueError)) or UNSENT in getattr(cause, "__notes__", ())
        for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it wraps, which requests and urllib3 keep in `args`, `reason` or the stated cause.

    What was being dealt with when it was raised (`__context__`) may be another request's and proves nothing.
    """
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        found = waiting.pop()
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting += [*found.args, getattr(found, "reason", None), found.__cause__]


class _Sessions(threading.local):
    def __init__(self) -> None:
        self.kept: dict[tuple[int, str, str | None], requests.Session] = {}


_sessions = _Sessions()


def session_of(base_url: str, proxy: str | None) -> requests.Session:
    """Return this thread's pooled session for a host; a forked child gets its own."""
    key, kept = (os.getpid(), base_url, proxy), _sessions.kept
    if key not in kept:
        session = _Session()
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.proxies = {"http": proxy, "https": proxy} if proxy else {}
        adapter = _Adapter(pool_connections=1, pool_maxsize=8, max_retries=0)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        kept[key] = session
    return kept[key]
