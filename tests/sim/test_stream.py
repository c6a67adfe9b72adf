"""What an account's stream tells of its orders, word for word."""

from __future__ import annotations

from decimal import Decimal

from tests.sim.face import START_MS, Trader
from tests.sim.listening import limit, listen, names, pick

ORDER_KEYS = "s c S o f q p ap sp x X i l z L N n T t b a m R wt ot ps cp AP cr pP si ss rp V pm gtd er"
ALGO_KEYS = "caid aid at o s S ps f q X ai ap aq act tp p V wt pm cp pP R tt gtd rm ia"


def test_a_fill_is_told_lite_first_then_in_full_then_what_it_did_to_the_account(btc: Trader):
    heard = listen(btc)
    btc.market("BUY", "0.01")
    assert names(heard.take()) == [
        "ORDER_TRADE_UPDATE NEW NEW",
        "TRADE_LITE",
        "ORDER_TRADE_UPDATE TRADE FILLED",
        "ACCOUNT_UPDATE ORDER",
    ]


def test_an_order_is_told_with_every_key(btc: Trader):
    heard = listen(btc)
    answer = btc.market("BUY", "0.01", newClientOrderId="mine")
    update = heard.take()[2]
    assert sorted(update["o"]) == sorted(ORDER_KEYS.split()) and (update["E"], update["T"]) == (
        btc.clock(),
        btc.clock(),
    )
    told = pick(update["o"], "s c S o f p i l z L N n m rp ps er")
    wanted = {"s": "BTCUSDT", "c": "mine", "S": "BUY", "o": "MARKET", "f": "GTC", "p": "0", "i": answer["orderId"]}
    wanted |= {"l": "0.01", "z": "0.01", "L": "60001.2", "N": "USDT", "m": False, "rp": "0", "ps": "BOTH", "er": "0"}
    paid = Decimal(btc.call("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")[0]["commission"])
    assert (Decimal(told.pop("n")), told) == (paid, wanted)


def test_the_lite_one_is_told_with_every_key(btc: Trader):
    heard = listen(btc)
    btc.market("BUY", "0.01", newClientOrderId="mine")
    _, lite, update, _ = heard.take()
    told = pick(lite, "s q p m c S L l")
    assert told == {"s": "BTCUSDT", "q": "0.0100", "p": "0.00", "m": False, "c": "mine", "S": "BUY"} | {
        "L": "60001.20",
        "l": "0.0100",
    }
    assert (lite["t"], lite["i"], lite["e"]) == (update["o"]["t"], update["o"]["i"], "TRADE_LITE")


def test_a_market_order_the_book_cannot_fill_expires_for_9(btc: Trader):
    btc.world.exchange.deposit(btc.key["account_id"], "USDT", Decimal(10**9), now_ms=START_MS)
    btc.call("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=1)
    btc.price("400000")
    heard = listen(btc)
    btc.market("BUY", "120")
    last = [each for each in heard.take() if each["e"] == "ORDER_TRADE_UPDATE"][-1]["o"]
    assert (last["x"], last["X"], last["er"], last["t"]) == ("EXPIRED", "EXPIRED", "9", 0)
    assert 0 < Decimal(last["z"]) < 120


def test_what_is_left_of_an_ioc_order_expires_for_2(btc: Trader):
    heard = listen(btc)
    limit(btc, "BUY", "0.01", "59000", timeInForce="IOC")
    assert [(each["o"]["x"], each["o"]["er"]) for each in heard.take()] == [("NEW", "0"), ("EXPIRED", "2")]


def test_a_resting_order_tells_what_its_side_of_the_book_came_to(btc: Trader):
    heard = listen(btc)
    order = limit(btc, "BUY", "0.01", "59000")
    limit(btc, "BUY", "0.01", "58000")
    btc.call("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId=order["orderId"])
    told = heard.take()
    assert [(each["o"]["x"], each["o"]["b"], each["o"]["a"]) for each in told] == [
        ("NEW", "590", "0"),
        ("NEW", "1170", "0"),
        ("CANCELED", "580", "0"),
    ]


def test_a_resting_order_changes_nothing_in_the_account(btc: Trader):
    heard = listen(btc)
    limit(btc, "BUY", "0.01", "59000")
    assert names(heard.take()) == ["ORDER_TRADE_UPDATE NEW NEW"]


def test_an_order_filled_in_steps_tells_each(btc: Trader):
    limit(btc, "BUY", "0.01", "59000")
    heard = listen(btc)
    btc.price("58000")
    lite, fill, account = heard.take()
    assert (fill["o"]["m"], fill["o"]["L"], fill["o"]["X"]) == (True, "59000", "FILLED")
    assert (lite["p"], lite["m"], account["a"]["m"]) == ("59000.00", True, "ORDER")


def test_a_reduce_only_order_without_a_position_expires_for_4(btc: Trader):
    btc.market("BUY", "0.01")
    limit(btc, "SELL", "0.01", "61000", reduceOnly="true")
    heard = listen(btc)
    btc.market("SELL", "0.01")
    last = heard.take()[-1]["o"]
    assert (last["o"], last["x"], last["er"], last["R"]) == ("LIMIT", "EXPIRED", "4", True)


def test_a_closing_stop_is_told_with_every_key(btc: Trader):
    btc.market("BUY", "0.01")
    heard = listen(btc)
    algo = btc.algo("STOP_MARKET", "SELL", "59000", closePosition="true", priceProtect="true", clientAlgoId="stop")
    (told,) = heard.take()
    assert sorted(told["o"]) == sorted(ALGO_KEYS.split())
    wanted = {"caid": "stop", "aid": algo["algoId"], "at": "CONDITIONAL", "o": "STOP_MARKET", "f": "GTE_GTC", "q": "0"}
    wanted |= {"X": "NEW", "ai": "", "tp": "59000", "p": "0", "wt": "MARK_PRICE", "cp": True, "pP": True, "R": True}
    assert {key: told["o"][key] for key in wanted} == wanted


def test_a_closing_stop_expires_with_its_position(btc: Trader):
    btc.market("BUY", "0.01")
    btc.algo("STOP_MARKET", "SELL", "59000", closePosition="true")
    heard = listen(btc)
    btc.market("SELL", "0.01")
    assert names(heard.take())[-1] == "ALGO_UPDATE EXPIRED"


def test_a_stop_that_triggers_is_told_until_its_order_is_filled(btc: Trader):
    btc.market("BUY", "0.01")
    btc.algo("STOP_MARKET", "SELL", "59000", closePosition="true")
    heard = listen(btc)
    btc.price("58000")
    told = heard.take()
    order = next(each["o"] for each in told if each["e"] == "ORDER_TRADE_UPDATE")
    algos = [each["o"] for each in told if each["e"] == "ALGO_UPDATE"]
    assert [each["X"] for each in algos][-2:] == ["TRIGGERED", "FINISHED"]
    assert (algos[-1]["ai"], algos[-1]["act"], Decimal(algos[-1]["aq"])) == (str(order["i"]), "MARKET", Decimal("0.01"))
    assert (order["cp"], order["R"], algos[-1]["tt"]) == (True, True, btc.clock())


def test_an_order_that_would_trade_with_itself_expires_for_1(btc: Trader):
    heard = listen(btc)
    limit(btc, "SELL", "0.01", "60000")
    limit(btc, "BUY", "0.01", "60000")
    told = [(each["o"]["S"], each["o"]["x"], each["o"]["X"], each["o"]["er"]) for each in heard.take()]
    placed = [("SELL", "NEW", "NEW", "0"), ("BUY", "NEW", "NEW", "0")]
    assert told == [*placed, ("SELL", "EXPIRED", "EXPIRED_IN_MATCH", "1")]


def test_an_amendment_is_told_with_the_callers_number(btc: Trader):
    order = limit(btc, "BUY", "0.01", "59000")
    heard = listen(btc)
    wish = {"symbol": "BTCUSDT", "side": "BUY", "orderId": order["orderId"], "quantity": "0.02", "price": "58900"}
    btc.call("PUT", "/fapi/v1/order", **wish, modifyId=77)
    (told,) = heard.take()
    assert pick(told["o"], "x X M q p b") == {
        "x": "AMENDMENT",
        "X": "NEW",
        "M": "77",
        "q": "0.0200",
        "p": "58900",
        "b": "1178",
    }


def test_an_amendment_without_a_number_names_none(btc: Trader):
    order = limit(btc, "BUY", "0.01", "59000")
    heard = listen(btc)
    wish = {"symbol": "BTCUSDT", "side": "BUY", "orderId": order["orderId"], "quantity": "0.02", "price": "58900"}
    btc.call("PUT", "/fapi/v1/order", **wish)
    assert "M" not in heard.take()[0]["o"]


def test_a_delisted_symbols_orders_expire_for_7(btc: Trader):
    limit(btc, "BUY", "0.01", "59000")
    btc.market("BUY", "0.01")
    heard = listen(btc)
    btc.world.exchange.delist("BTCUSDT", now_ms=START_MS)
    btc.world.save()
    expired, _, settled, account = heard.take()
    assert (expired["o"]["x"], expired["o"]["er"]) == ("EXPIRED", "7")
    assert settled["o"]["c"].startswith("settlement_autoclose-") and account["a"]["P"][0]["pa"] == "0"
