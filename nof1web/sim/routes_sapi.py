"""The spot host: what a key may do, and whether its account is a master or a sub account (binance.md §4.5)."""

from __future__ import annotations

from nof1web.sim import render
from nof1web.sim.accounts import Account
from nof1web.sim.engine import FIRST_UID
from nof1web.sim.limits import SAPI, SPOT
from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json
from nof1web.sim.routing import READ, Call, Route, Routes

# Seen of a broker's account; what a sub account really gets is not known, only that it is a business code.
NOT_A_MASTER = -10038
_FLAGS = (
    "enableReading",
    "enableWithdrawals",
    "enableInternalTransfer",
    "enableMargin",
    "enableFutures",
    "permitsUniversalTransfer",
    "enableVanillaOptions",
    "enableFixApiTrade",
    "enableFixReadOnly",
    "enableSpotAndMarginTrading",
    "enablePortfolioMarginTrading",
)


def api_restrictions(call: Call) -> Json:
    """GET apiRestrictions of the key that asks."""
    if call.key is None:
        raise Refusal(-2015)
    may = call.key.permissions
    first = {"ipRestrict": may["ipRestrict"], "createTime": call.key.created_ms}
    return {**first, **{name: may[name] for name in _FLAGS}}


def account_info(call: Call) -> Json:
    """GET account/info."""
    return {
        "vipLevel": 0,
        "isMarginEnabled": False,
        "isFutureEnabled": True,
        "isOptionsEnabled": False,
        "isPortfolioMarginRetailEnabled": call.owner.portfolio_margin,
    }


def sub_accounts(call: Call) -> Json:
    """GET sub-account/list, for masters only."""
    return {"subAccounts": [_sub_account(call, each) for each in _subs_of_master(call)]}


def sub_account_status(call: Call) -> list[Json]:
    """GET sub-account/status, for masters only."""
    return [
        {
            "email": _email(each),
            "isSubUserEnabled": True,
            "isUserActive": True,
            "insertTime": each.created_ms,
            "isMarginEnabled": False,
            "isFutureEnabled": True,
            "mobile": 0,
        }
        for each in _subs_of_master(call)
    ]


def sub_user_history(call: Call) -> list[Json]:
    """GET sub-account/transfer/subUserHistory, for sub accounts only: what came in (type 1) and went out (2)."""
    owner = call.owner
    if not owner.is_sub:
        raise Refusal(NOT_A_MASTER, message="Only a sub-account may call this.")
    return [
        {
            "counterParty": "master",
            "email": "",
            "type": 1 if row.amount >= 0 else 2,
            "asset": row.asset,
            "qty": render.plain(abs(row.amount)),
            "fromAccountType": "USDT_FUTURE",
            "toAccountType": "USDT_FUTURE",
            "status": "SUCCESS",
            "tranId": row.tran_id,
            "time": row.at_ms,
        }
        for row in owner.income
        if row.kind == "TRANSFER"
    ]


def spot_account(call: Call) -> Json:
    """GET /api/v3/account: an empty spot account, whose uid tells the same person under another key."""
    if call.key is None:
        raise Refusal(-2015)
    may = call.key.permissions
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": "0.001", "taker": "0.001", "buyer": "0.00000000", "seller": "0.00000000"},
        "canTrade": may["enableSpotAndMarginTrading"],
        "canWithdraw": may["enableWithdrawals"],
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": call.owner.updated_ms,
        "accountType": "SPOT",
        "balances": [],
        "permissions": ["SPOT"],
        "uid": uid_of(call.owner),
    }


def uid_of(account: Account) -> int:
    """The person's number; accounts stored before they had one get it from their id."""
    return account.uid or FIRST_UID + int(account.account_id[1:])


def _subs_of_master(call: Call) -> list[Account]:
    owner = call.owner
    if owner.is_sub:
        raise Refusal(NOT_A_MASTER, message="Only a master account may call this.")
    return [each for each in call.world.exchange.ledger.accounts.values() if each.sub_of == owner.account_id]


def _sub_account(call: Call, account: Account) -> Json:
    return {
        "subUserId": uid_of(account),
        "email": _email(account),
        "remark": "",
        "isFreeze": False,
        "createTime": account.created_ms,
        "isManagedSubAccount": False,
        "isAssetManagementSubAccount": False,
    }


def _email(account: Account) -> str:
    return f"{account.account_id}_virtual@sub.invalid"


_SUB = "/sapi/v1/sub-account"
ROUTES: Routes = {
    ("GET", "/sapi/v1/account/apiRestrictions"): Route(api_restrictions, 1, READ, pool=SAPI),
    ("GET", "/sapi/v1/account/info"): Route(account_info, 1, READ, pool=SAPI),
    ("GET", f"{_SUB}/list"): Route(sub_accounts, 1, READ, pool=SAPI),
    ("GET", f"{_SUB}/status"): Route(sub_account_status, 10, READ, pool=SAPI),
    ("GET", f"{_SUB}/transfer/subUserHistory"): Route(sub_user_history, 1, READ, pool=SAPI),
    ("GET", "/api/v3/account"): Route(spot_account, 20, READ, pool=SPOT),
}
