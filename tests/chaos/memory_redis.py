"""As much of a Redis client as jobs/rebuild.py uses, in memory."""

from __future__ import annotations

from tests.chaos.memory import Memory


class MemoryRedis:
    """As much of a Redis client as rebuilding the index uses."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def get(self, name: str) -> bytes | None:
        return self.memory.here().keys.get(name)

    def set(self, name: str, value: object) -> None:
        self.memory.here().keys[name] = str(value).encode()

    def sadd(self, name: str, item: str) -> int:
        found: set[str] = self.memory.here().keys.setdefault(name, set())
        found.add(item)
        return 1

    def srem(self, name: str, item: str) -> None:
        self.memory.here().keys.setdefault(name, set()).discard(item)

    def info(self, section: str) -> dict[str, str]:
        self.memory.here()
        return {"run_id": "run"}

    def eval(self, script: str, count: int, name: str, before: str, after: str) -> int:
        """Set a key that still is as it was: the one script that is used here (jobs/rebuild.py)."""
        if self.get(name) != before.encode():
            return 0
        self.set(name, after)
        return 1
