"""What is read from account-totals, and what is left out rather than guessed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nof1web.adapters.feeds.nof1_wire import parse_reading
from nof1web.core.signals import AgentRecord, Reading
from nof1web.errors import FeedError

CAPTURED = Path(__file__).parents[4] / "shared" / "data" / "nof1"
SERVER_AT = datetime(2025, 10, 26, 4, 19, 5, 542_000, tzinfo=UTC)
SERVER_MS = 1_761_452_345_542
BTC = {
    "entry_oid": 204614807391, "symbol": "BTC", "entry_price": Decimal("107067.9"), "leverage": 15,
    "quantity": Decimal("-0.13"), "tp_oid": -1, "sl_oid": -1, "unrealized_pnl": Decimal("12.7"),
    "exit_plan": {"profit_target": Decimal("102321.7"), "stop_loss": 109362, "invalidation_condition": "…"},
}


def row(agent: str = "gpt-5", *, age: int = 60, marker: int = 198, **changes: Any) -> dict[str, Any]:
    """A record `age` seconds old; a change to None takes the field away."""
    known = {
        "id": f"{agent}_{marker}", "model_id": agent, "timestamp": Decimal(SERVER_MS) / 1000 - age,
        "positions": {"BTC": BTC}, "total_unrealized_pnl": Decimal("12.7"), "dollar_equity": Decimal("10304.975418"),
        "since_inception_hourly_marker": marker,
    }
    return {name: value for name, value in (known | changes).items() if value is not None}


def read(*rows: Any, asked: int | None = None, **changes: Any) -> Reading:
    payload = {"accountTotals": list(rows), "lastHourlyMarkerRead": 198, "serverTime": SERVER_MS}
    return parse_reading(payload | changes, source="nof1", asked=asked)


def only(*rows: Any) -> AgentRecord:
    [record] = read(*rows).records
    return record


def position(**changes: Any) -> dict[str, Any]:
    return row(positions={"BTC": {name: value for name, value in (BTC | changes).items() if value != "absent"}})


def test_a_record_is_read_without_losing_a_digit() -> None:
    record = only(row())
    [btc] = record.positions
    assert (record.agent, record.equity) == ("gpt-5", Decimal("10304.975418"))
    assert record.recorded_at == SERVER_AT - timedelta(seconds=60)
    assert (btc.symbol, btc.quantity, btc.leverage) == ("BTCUSDT", Decimal("-0.13"), 15)
    assert btc.entry_price == Decimal("107067.9")
    assert (btc.entry_oid, btc.stop, btc.target) == ("204614807391", Decimal(109362), Decimal("102321.7"))


def test_the_newest_record_of_an_agent_counts_wherever_it_stands() -> None:
    newest = row(age=10, marker=198, dollar_equity=2)
    assert only(newest, row(age=3600, marker=197, dollar_equity=1)).equity == 2


def test_the_next_page_is_the_one_before_so_that_laggards_stay_in_it() -> None:
    assert read(row()).marker == 197


def test_without_a_page_in_the_answer_the_same_is_asked_again() -> None:
    assert read(row(), asked=55, lastHourlyMarkerRead=None).marker == 55


def test_a_record_from_the_future_is_ignored() -> None:
    assert only(row(age=-61, dollar_equity=1), row(age=30, marker=197, dollar_equity=2)).equity == 2


def test_a_record_slightly_ahead_of_the_servers_clock_counts() -> None:
    assert only(row(age=-59)).recorded_at > SERVER_AT


@pytest.mark.parametrize("oid", [-1, None, "absent"])
def test_no_entry_id_means_none(oid: object) -> None:
    assert only(position(entry_oid=oid)).positions[0].entry_oid is None


@pytest.mark.parametrize("plan", ["N/A", {}, None, {"stop_loss": "109", "profit_target": None}, {"stop_loss": 0}])
def test_an_exit_plan_without_numbers_has_no_stop_and_no_target(plan: object) -> None:
    btc = only(position(exit_plan=plan)).positions[0]
    assert (btc.stop, btc.target) == (None, None)


def test_a_quantity_of_zero_is_kept_as_an_explicit_zero() -> None:
    assert only(position(quantity=0, entry_price="absent", leverage="absent")).positions[0].quantity == 0


def test_a_coin_the_exchange_cannot_have_is_listed_as_unmapped() -> None:
    record = only(row(positions={"xyz:NVDA": BTC, "kPEPE": BTC}))
    assert ([p.symbol for p in record.positions], record.unmapped) == (["1000PEPEUSDT"], ("xyz:NVDA",))


def test_a_flat_agent_has_no_positions() -> None:
    assert only(row(positions={}, total_unrealized_pnl=0)).positions == ()


UNKNOWN_SHAPES = {
    "no time": row("odd", timestamp=None),
    "a time in words": row("odd", timestamp="yesterday"),
    "no positions": row("odd", positions=None),
    "positions in a list": row("odd", positions=[BTC]),
    "no equity": row("odd", dollar_equity=None),
    "profit without positions": row("odd", positions={}, total_unrealized_pnl=Decimal("0.1")),
    "an empty position": row("odd", positions={"BTC": {}}),
    "a position without a price": row("odd", positions={"BTC": BTC | {"entry_price": 0}}),
    "a quantity in words": row("odd", positions={"BTC": BTC | {"quantity": "-0.13"}}),
    "a time beyond any calendar": row("odd", timestamp=Decimal("1E+30")),
    "equity that is no number": row("odd", dollar_equity=Decimal("NaN")),
    "equity beyond any account": row("odd", dollar_equity=Decimal("-100000000000.1")),
    "equity no column can hold": row("odd", dollar_equity=Decimal("92300000000")),
    "two names of one symbol": row("odd", positions={"kPEPE": BTC, "1000PEPE": BTC}),
    "too many positions": row("odd", positions={f"C{n}": BTC for n in range(501)}),
    "too many coins": row("odd", positions={f"xyz:C{n}": BTC for n in range(501)}),
    "a coin that is no text": row("odd", positions={"\ud800": BTC}),
    "a name that is no text": row("\udfff"),
    "a name without end": row("x" * 201),
    "an entry id without end": row("odd", positions={"BTC": BTC | {"entry_oid": "9" * 201}}),
} | {
    f"{field} of {value}": row("odd", positions={"BTC": BTC | {field: Decimal(value)}})
    for field, values in {
        "entry_price": ("-1", "1.1E+12", "9E-13", "Infinity"),
        "quantity": ("1.1E+15", "-1E+999999", "1E-900", "NaN"),
        "leverage": ("0", "0.5", "1001", "1E+999999999"),
    }.items()
    for value in values
} | {
    f"a stop of {value}": row("odd", positions={"BTC": BTC | {"exit_plan": {"stop_loss": Decimal(value)}}})
    for value in ("1.1E+12", "9E-13", "NaN")
}


@pytest.mark.parametrize("shape", UNKNOWN_SHAPES)
def test_an_agent_whose_record_is_not_understood_is_left_out(shape: str) -> None:
    assert [record.agent for record in read(UNKNOWN_SHAPES[shape], row()).records] == ["gpt-5"]


@pytest.mark.parametrize("shape", UNKNOWN_SHAPES)
def test_when_nothing_is_understood_the_read_failed(shape: str) -> None:
    with pytest.raises(FeedError):
        read(UNKNOWN_SHAPES[shape])


@pytest.mark.parametrize(
    "payload", [None, [], {}, {"accountTotals": {}, "serverTime": SERVER_MS}, {"accountTotals": [row()]}]
)
def test_a_payload_of_another_shape_is_refused(payload: object) -> None:
    with pytest.raises(FeedError):
        parse_reading(payload, source="nof1", asked=None)


def test_a_page_that_cannot_be_counted_costs_no_agent() -> None:
    records = read(row("odd", since_inception_hourly_marker=[1]), row()).records
    assert [record.agent for record in records] == ["odd", "gpt-5"]


def test_a_page_beyond_any_hour_is_not_asked_for() -> None:
    assert read(row(), asked=55, lastHourlyMarkerRead=10**30).marker == 55


def test_one_model_in_two_competitions_is_two_agents() -> None:
    both = row("grok-4", id="grok-4_monk_198", dollar_equity=1), row("grok-4", id="grok-4_max_198", dollar_equity=2)
    assert {record.agent: record.equity for record in read(*both).records} == {"grok-4_monk": 1, "grok-4_max": 2}


def test_two_accounts_that_cannot_be_told_apart_are_left_out() -> None:
    twice = row("grok-4", dollar_equity=1), row("grok-4", dollar_equity=2)
    assert only(*twice, row()).agent == "gpt-5"


@pytest.mark.skipif(not CAPTURED.is_dir(), reason="the captured payloads are not here")
@pytest.mark.parametrize("name", ["marker-0", "marker-1", "tail-marker-198"])
def test_a_captured_payload_is_read_whole(name: str) -> None:
    document = json.loads((CAPTURED / f"account-totals.{name}.json").read_text(), parse_float=Decimal)
    reading = parse_reading(document, source="nof1", asked=None)
    assert len(reading.records) == 7
    raw = {row["model_id"]: len(row["positions"]) for row in document["accountTotals"]}
    assert {record.agent: len(record.positions) for record in reading.records} == raw
