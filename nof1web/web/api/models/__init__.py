"""The API's documents, from which the OpenAPI document is made: one model each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from nof1web.jobs.answers import plain
from nof1web.web.api.models.fields import Model

T = TypeVar("T")
M = TypeVar("M", bound=Model)


class Listing(Model, Generic[T]):
    """One page of a list; `next` is the cursor of the following page, null on the last."""

    items: list[T]
    next: str | None


def made(kind: type[M], document: Mapping[str, Any]) -> M:
    """Return a service's document as the API's model: amounts, times and sentences as the command line writes them."""
    return kind(**plain(document))
