"""What states there are, and what each lets through (DESIGN §5, states table)."""

from __future__ import annotations

from enum import StrEnum


class CredentialState(StrEnum):
    """What still flows for a credential or a tracker (DESIGN §5, states table); a tracker is never LOCKED."""

    RUNNING = "running"
    PAUSED = "paused"
    CLOSE_ONLY = "close_only"
    HALTED = "halted"
    STOPPED = "stopped"
    LOCKED = "locked"

    @property
    def polls(self) -> bool:
        """Whether cycles run at all."""
        return self not in (CredentialState.STOPPED, CredentialState.LOCKED)

    @property
    def enters(self) -> bool:
        """Whether entries and increases are allowed."""
        return self is CredentialState.RUNNING

    @property
    def exits(self) -> bool:
        """Whether the agent's reductions and closes are carried out."""
        return self.polls

    @property
    def syncs(self) -> bool:
        """Whether the account is still read; slowly while stopped."""
        return self is not CredentialState.LOCKED


class By(StrEnum):
    """Who moves a credential or tracker from one state to another."""

    PERSON = "person"
    LIMIT = "limit"
    """a limit that was reached"""
    KEY = "key"
    """what the exchange or the vault says of the key"""


_S = CredentialState
_MOVES = {
    By.PERSON: {
        _S.RUNNING: {_S.PAUSED, _S.CLOSE_ONLY, _S.HALTED, _S.STOPPED},
        _S.PAUSED: {_S.RUNNING, _S.CLOSE_ONLY, _S.HALTED, _S.STOPPED},
        _S.CLOSE_ONLY: {_S.RUNNING, _S.PAUSED, _S.HALTED, _S.STOPPED},
        # Straight to running only, which reconciles: no detour may make entries flow without it.
        _S.HALTED: {_S.RUNNING, _S.STOPPED},
        _S.STOPPED: {_S.RUNNING},
        _S.LOCKED: set[CredentialState](),
    },
    By.LIMIT: {each: {_S.HALTED} for each in (_S.RUNNING, _S.PAUSED, _S.CLOSE_ONLY)},
    By.KEY: {
        **{each: {_S.LOCKED} for each in _S},
        _S.RUNNING: {_S.PAUSED, _S.LOCKED},
        # Stopped after a good test; as it was once the right master key is there again.
        _S.LOCKED: set(_S) - {_S.LOCKED},
    },
}


def allowed(now: CredentialState, then: CredentialState, by: By) -> bool:
    """Whether somebody may move a credential, or a tracker (whose table has no LOCKED), to another state."""
    return then in _MOVES[by].get(now, set())


class Mode(StrEnum):
    """Whether a tracker's orders are only recorded or sent."""

    SHADOW = "shadow"
    TRADE = "trade"


class EpochState(StrEnum):
    """How far a tracker is with one stay of its agent in a symbol."""

    PENDING = "pending"
    """the first order is journaled, nothing is known to be filled"""
    LIVE = "live"
    DONE = "done"
    """no entry or increase any more; reductions and the close still apply to what is left"""
    STOPPED = "stopped"
    """the own stop or target fired; no re-entry"""
    CLOSED = "closed"
    MISSED = "missed"
    """refused until its window ended; final"""
    IGNORED = "ignored"
    """held by the agent before the tracker started, and not wanted"""
    TOOK_PROFIT = "took_profit"
    """the profit target was reached; what is left is closed"""
    EXPIRED = "expired"
    """held longer than allowed; what is left is closed"""
    ROUNDED = "rounded"
    """too little to be held: less than a step was left of it, or it never reached the minimum; entered once the agent
    adds"""

    @property
    def enters(self) -> bool:
        """Whether entries and increases may still follow in this epoch."""
        return self in (EpochState.PENDING, EpochState.LIVE)

    @property
    def closes(self) -> bool:
        """Whether what is left of the holding has to go, whatever the agent does."""
        return self in (EpochState.TOOK_PROFIT, EpochState.EXPIRED)

    @property
    def cools(self) -> bool:
        """Whether the epoch was ended by something else than its agent, which starts the symbol's cooldown."""
        return self in (EpochState.DONE, EpochState.STOPPED, EpochState.TOOK_PROFIT, EpochState.EXPIRED)


class OrderKind(StrEnum):
    """What an order does to its holding."""

    OPEN = "open"
    INCREASE = "increase"
    REDUCE = "reduce"
    CLOSE = "close"

    @property
    def exits(self) -> bool:
        """Whether it only makes the holding smaller."""
        return self in (OrderKind.REDUCE, OrderKind.CLOSE)


class IntentStatus(StrEnum):
    """What became of a journaled order. WRITTEN and UNKNOWN are unresolved; the others are final."""

    WRITTEN = "written"
    UNKNOWN = "unknown"
    FILLED = "filled"
    PARTIAL = "partial"
    EMPTY = "empty"
    """ended on the exchange without a fill"""
    REJECTED = "rejected"
    ABSENT = "absent"
    """proven never to have reached the exchange"""

    @property
    def resolved(self) -> bool:
        """Whether its effect is known."""
        return self not in (IntentStatus.WRITTEN, IntentStatus.UNKNOWN)
