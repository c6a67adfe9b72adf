"""The official SDK trades on the built-in exchange in both position modes: every step of its long scenario."""

from __future__ import annotations

import pytest

from tests.clients.running import MODES, outcomes, step_names


@pytest.fixture(scope="module", params=MODES)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return outcomes("sdk", request.param, tmp_path_factory.mktemp("sdk"))


@pytest.mark.parametrize("step", step_names("sdk"))
def test_sdk(told: dict[str, str], step: str) -> None:
    assert told.get(step, told["end"]) == "ok"
