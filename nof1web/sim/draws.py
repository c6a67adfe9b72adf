"""The luck of the random walk: seeded draws for every second, made in blocks, with calm and wild hours."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

# Draws come in blocks: seeding a generator costs more than drawing from it.
BLOCK = 128
# About one flash move every two hours somewhere on the market.
_FLASH_CHANCE = 1 / 7200
_SMALLEST_FLASH, _LARGEST_FLASH = 0.01, 0.04
_REGIME_STEPS = 3600
_REGIMES = (0.6, 1.0, 1.0, 1.6)


@dataclass(frozen=True, slots=True)
class Draw:
    """One second's luck: a shock for all symbols; for each its own, one for the premium, one for the last price.

    Shocks have the deviation 1 in an ordinary hour, the other two lie between -1 and 1. `flash` is a flash move, the
    place of its symbol and its size as a share of the price; seldom there is one.
    """

    common: float
    own: tuple[tuple[float, float, float], ...]
    flash: tuple[int, float] | None


def block_of(seed: int, number: int, symbols: int) -> list[Draw]:
    """The draws of the steps number × BLOCK and following, for that many symbols; always the same for a seed."""
    rng = Random(f"{seed}:market:{number}")
    regime = Random(f"{seed}:regime:{number * BLOCK // _REGIME_STEPS}").choice(_REGIMES)
    gauss, even = rng.gauss, rng.random
    draws: list[Draw] = []
    for _ in range(BLOCK):
        own = tuple((gauss(0, regime), even() * 2 - 1, even() * 2 - 1) for _ in range(symbols))
        draws.append(Draw(gauss(0, regime), own, _flash(rng, symbols)))
    return draws


def _flash(rng: Random, symbols: int) -> tuple[int, float] | None:
    if not symbols or rng.random() >= _FLASH_CHANCE:
        return None
    size = rng.uniform(_SMALLEST_FLASH, _LARGEST_FLASH)
    return rng.randrange(symbols), size if rng.random() < 0.5 else -size
