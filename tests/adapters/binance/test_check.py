"""The connection test: one sentence per cause, saying what to do."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nof1web.adapters.binance.exchange import BinanceExchange
from nof1web.adapters.binance.signing import HmacSigner
from nof1web.adapters.budget import NoBudget
from nof1web.core.trading import Environment
from nof1web.errors import Blocked, CredentialRefused, Transient
from tests.adapters.binance.host import Host, Reply, free_port

CONFIG = "GET /fapi/v1/accountConfig"
RESTRICTIONS = "GET /sapi/v1/account/apiRestrictions"
GOOD_CONFIG = {"canTrade": True, "dualSidePosition": False, "multiAssetsMargin": False}
BALANCES = [{"asset": "BNB", "accountAlias": "x"}, {"asset": "USDT", "accountAlias": "SgsR"}]
SAFE = {
    "ipRestrict": True, "enableReading": True, "enableFutures": True, "enableWithdrawals": False,
    "enableInternalTransfer": False, "permitsUniversalTransfer": False,
}
ACCOUNT = {
    "totalMarginBalance": "103.12", "totalWalletBalance": "103.12", "availableBalance": "100",
    "totalInitialMargin": "3", "totalUnrealizedProfit": "0",
}


@pytest.fixture
def live(host: Host) -> BinanceExchange:
    host.tell(CONFIG, Reply(GOOD_CONFIG))
    host.tell("GET /fapi/v3/account", Reply(ACCOUNT))
    host.tell("GET /fapi/v3/balance", Reply(BALANCES))
    host.tell(RESTRICTIONS, Reply(SAFE))
    host.tell("GET /sapi/v1/account/info", Reply({"isPortfolioMarginRetailEnabled": False}))
    return client(host, Environment.LIVE)


def client(host: Host, environment: Environment, *, api_key: str = "k" * 64) -> BinanceExchange:
    return BinanceExchange(
        base_url=host.url, environment=environment, api_key=api_key, signer=HmacSigner("s"), budget=NoBudget(),
        sapi_url=host.url,
    )


def refusal(exchange: BinanceExchange) -> str:
    with pytest.raises((CredentialRefused, Blocked)) as refused:
        exchange.check()
    return str(refused.value)


def test_a_good_key_tells_its_account(live: BinanceExchange) -> None:
    found = live.check()
    assert (found.account_alias, found.equity, found.available) == ("SgsR", Decimal("103.12"), Decimal(100))
    assert found.warnings == ()


def test_a_testnet_keys_permissions_are_called_unverified(live: BinanceExchange, host: Host) -> None:
    assert client(host, Environment.TESTNET).check().warnings == ("permissions_unverified",)
    assert host.asked_for(RESTRICTIONS) == []


def test_an_empty_account_is_pointed_out(live: BinanceExchange, host: Host) -> None:
    host.tell("GET /fapi/v3/account", Reply({**ACCOUNT, "totalMarginBalance": "0.00000000"}))
    assert "no_funds" in live.check().warnings


def test_a_key_open_to_every_address_is_pointed_out(live: BinanceExchange, host: Host) -> None:
    host.tell(RESTRICTIONS, Reply({**SAFE, "ipRestrict": False}))
    assert live.check().warnings == ("no_address_restriction",)


@pytest.mark.parametrize("right", ["enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer"])
def test_a_key_that_can_move_money_is_refused(live: BinanceExchange, host: Host, right: str) -> None:
    host.tell(RESTRICTIONS, Reply({**SAFE, right: True}))
    assert right in refusal(live)


def test_a_key_whose_rights_are_not_told_is_refused(live: BinanceExchange, host: Host) -> None:
    host.tell(RESTRICTIONS, Reply({}))
    assert "enableWithdrawals" in refusal(live)


@pytest.mark.parametrize(("right", "word"), [("enableFutures", "not enabled"), ("enableReading", "reading")])
def test_a_key_that_may_do_too_little_is_refused(live: BinanceExchange, host: Host, right: str, word: str) -> None:
    host.tell(RESTRICTIONS, Reply({**SAFE, right: False}))
    assert word in refusal(live)


def test_live_without_a_way_to_check_permissions_is_refused(host: Host) -> None:
    exchange = BinanceExchange(
        base_url=host.url, environment=Environment.LIVE, api_key="k", signer=HmacSigner("s"), budget=NoBudget()
    )
    assert "BINANCE_SAPI_URL" in refusal(exchange)


def test_portfolio_margin_is_refused(live: BinanceExchange, host: Host) -> None:
    host.tell("GET /sapi/v1/account/info", Reply({"isPortfolioMarginRetailEnabled": True}))
    assert "portfolio margin" in refusal(live)


def test_an_account_that_may_not_trade_is_refused(live: BinanceExchange, host: Host) -> None:
    host.tell(CONFIG, Reply({**GOOD_CONFIG, "canTrade": False}))
    assert "may not trade futures" in refusal(live)


@pytest.mark.parametrize("api_key", ["", "with space", "line\nbreak", "ключ"])
def test_what_cannot_be_a_key_is_never_sent(host: Host, api_key: str) -> None:
    assert "letters and digits" in refusal(client(host, Environment.TESTNET, api_key=api_key))
    assert host.asked == []


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        (-2014, 401, "letters and digits"),
        (-2015, 401, "belongs to testnet"),
        (-1022, 400, "secret does not belong"),
        (-2017, 400, "locked"),
        (-1099, 401, "Create a new key"),
    ],
)
def test_a_refused_key_is_told_why(live: BinanceExchange, host: Host, code: int, status: int, words: str) -> None:
    host.tell(CONFIG, Reply({"code": code, "msg": "Invalid."}, status=status))
    assert words in refusal(client(host, Environment.TESTNET))


def test_a_key_known_elsewhere_but_refused_for_futures_is_told_so(live: BinanceExchange, host: Host) -> None:
    host.tell(CONFIG, Reply({"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}, status=401))
    assert "refuses it for futures" in refusal(live)


def test_a_clock_that_stays_wrong_is_named(live: BinanceExchange, host: Host) -> None:
    host.tell(CONFIG, Reply({"code": -1021, "msg": "Timestamp."}, status=400))
    with pytest.raises(Transient, match="clock"):
        live.check()


def test_a_clock_that_the_wallets_host_finds_wrong_is_measured_where_it_is_told(
    live: BinanceExchange, host: Host
) -> None:
    wrong = Reply({"code": -1021, "msg": "Timestamp."}, status=400)
    host.tell(RESTRICTIONS, wrong, Reply(SAFE))
    assert live.check().warnings == ()
    assert len(host.asked_for("GET /fapi/v1/time")) == 2


def test_an_unreachable_host_is_named() -> None:
    exchange = client(Host(f"http://127.0.0.1:{free_port()}"), Environment.TESTNET)
    with pytest.raises(Transient, match="cannot be reached"):
        exchange.check()
