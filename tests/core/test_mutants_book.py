"""When a vanished symbol's records and reads stop being counted: what can change nothing is no news."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nof1web.core import book
from nof1web.core.signals import AgentRecord, Missing
from tests.core.scene import NOW, a_signal, a_signal_position, d

LONG_AGO = NOW - timedelta(seconds=60)


@pytest.mark.parametrize(("reads", "counted"), [(1, 2), (2, 2)])
def test_reads_are_counted_until_two_have_shown_that_a_symbol_is_gone(reads: int, counted: int) -> None:
    gone = a_signal_position(missing=Missing(LONG_AGO, 1, reads, whole_book=False))
    (position,) = book.same_again(a_signal(gone), NOW).positions
    assert position.missing is not None and position.missing.reads == counted


@pytest.mark.parametrize(("records", "counted"), [(9, 10), (10, 10)])
def test_records_are_counted_until_as_many_as_can_be_asked_for(records: int, counted: int) -> None:
    gone = a_signal_position(missing=Missing(LONG_AGO, records, 5, whole_book=True))
    newer = AgentRecord("grok", NOW + timedelta(seconds=1), d(10000), ())
    (position,) = book.advance(a_signal(gone), newer, NOW).positions
    assert position.missing is not None and position.missing.records == counted
