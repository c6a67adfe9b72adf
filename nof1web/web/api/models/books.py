"""What accounts hold and what was ordered, traded and decided."""

from __future__ import annotations

from datetime import datetime

from nof1web.core.history import Severity
from nof1web.core.states import EpochState, IntentStatus, OrderKind
from nof1web.core.trading import Environment, Leg, Side
from nof1web.services.recognising import Whose
from nof1web.web.api.models import Listing
from nof1web.web.api.models.fields import Model, Money, Price, Quantity


class Position(Model):
    """A position of an account with the holding in it, or a shadow holding."""

    credential: str
    credential_id: str
    symbol: str
    quantity: Quantity
    holding: Quantity
    entry: Price
    mark: Price
    stop: Price | None
    target: Price | None
    unrealised: Money
    agent: str | None
    tracker: str | None
    tracker_id: str | None
    shadow: bool


class Holding(Model):
    """A tracker's share in one stay of its agent in a symbol."""

    credential: str
    credential_id: str
    tracker: str
    tracker_id: str
    symbol: str
    epoch: str
    state: EpochState
    holding: Quantity
    entry: Price | None
    mark: Price | None
    leverage: int
    agent_quantity: Quantity
    allocation: Money
    shadow: bool
    opened_at: datetime


class Latency(Model):
    """Milliseconds between the steps of an order."""

    seen_to_decided: int | None
    decided_to_sent: int | None
    sent_to_acknowledged: int | None
    total: int | None


class Slippage(Model):
    """Basis points, positive = worse."""

    agent: Quantity | None
    mark: Quantity | None


class Order(Model):
    """A journaled order with what became of it."""

    created_at: datetime
    credential: str
    credential_id: str
    environment: Environment | None
    tracker: str
    tracker_id: str
    symbol: str
    kind: OrderKind
    side: Side
    quantity: Quantity
    executed: Quantity
    price: Price | None
    mark: Price
    leverage: int
    status: IntentStatus
    shadow: bool
    client_order_id: str
    exchange_code: int | None
    explanation: dict[str, str]
    fee: Price | None
    latency_ms: Latency
    slippage_bps: Slippage


class Fill(Model):
    """A trade of an account; `realised` in USDT, `fee` in its asset."""

    traded_at: datetime
    credential: str
    credential_id: str
    symbol: str
    side: Side
    quantity: Quantity
    price: Price
    fee: Price
    fee_asset: str
    realised: Money
    trade_id: str
    order_id: str


class Verdict(Model):
    """What became of a signal for one tracker and symbol; `code` and `numbers` say why."""

    tracker: str
    tracker_id: str
    symbol: str
    verdict: str
    code: str
    numbers: dict[str, str]
    message: str
    epoch: str
    decided_at: datetime


class Event(Model):
    """Something that happened; ids grow by one."""

    id: int
    at: datetime
    severity: Severity
    kind: str
    message: str
    credential: str | None
    credential_id: str | None
    tracker_id: str | None
    symbol: str | None


class Equity(Model):
    """An account's reading at a time."""

    at: datetime
    equity: Money
    wallet: Money
    available: Money
    margin: Money


class Standing(Model):
    """What a tracker should hold in a symbol against what it holds; `wanted` is null where no size was decided."""

    credential: str
    tracker: str
    tracker_id: str
    symbol: str
    agent_quantity: Quantity
    wanted: Quantity | None
    holding: Quantity
    live: Quantity
    missing: Quantity | None
    code: str
    reason: str


class PastCycle(Model):
    """A cycle that ran: how many orders and refusals came of it."""

    cycle_id: str
    began_at: datetime
    ended_at: datetime
    orders: int
    refusals: int
    error: str | None


class Resting(Model):
    """An order that rests on the exchange, or of ours one whose answer is awaited (`leg` and `verified` say no).

    `own`: a tracker placed it. Others' are listed as they were last read, with whose mark they have (`owner`) and the
    exchange's word for their kind. `verified` says that a listing of the exchange has shown it. Of `quantity`,
    `executed` is filled; with `whole` it closes all of the position, and `quantity` says nothing.
    """

    symbol: str
    side: Side
    quantity: Quantity
    executed: Quantity
    whole: bool
    leg: Leg | None
    trigger: Price | None
    verified: bool
    own: bool
    owner: Whose | None
    kind: str | None
    price: Price | None
    tracker: str
    tracker_id: str
    placed_at: datetime
    client_order_id: str


class OpenOrders(Listing[Resting]):
    """One page of an account's open orders; others' are those of `read_at`, null when they were never read."""

    read_at: datetime | None
