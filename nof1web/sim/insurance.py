"""The insurance fund: clearing fees go in, what liquidated accounts can't pay comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from nof1web.sim.accounts import USDT, ZERO

START = Decimal(1_000_000)


@dataclass(slots=True)
class Fund:
    """What the fund holds by asset (units of the asset).

    Empty, it stops paying as long as another holder can be deleveraged; what still has to be paid then is its debt,
    which later clearing fees repay.
    """

    balances: dict[str, Decimal] = field(default_factory=lambda: {USDT: START})

    def balance(self, asset: str) -> Decimal:
        """What it holds of an asset (units of the asset)."""
        return self.balances.get(asset, ZERO)

    def credit(self, asset: str, amount: Decimal) -> None:
        """Put a signed amount (units of the asset) in."""
        self.balances[asset] = self.balance(asset) + amount
