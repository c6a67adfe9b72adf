"""What a person sees while something takes long: a bar or a turning line on stderr, nothing when nobody looks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
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


def wait_for(job_id: str, seconds: float) -> dict[str, Any]:
    """Return a job's result as jobs.wait does, with a turning line meanwhile."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return wait.wait_for(job_id, seconds)
    with console.status("A worker does it …"):
        return wait.wait_for(job_id, seconds)
