"""Signed requests of one API key to one host: time, signature, and which refusals may be asked again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nof1web.adapters.binance.calls import TIME
from nof1web.adapters.binance.clock import HostClock, clock_of
from nof1web.adapters.binance.http import Call, Transport
from nof1web.adapters.binance.parsing import parsed
from nof1web.adapters.binance.signing import Signer, signed_query
from nof1web.adapters.binance.wire import STALE_CLOCK
from nof1web.errors import N_, ExchangeError, Transient

RECV_WINDOW_MS = 5_000
_TOO_LATE = N_("This server stood still for too long before it sent the order: it was not sent. It is decided again.")
_LATE = -1021


class SignedHost:
    """Sends one account's requests. A host without a clock of its own takes the time of another: `time_of`."""

    def __init__(
        self, transport: Transport, *, api_key: str, signer: Signer, time_of: SignedHost | None = None
    ) -> None:
        self._transport = transport
        self._headers = {"X-MBX-APIKEY": api_key}
        self._signer = signer
        self._time_of = time_of
        self._clock: HostClock = clock_of(transport.base_url)

    def now_ms(self) -> int:
        """Return the host's time in ms; asks the host only when unmeasured or after ten minutes (weight 1)."""
        if self._time_of is not None:
            return self._time_of.now_ms()
        return self._clock.now_ms(self._server_time)

    def stamped_ms(self) -> int:
        """Return the host's time for a request that is written down first and sent later; see `send`."""
        return self.now_ms() if self._time_of is not None else self._clock.stamped_ms(self._server_time)

    def read(self, call: Call, params: Mapping[str, str] | None = None) -> Any:
        """Return a GET's answer. A timestamp refused as wrong (-1021) is measured and asked once more."""
        try:
            return self._signed(call, params or {}, None)
        except Transient as error:
            if error.exchange_code not in STALE_CLOCK:
                raise
        return self._signed(call, params or {}, None)

    def send(self, call: Call, params: Mapping[str, str], *, timestamp_ms: int | None = None) -> Any:
        """Send a mutating request once, signed with `timestamp_ms` or the host's present time; never again in here."""
        return self._signed(call, params, timestamp_ms)

    def _signed(self, call: Call, params: Mapping[str, str], timestamp_ms: int | None) -> Any:
        stamp = self.now_ms() if timestamp_ms is None else timestamp_ms
        full = {**params, "recvWindow": str(RECV_WINDOW_MS), "timestamp": str(stamp)}
        try:
            self._require_fresh(stamp)
            return self._transport.send(call, signed_query(full, self._signer), self._headers)
        except ExchangeError as error:
            if error.exchange_code in STALE_CLOCK:
                self.forget_time()
            raise

    def _require_fresh(self, stamp: int) -> None:
        """Keep back what the host would refuse: were its clock put back meanwhile, it would take it (DESIGN §5)."""
        if self._clock.age_ms(stamp) > RECV_WINDOW_MS:
            raise Transient(_TOO_LATE, exchange_code=_LATE)

    def forget_time(self) -> None:
        """Have the host's clock measured again before the next timestamp."""
        if self._time_of is not None:
            self._time_of.forget_time()
        else:
            self._clock.forget()

    def _server_time(self) -> int:
        return parsed(lambda row: int(row["serverTime"]), self._transport.send(TIME))
