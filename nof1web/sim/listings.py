"""Whether a symbol may be traded, and which way (binance.md §4.1 status and POSITION_RISK_CONTROL, Appendix A)."""

from __future__ import annotations

from dataclasses import dataclass

from nof1web.sim.refusal import Refusal

TRADING, CLOSE = "TRADING", "CLOSE"
# Positions may still be closed, none opened.
_WINDING_DOWN = frozenset({"PRE_DELIVERING", "PRE_SETTLE"})
_CLOSED = frozenset({"DELIVERED", CLOSE})
STATUSES = frozenset({TRADING, "PENDING_TRADING", "DELIVERING", "SETTLING"}) | _WINDING_DOWN | _CLOSED
CONTROL_REFUSALS = {"BOTH": (-4105, ("BUY", "SELL")), "BUY": (-4106, ("BUY",)), "SELL": (-4107, ("SELL",))}
CONTROLS = frozenset({"NONE", *CONTROL_REFUSALS})


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol's status, the side whose orders must be reduce-only, and whether it needs the TradFi agreement."""

    status: str = TRADING
    control: str = "NONE"
    tradfi: bool = False

    @property
    def matches(self) -> bool:
        """Whether orders meet the book at all."""
        return self.status == TRADING or self.status in _WINDING_DOWN

    def changed(self, *, status: str | None, control: str | None, tradfi: bool | None) -> Listing:
        """This listing with what isn't None changed; raises -1122 for an unknown status, -1130 for an unknown side."""
        new = Listing(status or self.status, control or self.control, self.tradfi if tradfi is None else tradfi)
        if new.status not in STATUSES:
            raise Refusal(-1122)
        if new.control not in CONTROLS:
            raise Refusal(-1130, "positionControlSide")
        return new

    def check(self, side: str, *, closing: bool, agreed: bool) -> None:
        """Refuse an order the listing forbids: -4141 -4140 -4411 -4105 -4106 -4107.

        Stricter than known: without the agreement not even a closing order of a TradFi symbol passes.
        """
        if self.status in _CLOSED:
            raise Refusal(-4141)
        if not self.matches or (self.status != TRADING and not closing):
            raise Refusal(-4140)
        if self.tradfi and not agreed:
            raise Refusal(-4411)
        code, sides = CONTROL_REFUSALS.get(self.control, (0, ()))
        if side in sides and not closing:
            raise Refusal(code)


ORDINARY = Listing()
