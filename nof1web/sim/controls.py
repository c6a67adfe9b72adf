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
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            return json_answer({"error": str(error)}, 400)

    return handler


def amount(value: object, name: str) -> Decimal:
    """A decimal of at least 0 from JSON; raises BadControl."""
    number = signed_amount(value, name)
    if number < 0:
        raise BadControl(f"{name} must be 0 or more")
    return number


def signed_amount(value: object, name: str) -> Decimal:
    """A decimal from JSON, below zero too; raises BadControl."""
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise BadControl(f"{name} is not a number") from error
    if not number.is_finite():
        raise BadControl(f"{name} is not a number")
    return number


def whole(value: object, name: str) -> int:
    """A whole number of at least 0 from JSON; raises BadControl."""
    number = amount(value, name)
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
