"""A worker that was told to stop finishes what it has begun and opens nothing new (DESIGN §5)."""

from __future__ import annotations

from nof1web.services import copying
from nof1web.services.ports import AccountPorts
from tests.services.stage import Stage, a_position, opened


def ending(stage: Stage) -> AccountPorts:
    ports = stage.ports()
    ports.lease.ending = True
    return ports


def test_an_entry_is_left_to_the_next_worker(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    copying.run_cycle(ending(stage), forced=True)
    assert stage.live() == {} and not stage.store.journal.unresolved("c_1")
    stage.cycle()
    assert set(stage.live()) == {"BTCUSDT"}


def test_a_close_still_goes(stage: Stage) -> None:
    opened(stage)
    stage.agent("deepseek", a_position(quantity="0"))
    copying.run_cycle(ending(stage), forced=True)
    assert stage.live() == {}
