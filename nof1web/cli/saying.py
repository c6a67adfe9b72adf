"""How a command says what it changed: what was, and what is now."""

from __future__ import annotations


def moved(name: str, before: str, now: str) -> str:
    """Return what became of something as one sentence, which also says when it was so already."""
    before, now = (text.replace("close_only", "close-only") for text in (str(before), str(now)))
    return f"{name} was {now} already." if before == now else f"{name} was {before} and is {now} now."


def counted(number: int, one: str, several: str = "") -> str:
    """Return a number and what is counted, such as "1 user" and "2 users"."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"
