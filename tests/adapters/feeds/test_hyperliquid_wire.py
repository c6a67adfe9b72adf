"""Hyperliquid's answers as they are published, and fills of one block in whatever order they come."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.adapters.feeds.decode import decoded
from nof1web.adapters.feeds.hyperliquid_wire import epochs_of, exits_of, state_of

PUBLISHED = Path(__file__).parents[4] / "shared" / "data" / "nof1" / "hyperliquid_examples.json"
BLOCK_MS = 1_795_373_087_000


def fill(before: str, after: str, oid: int, *, tid: int, at_ms: int = BLOCK_MS) -> dict[str, Any]:
    """One fill of BTC."""
    moved = Decimal(after) - Decimal(before)
    side, size = "B" if moved > 0 else "A", str(abs(moved))
    return {"coin": "BTC", "side": side, "startPosition": before, "sz": size, "time": at_ms, "tid": tid, "oid": oid}


@given(tids=st.permutations(range(4)), order=st.permutations(range(4)))
def test_an_order_filled_in_pieces_within_one_block_is_one_opening(tids: list[int], order: list[int]) -> None:
    sizes = ["0.0", "0.3", "0.5", "1.2", "1.5"]
    pieces = [fill(sizes[place], sizes[place + 1], 71, tid=tids[place]) for place in range(4)]
    assert epochs_of([pieces[place] for place in order], {}) == {"BTC": ("71", Decimal("1.5"))}


@given(tids=st.permutations(range(4)))
def test_a_close_and_an_opening_of_the_other_side_within_one_block_end_in_the_latter(tids: list[int]) -> None:
    steps = [("1.0", "0.4", 80), ("0.4", "0.0", 80), ("0.0", "-0.5", 81), ("-0.5", "-0.7", 81)]
    rows = [fill(before, after, oid, tid=tid) for (before, after, oid), tid in zip(steps, tids, strict=True)]
    opening = fill("0.0", "1.0", 70, tid=99, at_ms=BLOCK_MS - 1)
    assert epochs_of([*rows, opening], {}) == {"BTC": ("81", Decimal("-0.7"))}


def test_a_fill_told_twice_counts_once() -> None:
    rows = [fill("0.0", "0.5", 71, tid=1), fill("0.5", "0.8", 72, tid=2), fill("0.5", "0.8", 72, tid=2)]
    assert epochs_of(rows, {}) == {"BTC": ("71", Decimal("0.8"))}


def test_a_position_older_than_the_fills_keeps_its_known_epoch_and_a_closed_one_has_none() -> None:
    assert epochs_of([fill("0.5", "0.8", 72, tid=2)], {"BTC": "70"}) == {"BTC": ("70", Decimal("0.8"))}
    assert epochs_of([fill("0.5", "0.0", 72, tid=2)], {"BTC": "70"}) == {"BTC": ("", Decimal(0))}


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="the published answers are not here")
def test_the_published_answers_are_read() -> None:
    answers = decoded(PUBLISHED.read_bytes(), "here")
    state = state_of(answers["clearinghouseState"]["response"])
    held = {coin: (each.size, each.leverage) for coin, each in state.held.items()}
    assert held == {"ETH": (Decimal("26.05"), 20), "BTC": (Decimal("-0.13"), 15)}
    assert epochs_of(answers["userFills"]["response"], {}) == {"AVAX": ("", Decimal("120.39"))}
    assert exits_of(answers["frontendOpenOrders"]["response"], state.held.values())["ETH"][0] is None
