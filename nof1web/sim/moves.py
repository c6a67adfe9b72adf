"""What an agent does next: open, add, partial close, flip, reopen, close; drawn from a seeded generator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from nof1web.sim.agents import COINS, NO_OID, START_EQUITY, Agent, AgentPosition, Marks, floor_lot, significant

_MOST_POSITIONS = 4
_LEAST_SHARE, _MOST_SHARE = 0.06, 0.24
_ROOM = Decimal("0.85")
# Largest notional of one position in equities: keeps a fast book from ruining its agent within a day.
_MOST_NOTIONAL = 1.5
_RUIN = Decimal("0.25")
_WEIGHTS = {"open": 30, "add": 18, "partial": 20, "flip": 11, "reopen": 8, "close": 13}


@dataclass(slots=True)
class Desk:
    """What a move works with: the agent, marks by coin (USDT), the generator, the time and the source of oids."""

    agent: Agent
    marks: Marks
    rng: Random
    now_ms: int
    next_oid: Callable[[], int]

    def uniform(self, low: float, high: float) -> Decimal:
        """A seeded number between two bounds, four decimals."""
        return Decimal(f"{self.rng.uniform(low, high):.4f}")


def make_move(desk: Desk) -> str:
    """Change the agent's book once; the name of what was done."""
    agent = desk.agent
    if agent.equity(desk.marks) < START_EQUITY * _RUIN:
        return _start_anew(desk)
    kinds = ["open"] if not agent.positions else _possible(desk)
    kind = desk.rng.choices(kinds, [_WEIGHTS[name] for name in kinds])[0]
    return kind if _MOVES[kind](desk) else "hold"


def open_first(desk: Desk, count: int) -> None:
    """Fill an empty book with a few positions."""
    for _ in range(count):
        _open(desk)


def take_exits(agent: Agent, marks: Marks) -> list[str]:
    """Close every position whose stop or target the mark has reached; the coins closed."""
    hit = [coin for coin, position in agent.positions.items() if position.exit_crossed(marks[coin])]
    for coin in hit:
        agent.close(coin, marks[coin])
    return hit


def _possible(desk: Desk) -> list[str]:
    kinds = ["add", "partial", "flip", "reopen", "close"]
    if len(desk.agent.positions) < _MOST_POSITIONS and _room(desk) >= Decimal(str(_LEAST_SHARE)):
        kinds.append("open")
    return kinds


def _room(desk: Desk) -> Decimal:
    """The share of equity that may still be bound as margin."""
    return _ROOM - desk.agent.margin_used() / desk.agent.equity(desk.marks)


def _open(desk: Desk) -> bool:
    free = [coin for coin in COINS if coin not in desk.agent.positions]
    sign = 1 if desk.rng.random() < 0.6 else -1
    return _enter(desk, desk.rng.choice(free), sign)


def _enter(desk: Desk, coin: str, sign: int) -> bool:
    leverage = desk.rng.randint(3, 20)
    most = min(_MOST_SHARE, max(_LEAST_SHARE, _MOST_NOTIONAL / leverage), float(_room(desk)))
    if most < _LEAST_SHARE:
        return False
    mark = desk.marks[coin]
    notional = desk.uniform(_LEAST_SHARE, most) * desk.agent.equity(desk.marks) * leverage
    quantity = floor_lot(coin, notional / mark)
    if not quantity:
        return False
    oid = desk.next_oid()
    # The arena's venue rarely holds resting exits for the small coins: the model watches those itself.
    resting = coin not in ("XRP", "DOGE") and desk.rng.random() < 0.8
    desk.agent.positions[coin] = AgentPosition(
        coin=coin,
        quantity=quantity * sign,
        entry_price=significant(mark),
        leverage=leverage,
        entry_oid=oid,
        entry_ms=desk.now_ms,
        stop=significant(mark * (1 - sign * desk.uniform(0.005, 0.016))),
        target=significant(mark * (1 + sign * desk.uniform(0.008, 0.03))),
        tp_oid=oid + 41 if resting else NO_OID,
        sl_oid=oid + 57 if resting else NO_OID,
        confidence=Decimal(f"{desk.rng.uniform(0.5, 0.9):.2f}"),
        risk_usd=Decimal(desk.rng.randrange(100, 700, 50)),
    )
    return True


def _pick(desk: Desk) -> AgentPosition:
    return desk.agent.positions[desk.rng.choice(list(desk.agent.positions))]


def _add(desk: Desk) -> bool:
    position = _pick(desk)
    equity = desk.agent.equity(desk.marks)
    if position.initial_margin > equity * Decimal("0.18"):
        return False
    more = floor_lot(position.coin, position.quantity * desk.uniform(0.15, 0.35))
    if not more or _room(desk) < Decimal("0.07"):
        return False
    desk.agent.add(position.coin, more, desk.marks[position.coin])
    return True


def _partial(desk: Desk) -> bool:
    position = _pick(desk)
    less = floor_lot(position.coin, position.quantity * desk.uniform(0.25, 0.6))
    too_small = position.initial_margin < desk.agent.equity(desk.marks) * Decimal("0.04")
    if too_small or not less:
        return _close_position(desk, position)
    desk.agent.reduce(position.coin, less, desk.marks[position.coin])
    return True


def _flip(desk: Desk) -> bool:
    position = _pick(desk)
    sign = -1 if position.quantity > 0 else 1
    _close_position(desk, position)
    return _enter(desk, position.coin, sign)


def _reopen(desk: Desk) -> bool:
    position = _pick(desk)
    sign = 1 if position.quantity > 0 else -1
    _close_position(desk, position)
    return _enter(desk, position.coin, sign)


def _close(desk: Desk) -> bool:
    return _close_position(desk, _pick(desk))


def _close_position(desk: Desk, position: AgentPosition) -> bool:
    desk.agent.close(position.coin, desk.marks[position.coin])
    return True


def _start_anew(desk: Desk) -> str:
    """A ruined agent closes everything and gets its first money again, so that the arena never runs dry."""
    for coin in list(desk.agent.positions):
        desk.agent.close(coin, desk.marks[coin])
    desk.agent.wallet = START_EQUITY
    return "anew"


_MOVES: dict[str, Callable[[Desk], bool]] = {
    "open": _open,
    "add": _add,
    "partial": _partial,
    "flip": _flip,
    "reopen": _reopen,
    "close": _close,
}
