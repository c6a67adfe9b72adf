"""What an account's stream tells of its wallets, positions and choices."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim.events import MarginCall
from nof1web.sim.news import position_news
from tests.sim.face import START_MS, Trader
from tests.sim.listening import listen, names, pick

FUNDING_MS = 8 * 3_600_000


def test_the_account_update_holds_only_what_changed(btc: Trader):
    btc.market("SELL", "100", symbol="DOGEUSDT")
    heard = listen(btc)
    btc.market("BUY", "0.01")
    told = heard.take()[-1]["a"]
    (balance,), (position,) = told["B"], told["P"]
    row = btc.call("GET", "/fapi/v3/positionRisk", symbol="BTCUSDT")[0]
    assert position == {
        "s": "BTCUSDT",
        "pa": "0.01",
        "ep": row["entryPrice"],
        "bep": row["breakEvenPrice"],
        "cr": "0",
        "up": "-0.012",
        "mt": "cross",
        "iw": "0",
        "ps": "BOTH",
        "ma": "USDT",
    }
    wallet = btc.call("GET", "/fapi/v3/balance")[0]["balance"]
    assert balance == {"a": "USDT", "wb": wallet, "cw": wallet, "bc": "0"}


def test_realised_profit_adds_up(btc: Trader):
    heard = listen(btc)
    profits = []
    for _ in range(2):
        btc.market("BUY", "0.01")
        btc.market("SELL", "0.01")
        profits.append(Decimal(heard.take()[-1]["a"]["P"][0]["cr"]))
    assert profits == [Decimal("-0.024"), Decimal("-0.048")]


def test_choices_are_told(btc: Trader):
    heard = listen(btc)
    btc.call("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=7)
    btc.call("POST", "/fapi/v1/multiAssetsMargin", multiAssetsMargin="true")
    leverage, mode = heard.take()
    assert (leverage["e"], leverage["ac"]) == ("ACCOUNT_CONFIG_UPDATE", {"s": "BTCUSDT", "l": 7})
    assert (mode["e"], mode["ai"]) == ("ACCOUNT_CONFIG_UPDATE", {"j": True})


def test_a_margin_type_is_told_as_a_change_of_the_account(btc: Trader):
    heard = listen(btc)
    btc.call("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    (told,) = heard.take()
    (position,) = told["a"]["P"]
    assert (told["a"]["m"], told["a"]["B"]) == ("MARGIN_TYPE_CHANGE", [])
    assert (position["s"], position["mt"], position["pa"]) == ("BTCUSDT", "isolated", "0")


def test_a_deposit_is_told_with_its_amount(btc: Trader):
    heard = listen(btc)
    btc.world.exchange.deposit(btc.key["account_id"], "BNB", Decimal(2), now_ms=START_MS)
    btc.world.save()
    (told,) = heard.take()
    wanted = [{"a": "BNB", "wb": "2.00000000", "cw": "2.00000000", "bc": "2"}]
    assert (told["a"]["m"], told["a"]["B"], told["a"]["P"]) == ("DEPOSIT", wanted, [])


def fund(face: Trader) -> dict:
    """The funding's update of a position in BTC."""
    face.world.exchange.market.quotes["BTCUSDT"].funding_rate = Decimal("0.001")
    face.market("BUY", "0.01")
    heard = listen(face, frozenset({"ACCOUNT_UPDATE"}))
    face.world.streams.keys[face.key["account_id"]].expires_ms += FUNDING_MS
    face.world.exchange.market.at_ms = face.world.exchange.market.next_funding_ms() - 1000
    face.world.step(face.world.exchange.market.at_ms + 1000)
    (told,) = heard.take()
    return told["a"]


def test_funding_of_a_crossed_position_is_told_without_the_position(btc: Trader):
    told = fund(btc)
    assert (told["m"], told["S"], told["P"], told["B"][0]["bc"]) == ("FUNDING_FEE", "BTCUSDT", [], "-0.6")


def test_funding_of_an_isolated_position_is_told_with_it(btc: Trader):
    btc.call("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    told = fund(btc)
    (position,) = told["P"]
    assert (told["m"], position["s"], position["mt"], position["pa"]) == ("FUNDING_FEE", "BTCUSDT", "isolated", "0.01")
    assert Decimal(told["B"][0]["wb"]) - Decimal(told["B"][0]["cw"]) == Decimal(position["iw"])


def test_a_liquidation_is_told_by_its_client_id(btc: Trader):
    btc.market("BUY", "0.1")
    heard = listen(btc)
    btc.price("49000")
    told = heard.take()
    orders = [each["o"] for each in told if each["e"] == "ORDER_TRADE_UPDATE"]
    assert all(each["c"].startswith("autoclose-") for each in orders)
    assert [each["x"] for each in orders] == ["NEW"] + ["CALCULATED"] * (len(orders) - 1)
    assert "ACCOUNT_UPDATE INSURANCE_CLEAR" in names(told) and "TRADE_LITE" not in names(told)


def test_a_margin_call_is_told_with_its_positions(btc: Trader):
    btc.market("BUY", "0.1")
    heard = listen(btc)
    account, market = btc.world.exchange.account(btc.key["account_id"]), btc.world.exchange.market
    news = position_news(account, market, account.live_positions()[0])
    call = MarginCall(account.account_id, START_MS, Decimal("3.16812045"), (news,), (Decimal("24.5"),))
    btc.world.exchange.ledger.tell(account.account_id, lambda: call)
    btc.world.save()
    (told,) = heard.take()
    assert (told["e"], told["E"], told["cw"]) == ("MARGIN_CALL", START_MS, "3.16812045")
    row = pick(told["p"][0], "s ps pa mt iw mp mm")
    wanted = {"s": "BTCUSDT", "ps": "BOTH", "pa": "0.1", "mt": "CROSSED", "iw": "0", "mp": "60000", "mm": "24.5"}
    assert row == wanted


def test_deleveraging_is_told_by_its_client_id(btc: Trader):
    btc.market("BUY", "0.01")
    heard = listen(btc)
    btc.world.exchange.auto_deleverage(btc.key["account_id"], "BTCUSDT", "BOTH", now_ms=START_MS)
    btc.world.save()
    told = heard.take()
    orders = [each["o"] for each in told if each["e"] == "ORDER_TRADE_UPDATE"]
    assert [(each["c"], each["x"], each["q"]) for each in orders] == [
        ("adl_autoclose", "NEW", "0.0100"),
        ("adl_autoclose", "CALCULATED", "0.0100"),
    ]


def test_margin_moved_into_a_position_is_told(btc: Trader):
    btc.call("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    btc.market("BUY", "0.01")
    before = Decimal(btc.call("GET", "/fapi/v3/positionRisk")[0]["isolatedWallet"])
    heard = listen(btc)
    btc.call("POST", "/fapi/v1/positionMargin", symbol="BTCUSDT", amount="5", type=1)
    (told,) = heard.take()
    assert (told["a"]["m"], Decimal(told["a"]["P"][0]["iw"]) - before) == ("MARGIN_TRANSFER", 5)


def test_a_margin_call_comes_before_the_liquidation(btc: Trader):
    btc.market("BUY", "0.1")
    heard = listen(btc)
    btc.price("50260")
    assert names(heard.take()) == ["MARGIN_CALL"]
    btc.price("50255")
    assert names(heard.take()) == []
    btc.price("50200")
    assert "ACCOUNT_UPDATE INSURANCE_CLEAR" in names(heard.take())
