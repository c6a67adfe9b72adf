"""What a person sees while something takes long: a bar or a turning line on stderr, nothing when nobody looks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track as bar

from nof1web.jobs import wait

T = TypeVar("T")


def track(items: Collection[T], what: str) -> Iterator[T]:
    """Yield the items with a bar that says how many are done."""
    console = Console(stderr=True)
    if not console.is_terminal or len(items) < 2:
        yield from items
        return
    yield from bar(items, description=what, console=console, transient=True)


@contextmanager
def turning(what: str) -> Iterator[None]:
    """Show a turning line while something is waited for."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(what):
        yield


def wait_for(job_id: str, seconds: float) -> dict[str, Any]:
    """Return a job's result as jobs.wait does, with a turning line meanwhile."""
    with turning("A worker does it …"):
        return wait.wait_for(job_id, seconds)
