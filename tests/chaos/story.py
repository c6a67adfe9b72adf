"""Tells a run in the order of its time: what was to happen, what was sent, traded and told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.chaos.installation import USERS

if TYPE_CHECKING:
    from tests.chaos.running import Run

Line = tuple[float, str]


def story(run: Run) -> list[str]:
    """Return the lines of a run, oldest first; times are seconds since its start."""
    begun = run.plan.start_ms
    lines = [(float(each.at), f"PLAN   {str(each)[8:]}") for each in run.plan.events]
    lines += [((at_ms - begun) / 1000, text) for at_ms, text in run.notes]
    for number, (account, _) in enumerate(run.accounts):
        lines += [((at_ms - begun) / 1000, f"c_{number} {text}") for at_ms, text in _traded(account)]
        with run.site.stores(USERS[run.plan.accounts[number].user]) as store:
            for each in store.chronicle.events(limit=1000, credential_id=f"c_{number}"):
                at = each.at.timestamp() - begun / 1000
                lines.append((at, f"c_{number} told   {each.severity} {each.kind}: {each.text}"))
            for each in store.journal.intents(f"c_{number}", limit=1000):
                at = each.created_at.timestamp() - begun / 1000
                what = f"{each.kind} {each.side} {each.quantity} {each.symbol} #{each.epoch} {each.step}.{each.attempt}"
                came = f"{each.status} {each.executed} code {each.exchange_code} absences {each.absences}"
                lines.append((at, f"c_{number} intent {each.client_order_id} {what} {came} {dict(each.explanation)}"))
    return [f"{at:8.2f}  {text}" for at, text in sorted(lines, key=lambda line: line[0])]


def _traded(account: object) -> Iterator[tuple[int, str]]:
    for order in account.orders.values():  # type: ignore[attr-defined]
        what = f"{order.side} {order.quantity} {order.symbol} {order.position_side} {order.type}"
        yield order.created_ms, f"order  {order.client_order_id} {what} {order.status} {order.executed}"
    for algo in account.algos.values():  # type: ignore[attr-defined]
        what = f"{algo.type} {algo.side} {algo.quantity} {algo.symbol} {algo.position_side} @ {algo.trigger}"
        yield algo.created_ms, f"algo   {algo.client_algo_id} {what} {algo.status} until {algo.updated_ms}"
