"""Password checks beside the event loop: argon2 takes its time, and other people's pages must not wait for it."""

from __future__ import annotations

from typing import Any, cast

from gevent import get_hub
from gevent.monkey import is_module_patched

from nof1web.services.ports import Passwords, Ports


class PooledPasswords:
    """The process's Passwords, run in gevent's thread pool where gevent serves the pages."""

    def __init__(self, inner: Passwords) -> None:
        self._inner = inner

    def hash(self, password: str) -> str:
        """Return a salted hash."""
        return cast(str, _apart(self._inner.hash, password))

    def matches(self, hashed: str, password: str) -> bool:
        """Whether the password belongs to the hash."""
        return cast(bool, _apart(self._inner.matches, hashed, password))


class _WithPasswords:
    """The process's ports with other passwords; everything else is theirs."""

    def __init__(self, inner: Ports) -> None:
        self._inner = inner
        self.passwords = PooledPasswords(inner.passwords)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _apart(function: Any, *arguments: str) -> object:
    if is_module_patched("socket"):
        return get_hub().threadpool.apply(function, arguments)
    return function(*arguments)


def beside_the_loop(p: Ports) -> Ports:
    """Return the same ports, whose password checks don't block other requests."""
    return cast(Ports, _WithPasswords(p))
