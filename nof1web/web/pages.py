"""Pages that live: which fragments each has and from which view they are drawn, for first paint, refresh and push."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, render_template

from nof1web.services import reporting
from nof1web.services.ports import Ports

View = object


@dataclass(frozen=True, slots=True)
class Page:
    """A page's folder, its fragments by name, its view, and whether prices move it."""

    area: str
    fragments: tuple[str, ...]
    view: Callable[[Ports, str, str], View]
    marks: bool = True


PAGES: dict[str, Page] = {
    "overview": Page(
        "overview",
        ("totals", "credentials", "positions", "events", "sources"),
        lambda p, user_id, _id: reporting.overview(p, user_id),
    ),
    "credentials": Page("credentials", ("list",), lambda p, user_id, _id: reporting.overview(p, user_id)),
    "credential": Page(
        "credential",
        ("head", "balances", "positions", "trackers", "orders", "verdicts", "events"),
        reporting.credential,
    ),
    "tracker": Page("tracker", ("head", "epochs", "orders", "verdicts", "events"), reporting.tracker),
    "agents": Page("agents", ("list",), lambda p, _user_id, _id: reporting.agents(p)),
    "activity": Page("activity", ("list",), lambda p, user_id, _id: reporting.events(p, user_id), marks=False),
    "why": Page(
        "why", ("list",), lambda p, user_id, id: reporting.history(p, user_id, tracker_id=id or None), marks=False
    ),
}


def view_of(p: Ports, user_id: str, page: str, id: str = "") -> View:
    """Return a page's view; NotFound when the id is not this user's."""
    return PAGES[page].view(p, user_id, id)


def base(page: str, id: str = "") -> str:
    """Return the path under which a page's fragments have their own addresses."""
    return f"/{page}s/{id}" if id and page in ("credential", "tracker") else f"/{page}"


def fragment(p: Ports, user_id: str, name: str, *, page: str, id: str = "") -> str:
    """Return one fragment of a page, 404 when the page has none of this name."""
    if name not in PAGES[page].fragments:
        abort(404)
    return draw(name, view_of(p, user_id, page, id), page=page, id=id)


def draw(name: str, view: View, *, page: str, id: str = "", pushed: bool = False) -> str:
    """Return a fragment drawn from its page's view; `pushed` marks it for the place it has on the page."""
    return render_template(f"{PAGES[page].area}/_{name}.html", view=view, pushed=pushed, **context(page, id))


def context(page: str, id: str = "") -> dict[str, object]:
    """Return what a page's templates need besides the view."""
    return {"page": page, "page_id": id, "fragments_at": base(page, id)}
