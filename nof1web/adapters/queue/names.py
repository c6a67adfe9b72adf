"""Names of the keys that queues, leases and the index share."""

from __future__ import annotations

READY = "ready"
"""sorted set: names of leased queues with work, by when they were put there"""
BELL = "ready:bell"
"""list: a worker with nothing to do blocks on it"""
LEASES = "leases"
"""sorted set: names of leased queues, by when the lease ends (ms, Redis time)"""
QUEUES = "rq:queues"

TICK = "tick"
MARKS = "marks"


def credential_queue(credential_id: str) -> str:
    """Return the name of a credential's queue."""
    return f"cred:{credential_id}"


def draft_queue(draft_id: str) -> str:
    """Return the name of the queue in which a typed key waits for its test."""
    return f"draft:{draft_id}"


def source_queue(source: str) -> str:
    """Return the name of the queue in which reads of a source wait."""
    return f"source:{source}"


def queue_key(name: str) -> str:
    """Return RQ's key of a queue's list."""
    return f"rq:queue:{name}"


def member(user_id: str, credential_id: str) -> str:
    """Return how a credential is written into a set."""
    return f"{user_id}|{credential_id}"


def text(raw: object) -> str:
    """Return an answer of Redis as text."""
    return raw.decode() if isinstance(raw, bytes) else str(raw)


def pair(written: str) -> tuple[str, str]:
    """Return (user id, credential id) from what `member` wrote; anything after a second bar is left out."""
    user_id, credential_id = written.split("|")[:2]
    return user_id, credential_id
