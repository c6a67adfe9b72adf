"""An account's open orders for programs: when others' were read, how large they are, and that looking renews them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal as D

from nof1web.core.open_orders import OpenOrder
from nof1web.core.trading import PositionSide, Side
from tests.web import seed
from tests.web.past import named

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def order(id: str, quantity: int, executed: int, *, whole: bool) -> OpenOrder:
    """An order somebody placed on the account."""
    amounts = (D(quantity), D(executed), D(5), None)
    return OpenOrder(id, "XRPUSDT", Side.SELL, PositionSide.BOTH, "LIMIT", *amounts, True, whole, NOW)


def test_open_orders_that_were_never_read_say_so_and_are_read_once_for_whoever_looks(program, wiring, ann):
    credential, _tracker = seed.ids(ann)
    before = len(wiring.queue.asked)
    answers = [program.read(f"/credentials/{credential}/resting") for _ in range(2)]
    assert [each["read_at"] for each in answers] == [None, None]
    assert wiring.queue.asked[before:] == [("reconcile", ann.id, credential)]


def test_an_order_tells_how_much_of_it_is_filled_and_whether_it_closes_all(program, wiring, ann):
    credential, _tracker = seed.ids(ann)
    with wiring.tenants(ann.id) as store:
        store.open_orders.put(credential, (order("a", 10, 7, whole=False), order("b", 0, 0, whole=True)), NOW)
    answer = program.read(f"/credentials/{credential}/resting")
    rows = [each for each in answer["items"] if not each["own"]]
    assert [(row["quantity"], row["executed"], row["whole"]) for row in rows] == [("10", "7", False), ("0", "0", True)]
    assert answer["read_at"] == "2026-01-02T03:04:05Z"


def test_a_poll_has_the_open_orders_read_a_dry_run_does_not(program, wiring, ann):
    credential, before = named(ann.id, "c2"), len(wiring.queue.asked)
    program.do(f"/credentials/{credential}/poll", dry_run=True)
    program.do(f"/credentials/{credential}/poll")
    assert [each[0] for each in wiring.queue.asked[before:]] == ["cycle", "reconcile", "cycle"]
