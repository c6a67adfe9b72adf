"""Tests an API key and says in words what is wrong with it (binance.md §4.5, §6)."""

from __future__ import annotations

from typing import Any

from nof1web.adapters.binance.calls import ACCOUNT, BALANCE, CONFIG, RESTRICTIONS, WALLET
from nof1web.adapters.binance.http import Call
from nof1web.adapters.binance.parsing import Row, instant, parsed
from nof1web.adapters.binance.parsing_account import parse_account
from nof1web.adapters.binance.signed import SignedHost
from nof1web.adapters.binance.wire import STALE_CLOCK
from nof1web.core.trading import Account, Environment, KeyCheck
from nof1web.errors import N_, Blocked, CredentialRefused, ExchangeError, Transient

MOVES_MONEY = ("enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer")

FORMAT = N_(
    "This is not a complete API key: copy it again from the exchange, completely (64 characters, letters and digits)."
)
UNKNOWN_KEY = N_(
    "The exchange does not know this API key or does not let it in. Check that it was copied completely and belongs to "
    "%(environment)s, that this server's address is on its list, and that futures are enabled for it."
)
NO_FUTURES_OR_ADDRESS = N_(
    "The exchange knows this API key but refuses it for futures. Enable futures for the key, and check that a futures "
    "account is open and that this server's address is allowed."
)
WRONG_SECRET = N_("The API secret does not belong to this key. Copy it again, or create a new key if it is lost.")
LOCKED = N_("The exchange has locked the API keys of this account. Log in there, resolve it, then test again.")
NOT_FROM_HERE = N_(
    "The exchange knows this API key and refuses it from this server's address: put the address on the key's list at "
    "the exchange, see that the key may read, then test again."
)
REFUSED = N_("The exchange refused this API key: %(message)s (%(code)s). Create a new key and try that one.")
CLOCK = N_("The exchange finds this server's time wrong, even measured anew. Set the server's clock, then test again.")
NO_READING = N_("This API key may not read. Enable reading for it at the exchange, then test again.")
NO_FUTURES = N_("Futures are not enabled for this API key. Enable futures for it at the exchange, then test again.")
MAY_MOVE_MONEY = N_(
    "This API key may withdraw or transfer money (%(permissions)s). Remove these permissions at the exchange, "
    "then test again."
)
NOT_CHECKABLE = N_("What this API key may do can't be checked: set BINANCE_SAPI_URL, then test again.")
PORTFOLIO_MARGIN = N_("This account uses portfolio margin, which can't be traded here. Use an account without it.")
NO_TRADING = N_("This account may not trade futures. Log in at the exchange, see what it asks for, then test again.")


def check_key(host: SignedHost, sapi: SignedHost | None, *, api_key: str, environment: Environment) -> KeyCheck:
    """Return what the key's account is; nothing is changed there.

    Warnings: `permissions_unverified` (not live: they can't be read), `no_address_restriction`, `no_funds`.
    Raises CredentialRefused, Blocked or Transient, each with a sentence that says what to do.
    """
    if not (api_key.isascii() and api_key.isalnum()):
        raise CredentialRefused(FORMAT)
    host.now_ms()
    warnings = ["permissions_unverified"] if environment is not Environment.LIVE else _permissions(sapi)
    known = environment is Environment.LIVE
    config = _read(host, CONFIG, environment, refused=NO_FUTURES_OR_ADDRESS if known else UNKNOWN_KEY)
    if config.get("canTrade") is False:
        raise Blocked(NO_TRADING)
    row = _read(host, ACCOUNT, environment)
    account: Account = parsed(lambda found: parse_account(found, config, instant(host.now_ms())), row)
    if account.equity <= 0:
        warnings.append("no_funds")
    return KeyCheck(
        account_alias=parsed(_alias, _read(host, BALANCE, environment)),
        equity=account.equity,
        available=account.available,
        hedge=account.hedge,
        multi_assets=account.multi_assets,
        warnings=tuple(warnings),
    )


def _permissions(sapi: SignedHost | None) -> list[str]:
    if sapi is None:
        raise Blocked(NOT_CHECKABLE)
    # A key it doesn't know is told by another code there: what is left is where the request came from.
    may = _read(sapi, RESTRICTIONS, Environment.LIVE, refused=NOT_FROM_HERE)
    moves = [name for name in MOVES_MONEY if may.get(name) is not False]
    if moves:
        raise CredentialRefused(MAY_MOVE_MONEY, permissions=", ".join(moves))
    if may.get("enableReading") is not True:
        raise CredentialRefused(NO_READING)
    if may.get("enableFutures") is not True:
        raise CredentialRefused(NO_FUTURES)
    if _read(sapi, WALLET, Environment.LIVE).get("isPortfolioMarginRetailEnabled"):
        raise Blocked(PORTFOLIO_MARGIN)
    return [] if may.get("ipRestrict") is True else ["no_address_restriction"]


def _read(host: SignedHost, call: Call, environment: Environment, *, refused: str = UNKNOWN_KEY) -> Any:
    """Read, with the refusal of a key put into words; `refused` are those of the code that has several causes."""
    try:
        return host.read(call)
    except ExchangeError as error:
        code = error.exchange_code
        if code in STALE_CLOCK:
            raise Transient(CLOCK, exchange_code=code, body=error.body) from error
        if not isinstance(error, CredentialRefused):
            raise
        words = {
            -2008: UNKNOWN_KEY,
            -2014: FORMAT,
            -2015: refused,
            -1022: WRONG_SECRET,
            -2017: LOCKED,
        }.get(code or 0, REFUSED)
        raise CredentialRefused(
            words,
            exchange_code=code,
            http_status=error.http_status,
            body=error.body,
            environment=environment.value,
            message=error.text.numbers.get("message", ""),
            code=code,
        ) from error


def _alias(rows: list[Row]) -> str:
    usdt = [row for row in rows if row["asset"] == "USDT"]
    return str((usdt or rows)[0]["accountAlias"]) if rows else ""
