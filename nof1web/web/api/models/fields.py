"""Kinds of values in the API's documents, each with the pattern that its strings keep to."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"

Money = Annotated[str, Field(pattern=r"^-?[0-9]+\.[0-9]{2}$", description="USDT", examples=["1041.27"])]
Price = Annotated[str, Field(pattern=_NUMBER, description="A price, or a fee in its asset", examples=["66210.50"])]
Quantity = Annotated[str, Field(pattern=_NUMBER, description="Base units; short < 0", examples=["0.031"])]


class Model(BaseModel):
    """A document with exactly these fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _readable(text: str) -> str:
    # Half a surrogate pair is legal JSON, but no text that can be stored or sent.
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("no text")
    return text


Word = Annotated[str, Field(max_length=200), AfterValidator(_readable)]
"""a text that a person typed; what it may be is judged by the service it is for"""

Settings = dict[Word, Word]


def _whole(value: Any) -> Any:
    # The address is text: what is no plain number there is not taken for one.
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise ValueError("no number")
    return int(value) if isinstance(value, str) else value


def _flag(value: Any) -> Any:
    if isinstance(value, str) and value not in ("true", "false"):
        raise ValueError("true or false")
    return value == "true" if isinstance(value, str) else value


Whole = Annotated[int, BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_flag)]
