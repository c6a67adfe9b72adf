"""A paper account on the same path as a real one: orders, protection and settling, with its state in the database."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from nof1web.adapters.paper.exchange import PaperExchange
from nof1web.core import execution
from tests.exchange_process import ExchangeProcess
from tests.services.stage import Stage, a_position

D = Decimal
TAKER = D("0.0005")


def paper_of(stage: Stage) -> PaperExchange:
    """The account as a process finds it: its text in the tenant's database, marks and rules of a live host."""
    credentials = stage.store.credentials
    return PaperExchange(
        market=stage.client,
        load=lambda: credentials.paper_state("c_1"),
        save=lambda text: credentials.put_paper_state("c_1", text),
        clock=stage.now,
        balance=D(1_000_000),
    )


@pytest.fixture
def paper(exchange: ExchangeProcess, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(exchange, tmp_path)
    marks = made.client
    made.client = paper_of(made)  # type: ignore[assignment]
    made.follow(total_margin="500000")
    yield made
    made.client = marks
    made.stack.close()


def live(stage: Stage) -> dict[str, Decimal]:
    return {each.symbol: each.quantity for each in stage.client.positions()}


def test_a_paper_account_opens_protects_reduces_and_closes_as_a_real_one(paper: Stage) -> None:
    paper.agent("deepseek", a_position(stop="57000"))
    paper.cycle()
    assert live(paper) == paper.holdings() == {"BTCUSDT": D(5)}
    assert [(leg.quantity, leg.trigger) for leg in paper.client.protections()] == [(D(5), D(57000))]
    paper.agent("deepseek", a_position(quantity="0.06", stop="57000"))
    paper.cycle()
    assert live(paper) == paper.holdings() == {"BTCUSDT": D(3)}
    paper.agent("deepseek", a_position(quantity="0"))
    paper.cycle()
    assert not live(paper) and not paper.holdings() and not paper.client.protections()
    assert not any(paper.control.account(paper.account_id)[name] for name in ("orders", "trades", "algo_orders"))


def test_its_fills_cost_a_fee_and_the_way_into_the_book(paper: Stage) -> None:
    paper.agent("deepseek", a_position())
    paper.cycle()
    paper.sync()
    (order,) = paper.store.journal.intents("c_1")
    assert order.priced and order.price is not None and order.fee is not None
    assert abs(order.fee - order.price * order.executed * TAKER) < D("0.01")
    slip = execution.slippage(order).mark
    assert slip is not None and 0 < slip < 20


def test_its_state_is_in_the_database_and_survives_the_process(paper: Stage) -> None:
    paper.agent("deepseek", a_position(stop="57000"))
    paper.cycle()
    again = paper_of(paper)
    assert [each.quantity for each in again.positions()] == [D(5)] and len(again.protections()) == 1
    assert again.account().wallet < 1_000_000


def test_more_than_a_thin_book_has_is_filled_in_parts_and_never_beyond_the_cap(paper: Stage) -> None:
    chosen = {"mode": "trade", "total_margin": "500000", "interval": "1", "entry_slippage": "0.05"}
    paper.store.trackers.put_settings("t_deepseek", chosen)
    paper.agent("deepseek", a_position("XRPUSDT", "30000", "2", oid="3"))
    paper.cycle()
    orders = paper.store.journal.intents("c_1")[::-1]
    assert orders[0].limit is not None and 0 < orders[0].executed < orders[0].quantity
    assert all(each.price is None or each.price <= (each.limit or 0) for each in orders)
    assert sum(each.executed for each in orders) == paper.holdings()["XRPUSDT"] == live(paper)["XRPUSDT"]


def test_its_stop_fires_at_the_mark_and_is_found_out_by_a_sync(paper: Stage) -> None:
    paper.agent("deepseek", a_position(stop="57000"))
    paper.cycle()
    paper.control.prices(BTCUSDT="56900")
    paper.client._record._marks_read_at = None  # type: ignore[attr-defined]
    paper.sync()
    assert not live(paper) and not paper.holdings()
    assert "stop_fired" in {event.kind for event in paper.store.chronicle.events()}
