"""exchangeInfo and leverageBracket as the demo host writes them (binance.md §4.1)."""

from __future__ import annotations

from nof1web.sim.collateral import AUTO_EXCHANGE
from nof1web.sim.limits import ORDERS_1M, ORDERS_10S
from nof1web.sim.listings import Listing
from nof1web.sim.market import Market
from nof1web.sim.render import Json, plain
from nof1web.sim.rules import (
    ASSETS,
    LIQUIDATION_FEE,
    MAX_OPEN_ORDERS,
    PERCENT_DOWN,
    PERCENT_UP,
    TAKE_BOUND,
    TRIGGER_PROTECT,
    Instrument,
)

_TYPES = ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"]


def exchange_info(market: Market, *, now_ms: int, weight_limit: int) -> Json:
    """The whole document; `serverTime` is there but not to be relied on, as on the real host."""
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": [
            _limit("REQUEST_WEIGHT", "MINUTE", 1, weight_limit),
            _limit("ORDERS", "MINUTE", 1, ORDERS_1M),
            _limit("ORDERS", "SECOND", 10, ORDERS_10S),
        ],
        "exchangeFilters": [],
        "assets": [
            {"asset": asset, "marginAvailable": True, "autoAssetExchange": plain(AUTO_EXCHANGE[asset])}
            for asset in ASSETS
        ],
        "symbols": [_symbol(item, market.listing(item.symbol)) for item in market.instruments.values()],
    }


def leverage_bracket(instrument: Instrument) -> Json:
    """A symbol's leverage ladder; numbers, not strings."""
    return {
        "symbol": instrument.symbol,
        "notionalCoef": 1.0,
        "brackets": [
            {
                "bracket": rung.number,
                "initialLeverage": rung.leverage,
                "notionalCap": int(rung.cap),
                "notionalFloor": int(rung.floor),
                "maintMarginRatio": float(rung.maintenance_ratio),
                "cum": float(rung.cum),
            }
            for rung in instrument.brackets
        ],
    }


def _limit(kind: str, interval: str, count: int, limit: int) -> Json:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": count, "limit": limit}


def _symbol(item: Instrument, listing: Listing) -> Json:
    return {
        "symbol": item.symbol,
        "pair": item.symbol,
        "contractType": "TRADIFI_PERPETUAL" if listing.tradfi else "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": 1569398400000,
        "status": listing.status,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": item.base,
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": item.price_precision,
        "quantityPrecision": item.quantity_precision,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "triggerProtect": str(TRIGGER_PROTECT),
        "liquidationFee": f"{LIQUIDATION_FEE:.6f}",
        "marketTakeBound": str(TAKE_BOUND),
        "maxMoveOrderLimit": 10000,
        "filters": [*_filters(item), {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": listing.control}],
        "orderTypes": _TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }


def _filters(item: Instrument) -> list[Json]:
    step = str(item.step)
    return [
        {
            "filterType": "PRICE_FILTER",
            "tickSize": str(item.tick),
            "minPrice": plain(item.min_price),
            "maxPrice": plain(item.max_price),
        },
        {"filterType": "LOT_SIZE", "stepSize": step, "maxQty": plain(item.max_quantity), "minQty": step},
        {"filterType": "MARKET_LOT_SIZE", "minQty": step, "stepSize": step, "maxQty": plain(item.market_max_quantity)},
        {"filterType": "MAX_NUM_ORDERS", "limit": MAX_OPEN_ORDERS},
        {"filterType": "MIN_NOTIONAL", "notional": plain(item.min_notional)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": str(PERCENT_UP),
            "multiplierDown": str(PERCENT_DOWN),
            "multiplierDecimal": "4",
        },
    ]
