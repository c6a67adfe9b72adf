"""A whole recorded day decided once more, from its middle too."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from nof1web.adapters.store.market import SqliteMarket
from nof1web.services import feeding
from nof1web.services.replaying import replay
from nof1web.services.stores import SourceState
from tests.services import test_replaying as short
from tests.services.test_replaying import BEGAN, PARSE, Generated, decided

DAY, STEP = timedelta(days=1), 60


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_recorded_day_gives_the_same_decisions_byte_for_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property
) -> None:
    monkeypatch.setattr(short, "STEP", STEP)
    market, feed, known = SqliteMarket(tmp_path / "market.db"), Generated(), []
    for number in range(int(DAY.total_seconds()) // STEP):
        now = BEGAN + timedelta(seconds=STEP * number)
        feeding.read_source(feed, market, now)
        state = market.source_state("nof1")
        assert isinstance(state, SourceState)
        known.append((now, feeding.seen(market, state)))
    for hours in (0, 20):
        since = BEGAN + timedelta(hours=hours)
        wanted = decided([each for each in known if each[0] >= since])
        again = decided(list(replay(market, "nof1", PARSE, since=since, until=BEGAN + DAY)))
        assert wanted == again and b"PlannedOrder" in wanted
        record_property(f"bytes of decisions from hour {hours}", len(wanted))
    market.close()
