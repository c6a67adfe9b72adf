"""What control endpoints share: JSON wishes from this machine only, refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from nof1web.sim.local import is_local, only_here
from nof1web.sim.refusal import Refusal
from nof1web.sim.routing import Call, Handler, json_answer

Wish = dict[str, Any]
Control = Callable[[Call, Wish], Any]
# More than any id, time or amount here comes to, and what no exponent may pass.
MOST = Decimal(10) ** 18
MOST_PLACES = 18
MOST_MONEY = Decimal(10) ** 12
MOST_SECONDS = Decimal(31 * 86_400)


class BadControl(ValueError):
    """A control request that makes no sense; says why."""


def guarded(control: Control) -> Handler:
    """A handler that lets only this machine use a control, and answers 400 {"error"} when it makes no sense."""

    def handler(call: Call) -> Any:
        if not is_local(call):
            return only_here()
        try:
            wish = json.loads(call.body or "{}")
            if not isinstance(wish, dict):
                raise BadControl("a JSON object is needed")
            return control(call, wish)
        except Refusal as refusal:
            return json_answer({"error": refusal.message, "code": refusal.code}, 400)
        except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            return json_answer({"error": str(error) or "a number makes no sense"}, 400)

    return handler


def amount(value: object, name: str, *, most: Decimal = MOST) -> Decimal:
    """A decimal of 0..most from JSON; raises BadControl."""
    number = signed_amount(value, name, most=most)
    if number < 0:
        raise BadControl(f"{name} must be 0 or more")
    return number


def signed_amount(value: object, name: str, *, most: Decimal = MOST) -> Decimal:
    """A decimal of -most..most with at most 18 places from JSON; raises BadControl."""
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise BadControl(f"{name} is not a number") from error
    if not number.is_finite():
        raise BadControl(f"{name} is not a number")
    if not -most <= number <= most or int(number.as_tuple().exponent) < -MOST_PLACES:
        raise BadControl(f"{name} must be at most {most:f}, with at most {MOST_PLACES} decimal places")
    return number


def price_of(call: Call, symbol: str, value: object) -> Decimal:
    """A price (USDT) within a symbol's PRICE_FILTER from JSON; raises BadControl, or -1121 for an unknown symbol."""
    instrument = call.instruments.get(symbol)
    if instrument is None:
        raise Refusal(-1121)
    price = amount(value, symbol)
    if not instrument.min_price <= price <= instrument.max_price:
        raise BadControl(f"{symbol} needs a price of {instrument.min_price:f} to {instrument.max_price:f}")
    return price


def seconds_of(wish: Wish, name: str, default: str) -> Decimal:
    """Seconds of 0 to 31 days from JSON; raises BadControl."""
    return amount(wish.get(name, default), name, most=MOST_SECONDS)


def whole(value: object, name: str, *, least: int = 0) -> int:
    """A whole number of at least `least` from JSON; raises BadControl."""
    number = signed_amount(value, name)
    if number < least:
        raise BadControl(f"{name} must be {least} or more")
    if number != int(number):
        raise BadControl(f"{name} must be a whole number")
    return int(number)


def words(value: object, name: str) -> list[str]:
    """A list of texts from JSON; raises BadControl."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadControl(f"{name} must be a list of texts")
    return value


def text_of(wish: Wish, name: str, default: str = "") -> str:
    """A text from JSON; raises BadControl."""
    value = wish.get(name, default)
    if not isinstance(value, str):
        raise BadControl(f"{name} must be a text")
    return value
