"""Holds the exchange's answers to the SDK's models: every declared field is there, and nothing undeclared."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel

# Declared by a model, yet rightly absent (or null), and where binance.md says so.
ABSENT = {
    "ExchangeInformationSymbols.settlePlan": "§4.1: not in the symbol object",
    "ExchangeInformationSymbolsFilters.*": "§4.1: each kind of filter carries its own fields only",
    "*Order*.activatePrice": "§4.4: of the order types that moved to the algo service",
    "*Order*.priceRate": "§4.4: of the order types that moved to the algo service",
    "*Algo*.icebergQuantity": "§3: null",
    "PositionAdlQuantileEstimationAdlQuantile.*": "§4.2: LONG and SHORT, or BOTH, or HEDGE in its place",
    "FuturesTradingQuantitativeRulesIndicatorsIndicators.*": "§4.2: only what is restricted is listed",
    "TestOrder.*": "§4.4: the answer may be {}",
    "*Modify*.modifyId": "§4.4: the echo of an optional parameter",
    "OrderTradeUpdateO.M": "§4.4: the echo of an optional parameter",
    "AccountUpdateA.S": "§4.4: of funding only",
    "AccountConfigUpdate.a[ci]": "§1: of the leverage or of the asset mode, never both",
}
# Answered though no model declares it, and where binance.md shows it.
UNDECLARED = {
    "ExchangeInformation.futuresType": "§4.1: top level",
    "ExchangeInformationSymbols.maxMoveOrderLimit": "§4.1: symbol object",
    "ExchangeInformationSymbolsFilters.positionControlSide": "§4.1: symbol object",
    "SymbolOrderBookTicker*.lastUpdateId": "§4.1: may appear",
    "AccountInformationV2Positions.*": "§4.2: the legacy answer adds to the fields of v3",
    "QueryAlgoOrder.*": "§3: GET adds to what POST answers",
    "CurrentAllAlgoOpenOrders.*": "§3: GET adds to what POST answers",
    "QueryAllAlgoOrders.*": "§3: GET adds to what POST answers",
}
# What takes the place of an order in a batch.
_REFUSAL = {"code", "msg"}
_needed: set[str] = set()


def absent(answer: Any) -> set[str]:
    """The declared fields an answer lacks, as Model.field, but for the justified ones."""
    found = {name for model in _models(answer) for name in _lacking(model)}
    return {name for name in found if not _justified(name, ABSENT)}


def undeclared(answer: Any, raw: Any) -> set[str]:
    """The fields on the wire that the answer's model doesn't declare, as Model.field, but for the justified ones."""
    found = set(_beyond(answer, raw))
    return {name for name in found if not _justified(name, UNDECLARED)}


def needless() -> set[str]:
    """The justifications that no answer so far needed."""
    return {*ABSENT, *UNDECLARED} - _needed


def _models(answer: Any) -> Iterator[BaseModel]:
    if isinstance(answer, list):
        for each in answer:
            yield from _models(each)
    elif isinstance(answer, BaseModel):
        if _is_choice(answer):
            yield from _models(answer.actual_instance)
            return
        yield answer
        for name in _fields(answer):
            yield from _models(getattr(answer, name))


def _lacking(model: BaseModel) -> Iterator[str]:
    fields = _fields(model)
    in_batch = fields.keys() > _REFUSAL
    refused = in_batch and getattr(model, "code", None) is not None
    for name, alias in fields.items():
        expected = not in_batch or (name in _REFUSAL) is refused
        if expected and getattr(model, name) is None:
            yield f"{_name(model)}.{alias}"


def _beyond(answer: Any, raw: Any) -> Iterator[str]:
    if isinstance(answer, list):
        for each, raw_each in zip(answer, raw, strict=True):
            yield from _beyond(each, raw_each)
    elif isinstance(answer, BaseModel):
        if _is_choice(answer):
            yield from _beyond(answer.actual_instance, raw)
            return
        fields = _fields(answer)
        yield from (f"{_name(answer)}.{key}" for key in set(raw) - set(fields.values()))
        for name, alias in fields.items():
            yield from _beyond(getattr(answer, name), raw.get(alias))


def _is_choice(model: BaseModel) -> bool:
    return "actual_instance" in type(model).model_fields


def _fields(model: BaseModel) -> dict[str, str]:
    """The model's names of its fields, and those on the wire."""
    declared = type(model).model_fields.items()
    return {name: field.alias or name for name, field in declared if name != "additional_properties"}


def _name(model: BaseModel) -> str:
    return type(model).__name__.replace("Response", "").replace("Inner", "")


def _justified(name: str, reasons: dict[str, str]) -> bool:
    fitting = {pattern for pattern in reasons if fnmatchcase(name, pattern)}
    _needed.update(fitting)
    return bool(fitting)
