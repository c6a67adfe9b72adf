"""Flat and nested dataclasses to JSON text and back, by their type hints. Decimals travel as strings."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

_Kept = TypeVar("_Kept")
_SHORT = 20


def encode(value: object) -> str:
    """A dataclass as JSON text; fields marked as not belonging to the row are left out."""
    return json.dumps(_plain(value), separators=(",", ":"))


def decode(kind: type[_Kept], text: str) -> _Kept:
    """A dataclass from JSON text; fields the text lacks keep their defaults."""
    hint: Any = kind
    made = _builder(hint)(json.loads(text))
    if not isinstance(made, kind):
        raise TypeError(f"not a {kind.__name__}")
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {str(key) if isinstance(key, Decimal) else key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        kind: Any = type(value)
        return {name: _plain(getattr(value, name)) for name in _stored_names(kind)}
    return value


@cache
def _stored_names(kind: Any) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(kind) if f.metadata.get("row", True))


# What is equal in many rows is kept once: symbols, sides, round numbers, times.
@lru_cache(maxsize=20_000)
def _same(text: str) -> str:
    return text


@lru_cache(maxsize=2_000)
def _same_number(number: int) -> int:
    return number


@lru_cache(maxsize=2_000)
def _decimal(text: str) -> Decimal:
    return Decimal(text)


@cache
def _builder(hint: Any) -> Callable[[Any], Any]:
    if hint is Decimal:
        return _decimal
    if hint is str:
        return lambda raw: _same(raw) if len(raw) <= _SHORT else raw
    if hint is int:
        return _same_number
    if isinstance(hint, UnionType):
        inner = _builder(next(part for part in get_args(hint) if part is not type(None)))
        return lambda raw: None if raw is None else inner(raw)
    if get_origin(hint) in (dict, Mapping):
        return _dict_builder(*get_args(hint))
    if get_origin(hint) is Counter:
        return Counter
    if get_origin(hint) is tuple:
        return tuple
    if get_origin(hint) is list:
        item = _builder(get_args(hint)[0])
        return lambda raw: [item(value) for value in raw]
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _dataclass_builder(hint)
    return lambda raw: raw


def _dict_builder(key_hint: Any, hint: Any) -> Callable[[Any], Any]:
    item = _builder(hint)
    if key_hint is Decimal:
        return lambda raw: {_decimal(key): item(value) for key, value in raw.items()}
    return lambda raw: {key: item(value) for key, value in raw.items()}


def _dataclass_builder(kind: Any) -> Callable[[Any], Any]:
    # Only stored fields are resolved: the others may name types that exist for type checkers alone.
    stored = type("Stored", (), {"__annotations__": {n: kind.__annotations__[n] for n in _stored_names(kind)}})
    hints = get_type_hints(stored, globalns=vars(sys.modules[kind.__module__]))
    builders = {name: _builder(hint) for name, hint in hints.items()}
    return lambda raw: kind(**{name: build(raw[name]) for name, build in builders.items() if name in raw})
