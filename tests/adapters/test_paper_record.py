"""A paper account's record: one account whoever opens it, in step with the engine and with the built-in exchange."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from nof1web.adapters.binance.market import BinanceMarket
from nof1web.adapters.budget import NoBudget
from nof1web.adapters.paper.exchange import PaperExchange
from nof1web.adapters.paper.rules import engine_rules, with_brackets
from nof1web.adapters.paper.state import read_document, restore
from nof1web.adapters.store.tenant import SqliteTenant
from nof1web.core.trading import KeyCheck, MarginMode
from nof1web.errors import Blocked, NotFound
from nof1web.sim.margin import Margins, liquidation_price, margins
from tests.adapters.paper_stage import PaperStage
from tests.adapters.store.examples import a_credential
from tests.exchange_process import running_exchange
from tests.services.stage import Stage, a_position

EIGHT = Decimal("0.00000001")


@pytest.fixture
def stage() -> PaperStage:
    return PaperStage()


@pytest.mark.parametrize("mode", MarginMode)
def test_the_accounts_sums_are_the_engines_own(stage: PaperStage, mode: MarginMode) -> None:
    if mode is MarginMode.ISOLATED:
        stage.exchange.set_margin_mode("BTCUSDT", mode)
    stage.trade("0.5")
    stage.trade("-100", "ADAUSDT")
    stage.mark("61234.5")
    told, rows = stage.exchange.account(), stage.exchange.positions()
    sums, prices = by_the_engine(stage)
    assert (told.equity, told.available) == (sums.equity.quantize(EIGHT), sums.available.quantize(EIGHT))
    assert (told.unrealised, told.initial_margin) == (sums.unrealised, sums.position_initial.quantize(EIGHT))
    assert [row.liquidation for row in rows] == prices


def by_the_engine(stage: PaperStage) -> tuple[Margins, list[Decimal]]:
    """The saved account's sums and liquidation prices as the engine reckons them."""
    paper = restore(read_document(stage.text or ""), 0, engine_rules(with_brackets(stage.host.rules)))
    paper.exchange.set_prices(stage.host.prices, now_ms=0)
    account, market = paper.account, paper.exchange.market
    sums = margins(account, market)
    held = account.live_positions()
    return sums, [liquidation_price(account, each, market, sums).quantize(EIGHT) for each in held]


def test_an_account_opened_twice_is_the_same(stage: PaperStage) -> None:
    first = stage.exchange.account()
    assert first.equity == 10_000 and not first.hedge
    assert stage.restart(balance=Decimal(5)).account() == first


def test_a_new_account_has_the_balance_asked_for(stage: PaperStage) -> None:
    assert stage.restart(balance=Decimal(250)).check() == KeyCheck("paper", Decimal(250), Decimal(250), False, False)


def test_looking_changes_nothing_and_saves_nothing(stage: PaperStage) -> None:
    stage.trade("0.1")
    before = stage.saves
    stage.mark("60500")
    stage.exchange.account()
    stage.exchange.positions()
    assert stage.saves == before


def test_what_another_process_did_is_seen(stage: PaperStage) -> None:
    mine = stage.exchange
    mine.account()
    stage.restart()
    stage.trade("0.1")
    assert [position.quantity for position in mine.positions()] == [Decimal("0.1")]


def test_a_change_that_could_not_be_saved_did_not_happen(stage: PaperStage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.exchange.account()

    def full(_: str) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(stage, "save", full)
        stage.restart()
        with pytest.raises(OSError, match="full"):
            stage.trade("0.1")
        assert stage.held() == {}
    assert stage.held() == {}


def test_marks_are_read_at_most_every_two_seconds(stage: PaperStage) -> None:
    stage.exchange.account()
    stage.trade("0.1")
    assert stage.host.reads == 1
    stage.now += timedelta(seconds=2)
    stage.exchange.account()
    assert stage.host.reads == 2


def test_rules_come_from_the_host_with_the_brackets_the_engine_applies(stage: PaperStage) -> None:
    rule = stage.exchange.instruments()["BTCUSDT"]
    assert rule.brackets[0].max_leverage == 125
    assert replace(rule, brackets=()) == stage.host.rules["BTCUSDT"]


@pytest.mark.parametrize("text", ["{", '{"version":99}', '{"version":1}', "[]"])
def test_a_record_that_cannot_be_read_trades_nothing(stage: PaperStage, text: str) -> None:
    stage.text = text
    with pytest.raises(Blocked):
        stage.exchange.account()
    assert stage.text == text


def test_the_record_stays_small(stage: PaperStage) -> None:
    stage.trade("0.1")
    document = json.loads(stage.text or "")
    document["trades"] *= 1500
    stage.text = json.dumps(document)
    stage.trade("0.1")
    assert len(json.loads(stage.text)["trades"]) == 1000


def test_the_tenants_database_keeps_the_last_record_of_a_credential_it_has(tmp_path: Path) -> None:
    with closing(SqliteTenant("u_alice00000000001", tmp_path / "tenant.db")) as tenant:
        tenant.credentials.add(a_credential())
        assert tenant.credentials.paper_state("c_1") is None
        tenant.credentials.put_paper_state("c_1", "one")
        tenant.credentials.put_paper_state("c_1", "two")
        assert tenant.credentials.paper_state("c_1") == "two"
        with pytest.raises(NotFound):
            tenant.credentials.put_paper_state("c_gone", "one")


def open_resize_flip_close(stage: Stage) -> list[dict[str, Decimal]]:
    """Let the agent do all four and return the holdings after each cycle."""
    seen = []
    stage.follow()
    for quantity, oid in (("0.1", "1001"), ("0.06", "1001"), ("0.2", "1001"), ("-0.1", "1002")):
        stage.agent("deepseek", a_position(quantity=quantity, oid=oid, stop="57000" if quantity[0] != "-" else "63000"))
        stage.cycle()
        seen.append(stage.holdings())
        stage.sync()
    for _ in range(2):
        stage.agent("deepseek")
        stage.cycle()
        seen.append(stage.holdings())
    return seen


def test_a_copied_agent_ends_up_with_the_same_holdings_as_on_the_built_in_exchange(tmp_path: Path) -> None:
    with running_exchange(tmp_path / "exchange") as process:
        real = Stage(process, tmp_path / "real")
        paper = Stage(process, tmp_path / "paper")
        store = paper.store.credentials
        paper.client = PaperExchange(
            market=BinanceMarket(base_url=process.url, budget=NoBudget()),
            load=lambda: store.paper_state("c_1"),
            save=lambda text: store.put_paper_state("c_1", text),
            clock=paper.now,
        )
        with real.stack, paper.stack:
            expected, seen = open_resize_flip_close(real), open_resize_flip_close(paper)
            assert paper.client.positions() == () and paper.client.protections() == ()
    assert seen == expected and [len(each) for each in seen] == [1, 1, 1, 1, 1, 0]
