"""Actual against target per symbol, with the reason for each difference."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from nof1web.core.trading import Side
from nof1web.services import asking, halting
from nof1web.services.books import read_book
from nof1web.services.standing import StandingRow, standing
from tests.services.site import Site
from tests.services.stage import USER, Stage, a_position, opened
from tests.services.test_explaining import quiet
from tests.services.test_trouble import by_hand

D = Decimal


class Shown(Site):
    """The ports a page has."""

    @property
    def market(self) -> object:
        """What sources said."""
        return self.stage.market


def rows(stage: Stage) -> dict[str, StandingRow]:
    credential = stage.store.credentials.get("c_1")
    assert credential is not None
    book = read_book(stage.store, credential, {}, Shown(stage).clock())
    return {row.symbol: row for row in standing(Shown(stage), stage.store, book).rows}  # type: ignore[arg-type]


def test_what_is_held_as_wanted_says_so(stage: Stage) -> None:
    opened(stage)
    stage.sync()
    row = rows(stage)["BTCUSDT"]
    assert (row.target, row.holding, row.live, row.delta, row.code) == (D("0.01"), D("0.01"), D("0.01"), 0, "on_target")


def test_what_is_halted_or_refused_is_told_beside_what_is_missing(stage: Stage) -> None:
    opened(stage)
    halting.change(Site(stage), USER, "c_1", "halt")
    stage.agent("deepseek", a_position(quantity="0.2"), a_position("ETHUSDT", "2", "3000", oid="2"))
    stage.cycle()
    found = rows(stage)
    assert found["BTCUSDT"].delta == D("0.01") and found["BTCUSDT"].code == "state_blocks_entries"
    assert found["ETHUSDT"].target is None and found["ETHUSDT"].code == "state_blocks_entries"


def test_what_a_person_took_away_is_not_missing_and_told_as_done(stage: Stage) -> None:
    opened(stage)
    quiet(stage)
    by_hand(stage, Side.SELL, "0.004")
    stage.sync()
    stage.cycle()
    row = rows(stage)["BTCUSDT"]
    assert (row.target, row.holding) == (D("0.006"), D("0.006"))


def test_a_flatten_under_way_is_the_reason_before_all_others(stage: Stage) -> None:
    opened(stage)
    asking.ask_flatten(Site(stage), USER, "c_1", by="test")  # type: ignore[arg-type]
    assert rows(stage)["BTCUSDT"].code == "flattening"


def test_the_holding_of_a_stopped_tracker_has_no_target(stage: Stage) -> None:
    opened(stage)
    stage.store.trackers.set_started("t_deepseek", None)
    row = rows(stage)["BTCUSDT"]
    assert (row.target, row.holding, row.code) == (None, D("0.01"), "tracker_stopped")


def test_a_ratio_without_an_end_leaves_nothing_missing_behind_the_last_place(stage: Stage) -> None:
    opened(stage)
    epoch = stage.store.trackers.epoch("t_deepseek", "BTCUSDT", "1001")
    assert epoch is not None
    third = replace(epoch, ratio=D("0.01") / D("0.3"), reference_quantity=D("0.3"))
    stage.store.trackers.put_epoch(third)
    stage.agent("deepseek", a_position(quantity="0.3"))
    row = rows(stage)["BTCUSDT"]
    assert third.ratio is not None and third.ratio * D("0.3") != row.holding
    assert (row.delta, row.code) == (0, "on_target")
