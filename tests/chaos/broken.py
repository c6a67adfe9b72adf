"""Builds with one thing taken out that keeps orders right, to see that chaos finds out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

from nof1web.adapters.store.tenant import SqliteTenant
from nof1web.core.records import Intent, IntentStatus
from nof1web.core.trading import OrderReport, OrderRequest
from nof1web.errors import OutcomeUnknown
from nof1web.services import sending
from tests.chaos.worker import VirtualLease


@contextmanager
def build(name: str | None) -> Iterator[None]:
    """Let everything inside run on a broken build; on the real one without a name."""
    with ExitStack() as stack:
        if name is not None:
            BUILDS[name](stack)
        yield


def _journal_after_send(stack: ExitStack) -> None:
    """The intent is written only once the order's answer is there."""
    written = sending._written

    def unwritten(ports: Any, order: Any, decided: Any, *, passed: int) -> Intent:
        journal = ports.store.journal
        with mock.patch.object(journal, "write", lambda intent: None):
            return written(ports, order, decided, passed=passed)

    settle, unknown = sending.settle, sending._unknown

    def settled(ports: Any, intent: Intent, report: OrderReport) -> Intent:
        _write_late(ports, intent)
        return settle(ports, intent, report)

    def kept_unknown(ports: Any, intent: Intent) -> Intent:
        _write_late(ports, intent)
        return unknown(ports, intent)

    stack.enter_context(mock.patch.object(sending, "_written", unwritten))
    stack.enter_context(mock.patch.object(sending, "settle", settled))
    stack.enter_context(mock.patch.object(sending, "_unknown", kept_unknown))


def _write_late(ports: Any, intent: Intent) -> None:
    with ports.store.transaction():
        ports.store.journal.write(replace(intent, status=IntentStatus.WRITTEN))


def _resend_on_timeout(stack: ExitStack) -> None:
    """An order whose answer is lost is sent once more, as HTTP libraries like to."""
    from nof1web.adapters.binance.exchange import BinanceExchange

    place = BinanceExchange.place

    def placed(exchange: BinanceExchange, order: OrderRequest) -> OrderReport:
        try:
            return place(exchange, order)
        except OutcomeUnknown:
            return place(exchange, order)

    stack.enter_context(mock.patch.object(BinanceExchange, "place", placed))


def _no_fence(stack: ExitStack) -> None:
    """Whoever stood still goes on as if nobody had taken over: no fence is compared, no lease is asked for."""
    stack.enter_context(mock.patch.object(SqliteTenant, "_require", lambda store, credential_id, fence: None))
    stack.enter_context(mock.patch.object(VirtualLease, "require", lambda lease, seconds: None))


BUILDS: dict[str, Callable[[ExitStack], None]] = {
    "journal_after_send": _journal_after_send,
    "resend_on_timeout": _resend_on_timeout,
    "no_fence": _no_fence,
}
