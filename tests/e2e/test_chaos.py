"""Rounds of chaos on real processes: three belong to every run of the tests, many to `make chaos` and `make prove`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.processes import AGENTS, TROUBLES, Chaos, rounds
from tests.e2e.deployment import Deployment

pytestmark = pytest.mark.e2e
SHORT = ("worker killed", "redis emptied", "scheduler killed")
Told = Callable[[str, object], None]


def test_whatever_dies_while_an_agent_trades_everything_is_right_afterwards(
    deployment: Deployment, record_property: Told
) -> None:
    deployment.exchange.prices(BTCUSDT="60000", ETHUSDT="3000", SOLUSDT="150")
    chaos = Chaos(deployment, followers=1)
    for trouble in SHORT:
        chaos.round(sorted(TROUBLES).index(trouble))
    deployment.agent(AGENTS[0])
    record_property("chaos of real processes", "\n".join(chaos.table()))
    assert not chaos.wrong


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_sixty_rounds_of_dying_processes_leave_everything_right(tmp_path: Path, record_property: Told) -> None:
    chaos = rounds(tmp_path, 60)
    record_property("chaos of real processes", "\n".join(chaos.table()))
    assert not chaos.wrong
