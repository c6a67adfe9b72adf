"""The start page: what this is, the list of accounts, and the form for an account with an API key."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from nof1web.sim.accounts import Account
from nof1web.sim.keys import ApiKey
from nof1web.sim.local import is_local
from nof1web.sim.margin import margins
from nof1web.sim.page_fields import BadField, Fields, read_fields
from nof1web.sim.page_prices import price_rows
from nof1web.sim.page_view import NO_PROBLEM, Problem, problem, render
from nof1web.sim.public_keys import kind_of
from nof1web.sim.routing import Answer, Call, whole_of

LEAST_BALANCE, MOST_BALANCE = Decimal(10), Decimal(10_000_000)
DEFAULT_BALANCE = "1000"
ACCOUNTS_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of accounts; money in USDT."""

    account_id: str
    hedge: bool
    equity: Decimal
    wallet: Decimal
    unrealised: Decimal
    positions: int
    orders: int


def show(call: Call) -> Answer:
    """GET /."""
    return _page(call)


def figures(call: Call) -> Answer:
    """GET /figures: the parts of the start page that move."""
    return render(call, "_home_figures.html", path="/", **_figures(call))


def make_key(call: Call) -> Answer:
    """POST /keys: an account with a key, whose secret this one answer shows."""
    fields = read_fields(call)
    try:
        balance = fields.decimal("balance", "balance_error", least=LEAST_BALANCE, most=MOST_BALANCE)
        public_key = wanted_public_key(fields)
    except BadField as error:
        return _page(call, status=422, problem=problem(call, "create", fields, error))
    hedge = fields.text("mode") == "hedge"
    account = call.world.exchange.open_account(balance, hedge=hedge, now_ms=call.now_ms)
    return key_page(call, account, public_key, back="/")


def wanted_public_key(fields: Fields) -> str:
    """The public key (PEM) a key is to be made of, "" for one with a secret; raises BadField before anything is made.

    An unticked choice is a key with a secret.
    """
    if fields.text("kind") != "own":
        return ""
    # Not in plain width: a PEM is ASCII or it is none.
    pem = fields.typed.get("public_key", "").strip().replace("\r\n", "\n")
    try:
        kind_of(pem)
    except ValueError as error:
        raise BadField("public_key", "public_key_error") from error
    return f"{pem}\n"


def key_page(call: Call, account: Account, public_key: str, *, back: str) -> Answer:
    """Make a key of an account and show it, this one time with its secret."""
    key: ApiKey = call.world.keys.issue(account.account_id, {}, now_ms=call.now_ms, public_key=public_key)
    return render(call, "key.html", path=back, key=key, account=account)


def _page(call: Call, *, status: int = 200, problem: Problem = NO_PROBLEM) -> Answer:
    base_url = f"http://{call.environ.get('HTTP_HOST', '')}"
    shown = {"base_url": base_url, "default_balance": DEFAULT_BALANCE, "problem": problem, **_figures(call)}
    return render(call, "home.html", path="/", status=status, **shown)


def _figures(call: Call) -> dict[str, Any]:
    if not is_local(call):
        return {"rows": price_rows(call), "accounts": [], "total": 0, "first": 0}
    everyone = call.world.exchange.ledger.accounts
    total = len(everyone)
    asked = whole_of(parse_qs(call.query).get("from", ["0"])[-1]) or 0
    first = min(asked, max(0, total - 1))
    # Newest first: the account somebody just made is the one they look for.
    chosen = list(reversed(everyone.values()))[first : first + ACCOUNTS_SHOWN]
    listed = [_listed(call, account) for account in chosen]
    return {"rows": price_rows(call), "accounts": listed, "total": total, "first": first}


def _listed(call: Call, account: Account) -> Listed:
    sums = margins(account, call.world.exchange.market)
    return Listed(
        account_id=account.account_id,
        hedge=account.hedge,
        equity=sums.equity,
        wallet=sums.wallet,
        unrealised=sums.unrealised,
        positions=len(account.live_positions()),
        orders=len(account.open_orders) + sum(algo.is_open for algo in account.open_algos.values()),
    )
