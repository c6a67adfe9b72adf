"""What accounts own and choose: opening, deposits, modes, isolated margin, the deleveraging queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from nof1web.sim import adl, configs, news
from nof1web.sim.accounts import Account, Income, MarginChange
from nof1web.sim.isolated import change_margin
from nof1web.sim.ledger import Ledger
from nof1web.sim.margin import margins, withdrawable
from nof1web.sim.market import Market
from nof1web.sim.refusal import Refusal
from nof1web.sim.rules import ASSETS

FIRST_UID = 400_000_000


@dataclass(slots=True)
class Bank:
    """All accounts on one market, without their orders. Every call is given the time (ms); refusals raise Refusal."""

    market: Market
    ledger: Ledger = field(default_factory=Ledger)
    ranks: adl.Ranks = field(default_factory=adl.Ranks)

    def open_account(self, balance: Decimal, *, hedge: bool = False, now_ms: int) -> Account:
        """A new account with a balance (USDT)."""
        number = self.ledger.next_id("account")
        account = Account(f"a{number}", balance, now_ms, hedge=hedge, updated_ms=now_ms, uid=FIRST_UID + number)
        self.ledger.touch(account)
        tran_id = self.ledger.next_id("tran")
        self.ledger.keep_income(Income(tran_id, account.account_id, "", "TRANSFER", balance, now_ms))
        return account

    def deposit(self, account_id: str, asset: str, amount: Decimal, *, now_ms: int) -> Account:
        """Move a signed amount (units of the asset) in or out; raises -1126, or -2018 beyond what may be taken out."""
        account = self.account(account_id)
        if asset not in ASSETS:
            raise Refusal(-1126)
        if amount < 0 and -amount > withdrawable(account, self.market, margins(account, self.market), asset):
            raise Refusal(-2018)
        account.credit(asset, amount)
        account.updated_ms = now_ms
        self.ledger.touch(account)
        income = Income(self.ledger.next_id("tran"), account_id, "", "TRANSFER", amount, now_ms, asset=asset)
        self.ledger.keep_income(income)
        reason = "DEPOSIT" if amount >= 0 else "WITHDRAW"
        news.account_changed(self.ledger, self.market, account, reason, now_ms=now_ms, changes={asset: amount})
        return account

    def account(self, account_id: str) -> Account:
        """An account by id; raises Refusal -2015."""
        return self.ledger.account(account_id)

    def set_leverage(self, account_id: str, symbol: str, leverage: int, *, now_ms: int) -> None:
        """Choose a symbol's leverage: -4028 -4161 -2027 -2028."""
        configs.set_leverage(self.ledger, self.market, self.account(account_id), symbol, leverage, now_ms=now_ms)

    def set_margin_type(self, account_id: str, symbol: str, margin_type: str, *, now_ms: int = 0) -> None:
        """Choose CROSSED or ISOLATED: -4046 -4047 -4048 -4168."""
        at_ms = now_ms or self.market.at_ms
        account = self.account(account_id)
        configs.set_margin_type(self.ledger, self.market, account, symbol, margin_type, now_ms=at_ms)

    def set_hedge(self, account_id: str, *, hedge: bool) -> None:
        """Choose the position mode: -4059 -4067 -4068."""
        configs.set_hedge(self.ledger, self.account(account_id), hedge=hedge)

    def set_multi_assets(self, account_id: str, *, on: bool, now_ms: int) -> None:
        """Choose the asset mode: -4171 -4167 -4170 -4172 -4169."""
        configs.set_multi_assets(self.ledger, self.market, self.account(account_id), on=on, now_ms=now_ms)

    def set_fee_burn(self, account_id: str, *, on: bool) -> None:
        """Choose whether fees are paid in BNB while there is some."""
        configs.set_fee_burn(self.ledger, self.account(account_id), on=on)

    def change_margin(
        self, account_id: str, symbol: str, side: str, *, kind: int, amount: Decimal, now_ms: int
    ) -> MarginChange:
        """Add (1) or take (2) margin (USDT) of an isolated position: -4049 -4050 -4051 -4054 -4055."""
        account = self.account(account_id)
        position = account.position(symbol, side)
        return change_margin(self.ledger, self.market, account, position, kind=kind, amount=amount, now_ms=now_ms)

    def auto_deleverage(
        self, account_id: str, symbol: str, side: str, *, price: Decimal | None = None, now_ms: int
    ) -> None:
        """Close a whole position as deleveraging does, at a price (default: the mark); raises -2024 when it is flat."""
        account = self.account(account_id)
        position = account.positions.get(f"{symbol}|{side}")
        if position is None or not position.quantity:
            raise Refusal(-2024)
        at = price or self.market.mark(symbol)
        size = abs(position.quantity)
        adl.close(self.ledger, self.market, account, position, quantity=size, price=at, now_ms=now_ms)

    def adl_quantiles(self, account_id: str, symbol: str) -> dict[str, int]:
        """A symbol's place in the deleveraging queue by side, 0 to 4, as GET adlQuantile names the sides."""
        return adl.quantiles(self.ranks, self.ledger, self.market, self.account(account_id), symbol)
