"""A file as a recording: nof1's account-totals with their history, or one answer of any source on each line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from nof1web.adapters.feeds.decode import EPOCH, UNREADABLE, decoded, elements, moment, number
from nof1web.adapters.feeds.nof1_wire import MARKER, account_of
from nof1web.errors import N_, FeedError, InvalidInput
from nof1web.services.ports import Recorded

NO_RECORDING = N_("This file is no recording: it has neither account-totals nor one answer of a source on each line.")


def recorded_reads(text: str) -> tuple[Recorded, ...]:
    """Return a file's reads, oldest first: each at the time that its answer tells; InvalidInput when there is none.

    A history of account-totals becomes one read at each record's time, with the newest record of each account by then.
    """
    try:
        reads = tuple(_history(text) if '"accountTotals"' in text and not _by_lines(text) else _lines(text))
    except (FeedError, RecursionError, *UNREADABLE) as error:
        raise InvalidInput(NO_RECORDING) from error
    if not reads:
        raise InvalidInput(NO_RECORDING)
    return tuple(sorted(reads, key=lambda read: read.at))


def _by_lines(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()]
    return len(lines) > 1 and all(line.startswith("{") and line.endswith("}") for line in lines)


def _lines(text: str) -> Iterator[Recorded]:
    for line in text.splitlines():
        if line.strip():
            document = decoded(line, "-")
            # When it was given, in ms: nof1's name for it, and that of a round over Hyperliquid addresses.
            at_ms = document["serverTime" if "serverTime" in document else "at"]
            yield Recorded(moment(number(at_ms)), line.encode())


def _history(text: str) -> Iterator[Recorded]:
    newest: dict[str, str] = {}
    hour = 0
    dated = sorted(_rows(text), key=lambda each: each[0])
    for place, (at, account, page, row) in enumerate(dated):
        newest[account], hour = row, max(hour, page)
        if place + 1 < len(dated) and dated[place + 1][0] == at:
            continue
        at_ms = int((at - EPOCH) / timedelta(milliseconds=1))
        body = f'{{"accountTotals":[{",".join(newest.values())}],"lastHourlyMarkerRead":{hour},"serverTime":{at_ms}}}'
        yield Recorded(at, body.encode())


def _rows(text: str) -> Iterator[tuple[datetime, str, int, str]]:
    """Each record's time, account and hour, and its text to the letter: no digit is written anew."""
    for row, written in elements(text, text.index("[", text.index('"accountTotals"'))):
        at = EPOCH + timedelta(microseconds=int(number(row["timestamp"]) * 1_000_000))
        yield at, account_of(row), int(number(row[MARKER])), written
