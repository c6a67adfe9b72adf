"""The stage every named scenario plays on: both directions, both position modes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.core.stage import Open, Stage, require_shown


@pytest.fixture(params=[1, -1], ids=["long", "short"])
def sign(request: pytest.FixtureRequest) -> int:
    """The agent's direction."""
    return int(request.param)


@pytest.fixture(params=[False, True], ids=["one_way", "hedge"])
def hedge(request: pytest.FixtureRequest) -> bool:
    """The account's position mode."""
    return bool(request.param)


@pytest.fixture
def stage(request: pytest.FixtureRequest, sign: int, hedge: bool) -> Iterator[Open]:
    """Open stages for one test, and see at its end that they showed the codes the test is named for."""
    seen: set[str] = set()

    def opened(**chosen: Any) -> Stage:
        return Stage(sign, seen, **({"hedge": hedge} | chosen))

    yield opened
    require_shown(f"{request.module.__name__}.{request.function.__name__}", seen)
