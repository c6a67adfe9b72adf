"""Carries one request to an exchange host, exactly once, and names what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from nof1web.adapters.binance.connection import never_connected, session_of
from nof1web.adapters.binance.wire import TOO_MANY_ORDERS, Answer, failure, said
from nof1web.errors import N_, ExchangeError, OutcomeUnknown, Transient

Lane = Literal["exit", "protection", "entry", "sync", "read"]
CONNECT_SECONDS = 3
READ_SECONDS = 10
QUIET_SECONDS = 60
BAN_SECONDS = 120
LONGEST_BAN = timedelta(days=3)
USED_WEIGHT = ("X-MBX-USED-WEIGHT-1M", "X-SAPI-USED-IP-WEIGHT-1M")
ORDERS_SENT = ("X-MBX-ORDER-COUNT-10S", "X-MBX-ORDER-COUNT-1M")
HOLD_SECONDS = 10
LARGEST_BODY = 32_000_000
PIECE = 65_536


class Throttle(Protocol):
    """The budget shared by everybody who sends from this address to this host (DESIGN §5)."""

    def take(self, weight: int, lane: Lane, *, wait_ms: int | None = None) -> None:
        """Spend weight, waiting `wait_ms`, else a little; Transient when there is none in time."""
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

    def order(self, account: str, lane: Lane) -> None:
        """Count an order of an account; Transient when it, or anybody on this address, may send none now."""
        ...

    def note_orders(self, account: str, in_10s: int, in_1m: int) -> None:
        """Tell how many orders of an account the host counted in its 10 s and its minute."""
        ...

    def hold_orders(self, account: str, until: datetime) -> None:
        """Have an account send no order until then."""
        ...

    def learn_orders(self, limit_10s: int, limit_1m: int) -> None:
        """Tell how many orders the host lets an account send."""
        ...


class Unmetered:
    """A Throttle that allows everything: where nobody shares a budget."""

    def take(self, weight: int, lane: Lane, *, wait_ms: int | None = None) -> None:
        """Allow it."""

    def note(self, used_weight: int) -> None:
        """Forget it."""

    def stop(self, until: datetime) -> None:
        """Forget it."""

    def learn(self, limit_per_minute: int) -> None:
        """Forget it."""

    def order(self, account: str, lane: Lane) -> None:
        """Allow it."""

    def note_orders(self, account: str, in_10s: int, in_1m: int) -> None:
        """Forget it."""

    def hold_orders(self, account: str, until: datetime) -> None:
        """Forget it."""

    def learn_orders(self, limit_10s: int, limit_1m: int) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: what is asked, what it costs (IP weight, and whether it is an order) and how urgent it is.

    `wait_ms` is how long it may wait for its weight, None: as long as its lane does.
    """

    method: str
    path: str
    weight: int
    lane: Lane
    order: bool = False
    wait_ms: int | None = None

    @property
    def mutating(self) -> bool:
        """Whether it may change anything at the exchange."""
        return self.method != "GET"


class Transport:
    """A host over a pooled connection: no environment proxies, no redirects, no cookies, never a second attempt.

    `account` names whose orders are counted.
    """

    def __init__(self, base_url: str, *, throttle: Throttle, proxy: str | None = None, account: str = "-") -> None:
        self.base_url = base_url.rstrip("/")
        self.host = urlsplit(base_url).netloc
        self.throttle = throttle
        self._proxy, self._account = proxy, account

    def send(self, call: Call, query: str = "", headers: Mapping[str, str] | None = None) -> Any:
        """Send once and return the answer's JSON (fractions Decimal).

        Raises Transient when it certainly was not executed or was a read, OutcomeUnknown when it may have been,
        and otherwise the class of the exchange's code (binance.md §6).
        """
        if call.weight or not call.order:
            self.throttle.take(call.weight, call.lane, wait_ms=call.wait_ms)
        if call.order:
            self.throttle.order(self._account, call.lane)
        try:
            with self._sent(call, query, headers or {}) as response:
                body = _body(response)
        except (requests.RequestException, HTTPError) as error:
            # the library's message holds the signed address, so it must not travel on as the cause
            raise unanswered(error, self.host, mutating=call.mutating) from None
        return self._read(call, response, body)

    def _sent(self, call: Call, query: str, headers: Mapping[str, str]) -> requests.Response:
        # Past the session, which would merge in cookies, authentication and an environment that are never there.
        session, request = session_of(self.base_url, self._proxy), requests.PreparedRequest()
        request.prepare_method(call.method)
        request.prepare_url(f"{self.base_url}{call.path}" + (f"?{query}" if query else ""), None)
        request.prepare_headers({**session.headers, **headers})
        request.prepare_body(None, None)
        return session.get_adapter(self.base_url).send(
            request,
            stream=True,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            verify=True if session.verify is None else session.verify,
            proxies=session.proxies,
        )

    def _read(self, call: Call, response: requests.Response, body: bytes) -> Any:
        self._note_counts(call, response.headers)
        answered_at = _moment(response.headers.get("Date", ""))
        retry_after = _seconds(response.headers.get("Retry-After", ""), answered_at)
        answer = Answer(response.status_code, body, call.mutating, retry_after, answered_at)
        document = answer.document
        code, _ = said(document)
        if 200 <= answer.status < 300 and document is not None and code is None:
            return document
        if answer.limits:
            self.throttle.stop(_quiet_until(answer))
        elif code == TOO_MANY_ORDERS:
            pause = timedelta(seconds=min(retry_after or HOLD_SECONDS, QUIET_SECONDS))
            self.throttle.hold_orders(self._account, datetime.now(UTC) + pause)
        raise failure(answer)

    def _note_counts(self, call: Call, headers: Mapping[str, str]) -> None:
        """Hand on what the host counted: the address's weight where it was spent, the account's orders."""
        used = next((found for name in USED_WEIGHT if (found := _whole(headers.get(name, ""))) is not None), None)
        if used is not None and call.weight:
            self.throttle.note(used)
        short, long = (_whole(headers.get(name, "")) for name in ORDERS_SENT)
        if short is not None and long is not None:
            self.throttle.note_orders(self._account, short, long)


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


class Oversized(requests.RequestException):
    """More was sent than any answer of an exchange is long."""


def _body(response: requests.Response) -> bytes:
    found = bytearray()
    for piece in response.iter_content(PIECE):
        found += piece
        if len(found) > LARGEST_BODY:
            raise Oversized
    return bytes(found)


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 9 else None


def _moment(text: str) -> datetime | None:
    """An HTTP date as aware UTC, None when it is none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, ArithmeticError):
        return None


def _seconds(retry_after: str, answered_at: datetime | None) -> int | None:
    """Retry-After in seconds, whether told as a number or as a date."""
    until = _moment(retry_after)
    if until is not None:
        return max(0, -(-(until - (answered_at or datetime.now(UTC))) // timedelta(seconds=1)))
    return _whole(retry_after)


def _quiet_until(answer: Answer) -> datetime:
    """When the host may be asked again, by this machine's clock; a ban's end is told by the server's."""
    now = datetime.now(UTC)
    least = BAN_SECONDS if answer.status == 418 else QUIET_SECONDS
    quiet = min(timedelta(seconds=answer.retry_after or least), LONGEST_BAN)
    if answer.banned_until is not None:
        quiet = max(quiet, min(answer.banned_until - (answer.answered_at or now), LONGEST_BAN))
    return now + quiet
