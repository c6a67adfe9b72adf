"""The stream alone, played back from the start, is the account that REST shows."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nof1web.sim.refusal import Refusal
from tests.sim.face import Trader, trader
from tests.sim.listening import listen
from tests.sim.test_invariants import ACTIONS, BTC, act

SWITCHES = st.sampled_from(
    ["ISOLATED", "CROSSED", "7", "50", "cancel", "cancel algo", "funding", "deposit", "bnb", "amend", "adl"]
)
STORY = st.lists(st.tuples(ACTIONS, SWITCHES), min_size=1, max_size=6)


@dataclass
class Replay:
    """What somebody knows who heard every event and asked nothing."""

    wallets: dict[str, Decimal]
    positions: dict[str, tuple[Decimal, ...]] = field(default_factory=dict)
    orders: dict[int, tuple[str, Decimal, Decimal, Decimal]] = field(default_factory=dict)
    algos: dict[int, tuple[str, Decimal]] = field(default_factory=dict)

    def hear(self, event: dict[str, Any]) -> None:
        """Learn from one event."""
        match event["e"]:
            case "ACCOUNT_UPDATE":
                self.wallets |= {row["a"]: Decimal(row["wb"]) for row in event["a"]["B"]}
                for row in event["a"]["P"]:
                    kept = {row["ps"]: tuple(Decimal(row[key]) for key in ("pa", "ep", "iw"))}
                    self.positions = {side: seen for side, seen in {**self.positions, **kept}.items() if seen[0]}
            case "ORDER_TRADE_UPDATE":
                body = event["o"]
                seen = (body["X"], *(Decimal(body[key]) for key in ("q", "p", "z")))
                self.orders.pop(body["i"], None)
                if body["X"] in ("NEW", "PARTIALLY_FILLED"):
                    self.orders[body["i"]] = seen
            case "ALGO_UPDATE":
                body = event["o"]
                self.algos.pop(body["aid"], None)
                if body["X"] == "NEW":
                    self.algos[body["aid"]] = (body["X"], Decimal(body["tp"]))


def rest(face: Trader) -> Replay:
    """What REST shows."""
    positions = face.call("GET", "/fapi/v3/positionRisk", symbol=BTC)
    orders = face.call("GET", "/fapi/v1/openOrders", symbol=BTC)
    algos = face.call("GET", "/fapi/v1/openAlgoOrders", symbol=BTC)
    balances = face.call("GET", "/fapi/v3/balance")
    rows = {row["positionSide"]: row for row in positions if Decimal(row["positionAmt"])}
    keys = ("positionAmt", "entryPrice", "isolatedWallet")
    return Replay(
        {row["asset"]: Decimal(row["balance"]) for row in balances},
        {side: tuple(Decimal(row[key]) for key in keys) for side, row in rows.items()},
        {
            row["orderId"]: (row["status"], *(Decimal(row[key]) for key in ("origQty", "price", "executedQty")))
            for row in orders
        },
        {row["algoId"]: (row["algoStatus"], Decimal(row["triggerPrice"])) for row in algos},
    )


def switch(face: Trader, what: str) -> None:
    """Choose, cancel, change or be paid something; a refusal is fine."""
    orders = face.call("GET", "/fapi/v1/openOrders", symbol=BTC)
    match what:
        case "ISOLATED" | "CROSSED":
            face.call("POST", "/fapi/v1/marginType", symbol=BTC, marginType=what)
        case "cancel":
            face.call("DELETE", "/fapi/v1/allOpenOrders", symbol=BTC)
        case "cancel algo":
            face.call("DELETE", "/fapi/v1/algoOpenOrders", symbol=BTC)
        case "amend" if orders:
            order, more = orders[0], Decimal(orders[0]["origQty"]) + Decimal("0.001")
            wish = {key: order[key] for key in ("orderId", "side", "price")}
            face.call("PUT", "/fapi/v1/order", symbol=BTC, quantity=f"{more:f}", **wish)
        case "funding":
            market = face.world.exchange.market
            market.quotes[BTC].funding_rate = Decimal("0.0003")
            market.at_ms = market.next_funding_ms() - 1000
            face.world.exchange.step(market.at_ms + 1000)
        case "bnb":
            face.world.exchange.deposit(face.key["account_id"], "BNB", Decimal("0.001"), now_ms=face.clock())
            face.call("POST", "/fapi/v1/feeBurn", feeBurn="true")
        case "adl":
            for side in ("BOTH", "LONG", "SHORT"):
                shift(face, side, what)
        case "deposit":
            face.world.exchange.deposit(face.key["account_id"], "USDT", Decimal(5), now_ms=face.clock())
        case leverage if leverage.isdigit():
            face.call("POST", "/fapi/v1/leverage", symbol=BTC, leverage=leverage)


def shift(face: Trader, side: str, what: str) -> None:
    """Move margin into a position, or deleverage it."""
    name, exchange = face.key["account_id"], face.world.exchange
    with suppress(Refusal):
        if what == "margin":
            exchange.change_margin(name, BTC, side, kind=1, amount=Decimal(3), now_ms=face.clock())
        else:
            exchange.auto_deleverage(name, BTC, side, now_ms=face.clock())


@settings(max_examples=80, deadline=None)
@given(STORY, st.sampled_from(["BOTH", "LONG", "SHORT"]), st.booleans())
def test_the_stream_alone_tells_what_the_account_is(story, position_side, isolated):
    hedge = position_side != "BOTH"
    face = trader(hedge=hedge)
    if isolated:
        switch(face, "ISOLATED")
    known, heard = rest(face), listen(face)
    account = face.world.exchange.account(face.key["account_id"])
    face.world.streams.keys[account.account_id].expires_ms *= 2
    for actions, what in story:
        for action in actions:
            act(face.world.exchange, account, action, position_side if hedge else None)
        if isolated:
            shift(face, position_side, "margin")
        face.world.save()
        switch(face, what)
    face.world.save()
    for event in heard.take():
        known.hear(event)
    assert known == rest(face)
