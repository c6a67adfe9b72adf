"""A night with a position: ccxt sees funding paid on an exchange whose clock is virtual."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.clients.running import MODES, outcomes, step_names

# A minute before the hour of funding.
START_MS = int(datetime(2026, 3, 1, 7, 59, tzinfo=UTC).timestamp()) * 1000


@pytest.fixture(scope="module", params=MODES)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return outcomes("night", request.param, tmp_path_factory.mktemp("night"), start_ms=START_MS)


@pytest.mark.parametrize("step", step_names("night"))
def test_night(told: dict[str, str], step: str) -> None:
    assert told.get(step, told["end"]) == "ok"
