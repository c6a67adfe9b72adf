"""Jobs side by side in one process, or one of them alone: whose worker died before runs without others beside it.

Whatever ends a process ends every job in it, and each is tried again only a few times: the innocent must not be counted
out together with the one that does it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 1.0


class Room:
    """Holds any number of jobs, or a suspect one. It is `wanted` while such a one runs or waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = self._suspects = 0
        self._alone = False

    @property
    def wanted(self) -> bool:
        """Whether a suspect job runs or waits: begin nothing new beside it."""
        return self._suspects > 0

    def wait(self) -> None:
        """Wait, a second at most, while it is wanted."""
        with self._changed:
            self._changed.wait_for(lambda: not self.wanted, timeout=PATIENCE_SECONDS)

    @contextmanager
    def entered(self, *, alone: bool) -> Iterator[None]:
        """Be inside, as the only one when `alone`; wait for that."""
        with self._changed:
            self._suspects += alone
            # Those who have a lease already go first, for leases run out; nothing new is claimed beside them.
            self._changed.wait_for(lambda: not (self._inside if alone else self._alone))
            self._inside, self._alone = self._inside + 1, alone
        try:
            yield
        finally:
            with self._changed:
                self._inside, self._alone = self._inside - 1, False
                self._suspects -= alone
                self._changed.notify_all()
