"""Fetches a source's JSON document over a pooled connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import requests

from nof1web.errors import N_, FeedError, Transient

CONNECT_SECONDS = 3
_LONGEST_INTEGER = 40


@dataclass(frozen=True, slots=True)
class Document:
    """A source's answer: its JSON with every fraction a Decimal (perhaps NaN), and its ETag ("" when it has none)."""

    content: Any
    etag: str


class Fetcher:
    """GETs from one source: no environment proxies, no redirects; `timeout` in seconds for the answer."""

    def __init__(self, *, timeout: int, proxy: str | None = None) -> None:
        self._timeout = (CONNECT_SECONDS, timeout)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.proxies = {"http": proxy, "https": proxy} if proxy else {}

    def get(self, url: str, *, params: Mapping[str, str], etag: str) -> Document | None:
        """Return the document, None for 304. Transient without an answer or at 429 and 5xx, else FeedError."""
        host = urlsplit(url).netloc
        headers = {"Accept": "application/json"} | ({"If-None-Match": etag} if etag else {})
        try:
            response = self._session.get(
                url, params=dict(params), headers=headers, timeout=self._timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            raise Transient(
                N_("%(host)s does not answer (%(cause)s). Check this server's connection and NOF1_FEED_PROXY."),
                host=host,
                cause=type(error).__name__,
            ) from error
        if response.status_code == requests.codes.not_modified:
            return None
        _require_json(response, host)
        return Document(_decoded(response.content, host), response.headers.get("ETag", ""))


def _require_json(response: requests.Response, host: str) -> None:
    status, kind = response.status_code, response.headers.get("Content-Type", "")
    if status == requests.codes.too_many_requests or status >= requests.codes.server_error:
        wait = response.headers.get("Retry-After", "")
        raise Transient(
            N_("%(host)s is busy or down (HTTP %(status)s). It will be read again."),
            http_status=status,
            retry_after=int(wait) if wait.isdecimal() else None,
            host=host,
            status=status,
        )
    if status != requests.codes.ok or not kind.lower().startswith("application/json"):
        raise FeedError(
            N_("%(host)s has no signals at this address (HTTP %(status)s, %(kind)s). Check NOF1_FEED_URL."),
            host=host,
            status=status,
            kind=kind or "-",
        )


def _decoded(body: bytes, host: str) -> Any:
    try:
        return json.loads(body, parse_float=_number, parse_int=_integer, parse_constant=Decimal)
    except (ValueError, RecursionError) as error:
        raise FeedError(N_("%(host)s sent an unreadable answer. Its signals are not used."), host=host) from error


def _number(text: str) -> Decimal:
    # One absurd number must not make the whole document unreadable: as NaN it is refused where it is read.
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("NaN")


def _integer(text: str) -> int | Decimal:
    # Python refuses integers of thousands of digits, and so the document they stand in.
    return int(text) if len(text) <= _LONGEST_INTEGER else _number(text)
