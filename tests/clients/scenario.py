"""What the foreign clients' scenarios share: steps that print their outcome, and the exchange's own controls."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import requests

OK = "ok"
# What the steps reckon with; the market of a scenario is frozen.
PRICES = {"BTCUSDT": "60000", "ETHUSDT": "3000", "SOLUSDT": "150", "BNBUSDT": "600", "XRPUSDT": "2", "DOGEUSDT": "0.15"}
_PATIENCE_S = 10


class Steps:
    """The steps of one module, in the order they are written."""

    def __init__(self) -> None:
        self._steps: list[Callable[[Any], None]] = []

    def __call__(self, step: Callable[[Any], None]) -> Callable[[Any], None]:
        """Add a step; used as a decorator."""
        self._steps.append(step)
        return step

    def __iter__(self) -> Iterator[Callable[[Any], None]]:
        return iter(self._steps)


class Controls:
    """The exchange's own controls, for what no client can do."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()

    def post(self, address: str, **body: Any) -> Any:
        """Call a control endpoint; raises on a refusal."""
        answer = self._session.post(f"{self.url}{address}", json=body, timeout=10)
        assert answer.ok, f"{address} {body}: {answer.text}"
        return answer.json()

    def prices(self, **prices: str) -> None:
        """Set marks at once."""
        self.post("/sim/prices", **prices)

    def fault(self, path: str, kind: str, **more: Any) -> None:
        """Spoil the next request to a path."""
        self.post("/sim/faults", path=path, kind=kind, **more)


def refused(kind: type[Exception], code: object, call: Callable[..., Any], *args: Any, **named: Any) -> Exception:
    """Check that a call raises exactly this class of the client's errors, with the exchange's code in it."""
    try:
        answer = call(*args, **named)
    except kind as error:
        assert type(error) is kind, f"{type(error).__name__} instead of {kind.__name__}: {error}"
        assert str(code) in str(error), f"{code} is not in {error}"
        return error
    raise AssertionError(f"not refused with {code}: {answer}")


def until(question: Callable[[], Any]) -> Any:
    """Ask until the answer is truthy; fails after a few seconds."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        answer = question()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"still nothing after {_PATIENCE_S} s")


def play(trader: Any, modules: list[Steps]) -> None:
    """Run all steps on a trader, one JSON line each; a step that fails doesn't keep the others from being played."""
    for step in (step for steps in modules for step in steps):
        began = time.monotonic()
        outcome = _outcome(step, trader)
        line = {"step": step.__name__, "outcome": outcome, "ms": round((time.monotonic() - began) * 1000)}
        print(json.dumps(line), flush=True)


def _outcome(step: Callable[[Any], None], trader: Any) -> str:
    try:
        step(trader)
    except Exception as error:
        frames = traceback.extract_tb(sys.exc_info()[2])
        here = [f"{frame.name}:{frame.lineno}" for frame in frames if "/tests/clients/" in frame.filename]
        return f"{type(error).__name__} in {' > '.join(here[1:])}: {error}"[:2000]
    return OK
