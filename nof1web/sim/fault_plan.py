"""Faults by a seeded plan: the same seed and the same requests meet the same faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from nof1web.sim.accounts import TRANSIENT
from nof1web.sim.faults import BY_REQUEST, EITHER_WAY, EXCHANGE, Asked, Fault, path_fits

DEFAULT_CODES = (-1000, -1001, -1006, -1007)
_BOTH_WAYS = EITHER_WAY - {"lose_answer"}


@dataclass(slots=True)
class SeededPlan:
    """Draws for the n-th request that fits it from Random(f"{seed}:{n}"); `rates` is a share (0 to 1) by kind.

    Without `paths` it has its say about all of the exchange, and nothing else. `seen` counts the requests that fitted,
    `drawn` what they met. Ends at `until_ms` (0: never).
    """

    seed: int
    rates: Mapping[str, Decimal]
    paths: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    api_key: str = ""
    codes: tuple[int, ...] = DEFAULT_CODES
    seconds: Decimal = Decimal(3)
    until_ms: int = 0
    seen: int = 0
    drawn: Counter[str] = field(default_factory=Counter)
    changed: bool = field(default=True, metadata=TRANSIENT)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.rates) - BY_REQUEST)
        if unknown:
            raise ValueError(f"a plan knows the kinds {', '.join(sorted(BY_REQUEST))}, not {', '.join(unknown)}")
        if any(not 0 <= rate <= 1 for rate in self.rates.values()) or sum(self.rates.values()) > 1:
            raise ValueError("rates have to be between 0 and 1, and so has their sum")
        if not self.codes:
            raise ValueError("a plan needs at least one code")

    def fits(self, asked: Asked, *, now_ms: int) -> bool:
        """Whether the plan has a say about a request."""
        return (
            (not self.until_ms or now_ms < self.until_ms)
            and self._covers(asked.path)
            and (not self.methods or asked.method in self.methods)
            and self.api_key in ("", asked.api_key)
        )

    def _covers(self, path: str) -> bool:
        return any(path_fits(each, path) for each in self.paths) if self.paths else path.startswith(EXCHANGE)

    def draw(self, asked: Asked, *, now_ms: int) -> Fault | None:
        """What the next request that fits meets; None for no fault. An exempt request meets no throttling."""
        if not self.fits(asked, now_ms=now_ms):
            return None
        self.seen += 1
        self.changed = True
        fault = drawn_fault(self, self.seen)
        if fault is None or not fault.fits(asked):
            return None
        self.drawn[fault.kind] += 1
        return fault


def drawn_fault(plan: SeededPlan, number: int) -> Fault | None:
    """What the plan has for its request of a number (from 1): kind, then code, execution, status and share."""
    chance = Random(f"{plan.seed}:{number}")
    luck, reached = Decimal(repr(chance.random())), Decimal(0)
    for kind in sorted(plan.rates):
        reached += plan.rates[kind]
        if luck < reached:
            return Fault(
                kind=kind,
                path="",
                code=chance.choice(plan.codes),
                executed=kind not in _BOTH_WAYS or chance.random() < 0.5,
                status=chance.choice((502, 504)),
                share=Decimal(chance.randint(1, 9)) / 10,
                seconds=plan.seconds,
            )
    return None
