"""The operations of the API: declared where they are written, read by the router and by the OpenAPI document."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from nof1web.services.stores import Scope
from nof1web.web.api.models.fields import Model

F = TypeVar("F", bound=Callable[..., Model])
PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; what it is asked with and answers is what its function's annotations say.

    `repeatable`: done twice it is as if it were done once, so whoever got no answer may send it again.
    """

    method: str
    path: str
    scope: Scope
    status: int
    tag: str
    name: str
    summary: str
    serve: Callable[..., Model]
    query: type[Model] | None
    body: type[Model] | None
    answer: type[Model]
    repeatable: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of the ids in the path."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return PREFIX + self.path.replace("{", "<").replace("}", ">")


ALL: list[Operation] = []


def operation(
    method: str, path: str, *, scope: Scope = Scope.READ, status: int = 200, tag: str, name: str = "",
    repeatable: bool = False,
) -> Callable[[F], F]:  # fmt: skip
    """Declare a function as an operation: its parameters are the caller, the path's ids, `query` and `body`."""

    def declare(serve: F) -> F:
        hints: dict[str, Any] = get_type_hints(serve)
        ALL.append(
            Operation(
                method,
                path,
                scope,
                status,
                tag,
                name or serve.__name__.strip("_"),
                (inspect.getdoc(serve) or "").partition("\n")[0],
                serve,
                hints.get("query"),
                hints.get("body"),
                hints["return"],
                repeatable,
            )
        )
        return serve

    return declare


