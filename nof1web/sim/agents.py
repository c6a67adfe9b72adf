"""The arena's agents: what they hold and what their positions are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

from nof1web.sim.accounts import ZERO

START_EQUITY = Decimal(10000)
BUY_AND_HOLD = "buynhold_btc"
COINS = ("XRP", "DOGE", "BTC", "ETH", "SOL", "BNB")
NO_OID = -1
# Minutes each agent began before the arena did: buynhold's hour then starts last, as it did in the real arena.
AGENTS = {
    "gpt-5": 41,
    "claude-sonnet-4-5": 30,
    "deepseek-chat-v3.1": 36,
    "gemini-2.5-pro": 39,
    "grok-4": 38,
    "qwen3-max": 37,
    BUY_AND_HOLD: 0,
}
_LOTS = {"BTC": "0.00001", "ETH": "0.001", "SOL": "0.01", "BNB": "0.001", "XRP": "1", "DOGE": "1"}

Marks = Mapping[str, Decimal]


@dataclass(slots=True)
class AgentPosition:
    """One coin an agent holds; quantity signed, prices in USDT, `entry_oid` -1 for buy and hold."""

    coin: str
    quantity: Decimal
    entry_price: Decimal
    leverage: int
    entry_oid: int
    entry_ms: int
    stop: Decimal = ZERO
    target: Decimal = ZERO
    tp_oid: int = NO_OID
    sl_oid: int = NO_OID
    confidence: Decimal = ZERO
    risk_usd: Decimal = ZERO

    def unrealised(self, mark: Decimal) -> Decimal:
        """Profit not yet taken at that mark (USDT)."""
        return self.quantity * (mark - self.entry_price)

    @property
    def initial_margin(self) -> Decimal:
        """|quantity| × entry ÷ leverage (USDT)."""
        return abs(self.quantity) * self.entry_price / self.leverage

    def exit_crossed(self, mark: Decimal) -> bool:
        """Whether the mark has reached the stop or the target."""
        if self.quantity > 0:
            return (mark <= self.stop and self.stop > 0) or (mark >= self.target and self.target > 0)
        return (mark >= self.stop and self.stop > 0) or (mark <= self.target and self.target > 0)


@dataclass(slots=True)
class Agent:
    """One agent; `manual` freezes its book until it is set free again."""

    model_id: str
    inception_ms: int
    wallet: Decimal = START_EQUITY
    realised: Decimal = ZERO
    positions: dict[str, AgentPosition] = field(default_factory=dict)
    manual: bool = False
    moves: int = 0
    next_move_ms: int = 0
    next_record_ms: int = 0

    def unrealised(self, marks: Marks) -> Decimal:
        """Profit not yet taken over all positions (USDT)."""
        return sum((p.unrealised(marks[coin]) for coin, p in self.positions.items()), ZERO)

    def equity(self, marks: Marks) -> Decimal:
        """What the agent is worth (USDT)."""
        return self.wallet + self.unrealised(marks)

    def margin_used(self) -> Decimal:
        """Initial margin bound by all positions (USDT)."""
        return sum((p.initial_margin for p in self.positions.values()), ZERO)

    def reduce(self, coin: str, quantity: Decimal, price: Decimal) -> None:
        """Give back a signed part of a position at a price; a position given back whole vanishes."""
        position = self.positions[coin]
        profit = quantity * (price - position.entry_price)
        self.wallet += profit
        self.realised += profit
        position.quantity -= quantity
        if not position.quantity:
            del self.positions[coin]

    def close(self, coin: str, price: Decimal) -> None:
        """Give back a whole position."""
        self.reduce(coin, self.positions[coin].quantity, price)

    def add(self, coin: str, quantity: Decimal, price: Decimal) -> None:
        """Enlarge a position by a signed quantity; the entry becomes the average."""
        position = self.positions[coin]
        total = position.quantity + quantity
        paid = position.quantity * position.entry_price + quantity * price
        position.entry_price = significant(paid / total)
        position.quantity = total


def lot(coin: str) -> Decimal:
    """The smallest change of a coin's quantity in the arena."""
    return Decimal(_LOTS[coin])


def floor_lot(coin: str, quantity: Decimal) -> Decimal:
    """A quantity cut towards zero to whole lots."""
    size = lot(coin)
    return (quantity / size).to_integral_value(ROUND_DOWN) * size


def significant(price: Decimal) -> Decimal:
    """A price with seven significant digits, as the arena's venue rounds averages."""
    return Decimal(f"{price:.7g}")
