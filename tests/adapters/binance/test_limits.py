"""What a host says about how much may be asked of it, and how long nobody asks it anything after that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from nof1web.adapters.binance.http import Call, Transport, Unmetered
from nof1web.errors import ExchangeError, Transient
from tests.adapters.binance.host import Host, Reply

ASK = Call("GET", "/fapi/v1/order", 1, "exit")
SEND = Call("POST", "/fapi/v1/order", 0, "exit")


class Heard(Unmetered):
    """A Throttle that remembers what it was told."""

    def __init__(self) -> None:
        self.used: list[int] = []
        self.stops: list[datetime] = []

    def note(self, used_weight: int) -> None:
        self.used.append(used_weight)

    def stop(self, until: datetime) -> None:
        self.stops.append(until)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def transport(host: Host, heard: Heard) -> Transport:
    return Transport(host.url, throttle=heard)


def outcome(transport: Transport, call: Call) -> type[ExchangeError]:
    with pytest.raises(ExchangeError) as failed:
        transport.send(call)
    return failed.type


def test_the_hosts_count_is_passed_on(transport: Transport, host: Host, heard: Heard) -> None:
    host.tell("GET /fapi/v1/order", Reply({"a": 1}, headers={"x-mbx-used-weight-1m": "17"}))
    transport.send(ASK)
    assert heard.used == [17]


@pytest.mark.parametrize("count", ["", "many", "-3", "1.5", "9" * 40])
def test_a_count_that_makes_no_sense_is_not_passed_on(
    transport: Transport, host: Host, heard: Heard, count: str
) -> None:
    host.tell("GET /fapi/v1/order", Reply({"a": 1}, headers={"X-MBX-USED-WEIGHT-1M": count}))
    transport.send(ASK)
    assert heard.used == []


def quiet_seconds(heard: Heard) -> int:
    return round((heard.stops[0] - datetime.now(UTC)).total_seconds() / 10) * 10


@pytest.mark.parametrize("status", [429, 418])
def test_too_many_requests_silence_the_egress_and_changed_nothing(
    transport: Transport, host: Host, heard: Heard, status: int
) -> None:
    body = {"code": -1003, "msg": "Too many requests"}
    host.tell("POST /fapi/v1/order", Reply(body, status=status, headers={"Retry-After": "40"}))
    assert outcome(transport, SEND) is Transient
    assert quiet_seconds(heard) == 40


@pytest.mark.parametrize("status", [200, 400, 503])
def test_too_many_requests_are_told_by_their_code_under_any_status(
    transport: Transport, host: Host, heard: Heard, status: int
) -> None:
    host.tell("POST /fapi/v1/order", Reply({"code": -1003, "msg": "Too many requests."}, status=status))
    assert outcome(transport, SEND) is Transient
    assert quiet_seconds(heard) == 60


def test_a_ban_lasts_until_the_moment_it_names(transport: Transport, host: Host, heard: Heard) -> None:
    until = (datetime.now(UTC) + timedelta(seconds=900)).replace(microsecond=0)
    text = f"Way too many requests; IP banned until {until.timestamp() * 1000:.0f}. Please use the websocket"
    host.tell("GET /fapi/v1/order", Reply({"code": -1003, "msg": text}, status=418))
    outcome(transport, ASK)
    assert until <= heard.stops[0] <= until + timedelta(seconds=2)


def test_a_ban_is_told_by_the_servers_clock(transport: Transport, host: Host, heard: Heard) -> None:
    server_at = (datetime.now(UTC) + timedelta(hours=5)).replace(microsecond=0)
    text = f"Way too many requests; IP banned until {(server_at.timestamp() + 900) * 1000:.0f}."
    date = {"Date": format_datetime(server_at, usegmt=True)}
    host.tell("GET /fapi/v1/order", Reply({"code": -1003, "msg": text}, status=418, headers=date))
    outcome(transport, ASK)
    assert quiet_seconds(heard) == 900


@pytest.mark.parametrize("until", ["0000000000000", "9999999999999", "12345678901234567890"])
def test_a_ban_that_makes_no_sense_is_no_longer_than_the_longest(
    transport: Transport, host: Host, heard: Heard, until: str
) -> None:
    host.tell("GET /fapi/v1/order", Reply({"code": -1003, "msg": f"IP banned until {until}."}, status=418))
    outcome(transport, ASK)
    assert 120 <= quiet_seconds(heard) <= 3 * 86_400


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 60), ("0", 60), ("soon", 60), ("-5", 60), ("1.5", 60), ("9" * 40, 60), ("7", 10), ("999999999", 259_200),
        ("Mon, 01 Jan 1990 00:00:00 GMT", 60),
    ],
)
def test_a_waiting_time_that_makes_no_sense_is_replaced(
    transport: Transport, host: Host, heard: Heard, header: str, seconds: int
) -> None:
    host.tell("GET /fapi/v1/order", Reply({"code": -1003}, status=429, headers={"Retry-After": header}))
    outcome(transport, ASK)
    assert quiet_seconds(heard) == seconds


def test_a_waiting_time_may_be_told_as_a_date(transport: Transport, host: Host, heard: Heard) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)
    host.tell("GET /fapi/v1/order", Reply({"code": -1003}, status=429, headers={"Retry-After": until}))
    outcome(transport, ASK)
    assert quiet_seconds(heard) == 300


@pytest.mark.parametrize("body", ["<html>Forbidden</html>", {"message": "Forbidden"}], ids=["page", "document"])
def test_a_firewalls_403_silences_the_egress(transport: Transport, host: Host, heard: Heard, body: object) -> None:
    host.tell("POST /fapi/v1/order", Reply(body, status=403))
    assert outcome(transport, SEND) is Transient
    assert quiet_seconds(heard) == 60


def test_one_accounts_order_limit_silences_nobody_else(transport: Transport, host: Host, heard: Heard) -> None:
    host.tell("POST /fapi/v1/order", Reply({"code": -1015, "msg": "Too many new orders."}, status=429))
    assert outcome(transport, SEND) is Transient
    assert heard.stops == []
