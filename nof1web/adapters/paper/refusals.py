"""What the engine's refusals mean for the caller: the same classes as on the real exchange (binance.md §6)."""

from __future__ import annotations

from nof1web.errors import N_, AlreadyDone, Blocked, ExchangeError, Rejected, Transient
from nof1web.sim.engine import Refusal

STALE_CLOCK, UNKNOWN_SYMBOL, TOO_LITTLE, NO_ENTRIES = -1021, -1121, -4004, -4140
NO_PRICE, UNKNOWN_ORDER = -1001, -2011

_TRANSIENT = frozenset({NO_PRICE, STALE_CLOCK, -4509})
_DONE = frozenset({UNKNOWN_ORDER, -4046, -4116})
_BLOCKED = frozenset({-4047, -4048, NO_ENTRIES, -4161, -4168})
_WORDS: dict[type[ExchangeError], str] = {
    Transient: N_("The paper exchange cannot take this now: %(message)s (%(code)s). It will be tried again."),
    AlreadyDone: N_("The paper exchange already has it so: %(message)s (%(code)s)."),
    Blocked: N_("The paper exchange does not let this account open positions here: %(message)s (%(code)s)."),
    Rejected: N_("The paper exchange refused this: %(message)s (%(code)s)."),
}


def failure(refusal: Refusal) -> ExchangeError:
    """Return the error for a refusal, with its code kept on it; a code in none of the sets is Rejected."""
    code = refusal.code
    kind: type[ExchangeError] = Rejected
    for codes, meant in ((_TRANSIENT, Transient), (_DONE, AlreadyDone), (_BLOCKED, Blocked)):
        if code in codes:
            kind = meant
    message = refusal.message.rstrip(". ")
    return kind(_WORDS[kind], exchange_code=code, body=refusal.message, message=message, code=code)
