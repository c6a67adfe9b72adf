"""Fetches a source's JSON document over a pooled connection: bounded in size and time, never redirected."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from queue import Empty, Queue
from threading import BoundedSemaphore, Thread
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import DecodeError, HTTPError

from nof1web.adapters.feeds.decode import decoded
from nof1web.errors import N_, FeedError, Nof1Error, Transient

CONNECT_SECONDS = 3
LARGEST_BODY = 24 * 2**20
"""bytes once unpacked: three times a season's full history (nof1.md §1)"""
MOST_AT_ONCE = 32
"""questions without an answer, those included that nobody waits for any more"""
LONGEST_WAIT = 3600
"""s; a source that asks for a longer pause is asked again all the same"""
_PIECE = 2**16
_GRACE = 0.5
"""s; a body that drips is given up by whoever reads it, who can close it"""
_MORE = N_("%(host)s sends more than %(size)s MB. Its signals are not used.")
_SLOW = N_("%(host)s has not sent its whole answer within %(seconds)s s. It will be read again.")
_UNPACKABLE = N_("%(host)s sent an unreadable answer. Its signals are not used.")


@dataclass(frozen=True, slots=True)
class Document:
    """A source's answer: as it came, its JSON with every fraction a Decimal (perhaps NaN), its ETag ("": none)."""

    raw: bytes
    content: Any
    etag: str


class Fetcher:
    """Asks one source, from several threads if need be: no environment proxies, no redirects.

    `timeout` in seconds bounds the whole answer, `largest` its unpacked bytes.
    """

    def __init__(
        self,
        *,
        timeout: int,
        proxy: str | None = None,
        largest: int = LARGEST_BODY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._largest, self._clock = timeout, largest, clock
        self._room = BoundedSemaphore(MOST_AT_ONCE)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.proxies = {"http": proxy, "https": proxy} if proxy else {}
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=16))

    def get(self, url: str, *, params: Mapping[str, str], etag: str) -> Document | None:
        """Return the document, None for 304. Transient without an answer or at 429 and 5xx, else FeedError."""
        headers = {"If-None-Match": etag} if etag else {}
        return self._ask(requests.Request("GET", url, params=dict(params), headers=headers))

    def post(self, url: str, question: Mapping[str, object]) -> Document:
        """Return the answer to a question in JSON; raises as `get` does."""
        body = json.dumps(question).encode()
        document = self._ask(requests.Request("POST", url, data=body, headers={"Content-Type": "application/json"}))
        if document is None:
            raise FeedError(_UNPACKABLE, host=urlsplit(url).netloc)
        return document

    def _ask(self, request: requests.Request) -> Document | None:
        """Ask in a thread of its own: a socket's timeout begins anew with each byte, a name's look-up has none."""
        host, found = urlsplit(request.url).netloc, Queue[Document | Nof1Error | None](maxsize=1)
        request.headers = {"Accept": "application/json", **request.headers}
        until = self._clock() + self._seconds
        if not self._room.acquire(blocking=False):
            raise Transient(_SLOW, host=host, seconds=self._seconds)
        Thread(target=self._answer, args=(request, host, until, found), daemon=True).start()
        try:
            answer = found.get(timeout=self._seconds + _GRACE)
        except Empty as error:
            raise Transient(_SLOW, host=host, seconds=self._seconds) from error
        if isinstance(answer, Nof1Error):
            raise answer
        return answer

    def _answer(
        self, request: requests.Request, host: str, until: float, found: Queue[Document | Nof1Error | None]
    ) -> None:
        try:
            found.put(self._asked(request, host, until))
        except Nof1Error as error:
            found.put(error)
        finally:
            self._room.release()

    def _asked(self, request: requests.Request, host: str, until: float) -> Document | None:
        try:
            with self._session.send(
                self._session.prepare_request(request),
                timeout=(CONNECT_SECONDS, self._seconds),
                allow_redirects=False,
                stream=True,
                proxies=self._session.proxies,
            ) as response:
                if response.status_code == requests.codes.not_modified and "If-None-Match" in request.headers:
                    return None
                _require_json(response, host)
                raw = self._body(response, host, until)
            return Document(raw, decoded(raw, host), response.headers.get("ETag", ""))
        except DecodeError as error:
            raise FeedError(_UNPACKABLE, host=host) from error
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Transient(
                N_("%(host)s does not answer (%(cause)s). Check this server's connection and NOF1_FEED_PROXY."),
                host=host,
                cause=type(error).__name__,
            ) from error
        except (ValueError, LookupError, ArithmeticError, AttributeError, TypeError) as error:
            # A head that the HTTP library stumbles over: whoever waits must hear of it.
            raise FeedError(_UNPACKABLE, host=host) from error

    def _body(self, response: requests.Response, host: str, until: float) -> bytes:
        # Piece by piece as it arrives: a body that drips or swells is given up in time, whatever its headers promise.
        pieces, size = [], 0
        while piece := response.raw.read1(_PIECE, decode_content=True):
            size += len(piece)
            if size > self._largest:
                raise FeedError(_MORE, host=host, size=self._largest // 2**20)
            if self._clock() > until:
                raise Transient(_SLOW, host=host, seconds=self._seconds)
            pieces.append(piece)
        return b"".join(pieces)


def _require_json(response: requests.Response, host: str) -> None:
    status, kind = response.status_code, response.headers.get("Content-Type", "")
    if status == requests.codes.too_many_requests or status >= requests.codes.server_error:
        raise Transient(
            N_("%(host)s is busy or down (HTTP %(status)s). It will be read again."),
            http_status=status,
            retry_after=_wait(response.headers.get("Retry-After", "")),
            host=host,
            status=status,
        )
    if status != requests.codes.ok or not kind.lower().startswith("application/json"):
        raise FeedError(
            N_("%(host)s has no signals at this address (HTTP %(status)s, %(kind)s). Check the source's address."),
            host=host,
            status=status,
            kind=kind[:60] or "-",
        )


def _wait(text: str) -> int | None:
    """The seconds a Retry-After asks for, in either of its forms, at most LONGEST_WAIT."""
    if text.isascii() and text.isdecimal():
        return min(int(text[:9]), LONGEST_WAIT)
    try:
        left = parsedate_to_datetime(text) - datetime.now(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(0, int(left.total_seconds()) + 1), LONGEST_WAIT)
