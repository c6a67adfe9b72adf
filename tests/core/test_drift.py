"""A smaller live position is explained before it is believed (DESIGN §5 rule 8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.core.drift import Cause, Drift, Evidence, Reading, Standing, explain
from nof1web.core.records import EpochState
from nof1web.core.trading import Fill, Leg, Side
from tests.core.scene import NOW, d

STOPPED, DONE = EpochState.STOPPED, EpochState.DONE
QUANTITIES = st.decimals(0, 20, places=3)


def trades(sign: int, **quantities: object) -> tuple[Fill, ...]:
    """Trades that make a holding of that direction smaller, by order id."""
    side = Side.SELL if sign > 0 else Side.BUY
    return tuple(
        Fill(f"t-{order}", order, "BTCUSDT", side, d(quantity), d(1000), d(0), "USDT", d(0), NOW)
        for order, quantity in quantities.items()
    )


@dataclass(frozen=True)
class Row:
    """What was held (10 of it own) and found out, and what it must have been."""

    live: object
    cause: Cause
    left: object
    foreign: object = 0
    foreign_left: object = 0
    state: EpochState | None = DONE
    by: dict[str, object] = field(default_factory=dict)
    earlier: object = None
    apart: float = 5
    settled: float | None = 60


ROWS = {
    "nothing is lacking": Row(10, Cause.NONE, 10, state=None),
    "more than is held": Row(15, Cause.NONE, 10, state=None, by={"hand": 1}),
    "own stop": Row(0, Cause.OWN_STOP, 0, state=STOPPED, by={"stop": 10}),
    "own target": Row(0, Cause.OWN_TARGET, 0, state=STOPPED, by={"target": 10}),
    "own stop, in part": Row(6, Cause.OWN_STOP, 6, state=STOPPED, by={"stop": 4}),
    "own stop, not yet in the reading": Row(10, Cause.OWN_STOP, 0, state=STOPPED, by={"stop": 10}),
    "a stop larger than what is held": Row(0, Cause.OWN_STOP, 0, state=STOPPED, by={"stop": 12}),
    "own stop before everything else": Row(0, Cause.OWN_STOP, 0, state=STOPPED, by={"stop": 4, "forced": 3, "hand": 3}),
    "liquidated": Row(0, Cause.LIQUIDATED, 0, by={"forced": 10}),
    "deleveraged, in part": Row(7, Cause.LIQUIDATED, 7, by={"forced": 3}),
    "deleveraged beside a foreign share": Row(11, Cause.LIQUIDATED, 7, foreign=4, foreign_left=4, by={"forced": 3}),
    "liquidated with a foreign share": Row(0, Cause.LIQUIDATED, 0, foreign=4, foreign_left=0, by={"forced": 14}),
    "liquidation before trades by hand": Row(0, Cause.LIQUIDATED, 0, by={"forced": 4, "hand": 6}),
    "an order with our mark": Row(6, Cause.OWN_ORDER, 6, by={"ours": 4}),
    "one beside a foreign share": Row(10, Cause.OWN_ORDER, 6, foreign=4, foreign_left=4, by={"ours": 4}),
    "closed by hand": Row(0, Cause.CLOSED_BY_HAND, 0, by={"hand": 10}),
    "half closed by hand": Row(5, Cause.REDUCED_BY_HAND, 5, by={"hand": 5}),
    "turned around by hand": Row(0, Cause.CLOSED_BY_HAND, 0, by={"hand": 30}),
    "more traded by hand than is lacking": Row(8, Cause.REDUCED_BY_HAND, 8, by={"hand": 5}),
    "a foreign share goes first": Row(11, Cause.NONE, 10, foreign=4, foreign_left=1, state=None, by={"hand": 3}),
    "then the holding": Row(8, Cause.REDUCED_BY_HAND, 8, foreign=4, foreign_left=0, by={"hand": 6}),
    "own orders explain nothing": Row(6, Cause.UNPROVEN, 10, state=None, by={"own": 4}),
    "no trade at all": Row(6, Cause.UNPROVEN, 10, state=None),
    "two readings that agree": Row(6, Cause.UNEXPLAINED, 6, earlier=6),
    "two readings that agree on nothing": Row(0, Cause.UNEXPLAINED, 0, earlier=0, settled=None),
    "two that differ": Row(6, Cause.UNPROVEN, 10, state=None, earlier=7),
    "two just far enough apart": Row(6, Cause.UNEXPLAINED, 6, earlier=6, apart=2),
    "two too close together": Row(6, Cause.UNPROVEN, 10, state=None, earlier=6, apart=1.9),
    "two shortly after an own order": Row(6, Cause.UNPROVEN, 10, state=None, earlier=6, settled=10),
    "two just after the quiet": Row(6, Cause.UNEXPLAINED, 6, earlier=6, settled=10.1),
    "agreement, foreign share first": Row(11, Cause.NONE, 10, foreign=4, foreign_left=1, state=None, earlier=11),
    "by hand in part, the rest unproven": Row(4, Cause.REDUCED_BY_HAND, 7, by={"hand": 3}),
    "by hand in part, the rest by agreement": Row(4, Cause.REDUCED_BY_HAND, 4, by={"hand": 3}, earlier=4),
}  # fmt: skip


def explained(row: Row, sign: int, **failed: None) -> Drift:
    earlier = None if row.earlier is None else Reading(d(row.earlier), NOW - timedelta(seconds=row.apart))
    settled = None if row.settled is None else NOW - timedelta(seconds=row.settled)
    standing = Standing(d(10) * sign, d(row.foreign), Reading(d(row.live), NOW), earlier, settled)
    found = {
        "fired": {"stop": Leg.STOP, "target": Leg.TARGET},
        "forced": frozenset({"forced"}),
        "trades": trades(sign, **row.by),
    }
    return explain(standing, Evidence(**(found | failed), own=frozenset({"own"}), ours=frozenset({"ours"})))  # type: ignore[arg-type]


@pytest.mark.parametrize("sign", [1, -1], ids=["long", "short"])
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_what_it_was(row: Row, sign: int) -> None:
    drift = explained(row, sign)
    assert (drift.cause, drift.holding, drift.foreign) == (row.cause, d(row.left) * sign, d(row.foreign_left))
    assert (drift.state, drift.taken) == (row.state, 10 - d(row.left))


@pytest.mark.parametrize("query", ["fired", "trades"])
@pytest.mark.parametrize("name", ["closed by hand", "two readings that agree", "liquidated"])
def test_a_failed_query_proves_nothing(name: str, query: str) -> None:
    drift = explained(ROWS[name], 1, **{query: None})
    assert (drift.cause, drift.holding, drift.state, drift.fills) == (Cause.UNPROVEN, 10, None, ())


def test_not_knowing_of_liquidations_leaves_only_what_own_stops_explain() -> None:
    assert explained(ROWS["closed by hand"], 1, forced=None).cause is Cause.UNPROVEN
    drift = explained(ROWS["own stop before everything else"], 1, forced=None)
    assert (drift.cause, drift.holding) == (Cause.OWN_STOP, 6)


@pytest.mark.parametrize("query", ["fired", "forced", "trades"])
def test_where_nothing_is_lacking_a_failed_query_raises_no_doubt(query: str) -> None:
    assert explained(ROWS["nothing is lacking"], 1, **{query: None}).cause is Cause.NONE


def test_trades_that_make_the_position_larger_explain_nothing() -> None:
    standing = Standing(d(10), d(0), Reading(d(6), NOW))
    bought = trades(-1, hand=4)
    assert explain(standing, Evidence({}, frozenset(), bought)).cause is Cause.UNPROVEN


def test_only_the_trades_that_are_needed_are_used_up_the_oldest_first() -> None:
    standing = Standing(d(10), d(0), Reading(d(7), NOW))
    drift = explain(standing, Evidence({}, frozenset(), trades(1, first=2, second=2, third=2)))
    assert [fill.order_id for fill in drift.fills] == ["first", "second"] and drift.holding == 7


@given(st.tuples(*[QUANTITIES] * 3), st.tuples(*[QUANTITIES] * 4), st.booleans(), st.sampled_from([1, -1]))
def test_no_explanation_takes_more_than_there_is_nor_turns_a_holding(
    believed: tuple[Decimal, ...], by: tuple[Decimal, ...], twice: bool, sign: int
) -> None:
    held, foreign, live = believed[0] + 1, believed[1], believed[2]
    earlier = Reading(live, NOW - timedelta(seconds=5)) if twice else None
    known = trades(sign, **dict(zip(("stop", "forced", "hand", "own"), by, strict=True)))
    evidence = Evidence({"stop": Leg.STOP}, frozenset({"forced"}), known, frozenset({"own"}))
    drift = explain(Standing(held * sign, foreign, Reading(live, NOW), earlier), evidence)
    assert 0 <= drift.holding * sign <= held and 0 <= drift.foreign <= foreign
    assert drift.taken == held - abs(drift.holding) and (drift.state is None) == (drift.taken == 0)
    assert not twice or abs(drift.holding) + drift.foreign <= live
