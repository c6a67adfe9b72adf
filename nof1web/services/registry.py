"""Services that are expensive to make, kept by (user_id, credential_id) and made anew when the account changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class ServiceRegistry(Generic[T]):
    """At most `capacity` services, least recently used ones forgotten first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._turn = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], tuple[str, T]] = OrderedDict()

    def get(self, key: tuple[str, str], mark: str, make: Callable[[], T]) -> T:
        """Return the service of a (user_id, credential_id), made anew unless the kept one has the same mark.

        Nobody waits while another's is made; one account is worked for by one thread at a time.
        """
        kept = self._kept.get(key)
        if kept is None or kept[0] != mark:
            kept = (mark, make())
        with self._turn:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return kept[1]
