"""Pages that live: which fragments each has and from which view they are drawn, for first paint, refresh and push."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import abort, render_template

from nof1web.services import overviewing, reporting, source_views, timelines
from nof1web.services.ports import Ports
from nof1web.services.pulse import Pulse
from nof1web.services.status import Observed
from nof1web.web import access, filters

View = object


@dataclass(frozen=True, slots=True)
class Page:
    """A page's folder, its fragments by name, its view, and what moves it besides events: prices, other changes.

    `tells` says that it lists events; `grows` that it is nothing but such a list: new ones are put above the others.

    A view is made of ports, user id, the page's own id, and how many events a page missed while it was away.
    """

    area: str
    fragments: tuple[str, ...]
    view: Callable[[Ports, str, str, int], View]
    marks: bool = True
    events_only: bool = False
    tells: bool = True
    grows: bool = False


PAGES: dict[str, Page] = {
    "overview": Page(
        "overview",
        ("steps", "totals", "attention", "groups", "positions", "events", "agents", "sources", "meters"),
        lambda p, user_id, _id, missed: overviewing.front(p, user_id, missed=missed),
    ),
    "credentials": Page(
        "credentials", ("list",), lambda p, user_id, _id, _missed: reporting.accounts(p, user_id), tells=False
    ),
    "credential": Page(
        "credential",
        (
            *("head", "balances", "positions", "resting", "standing", "trackers"),
            *("orders", "fills", "cycles", "troubles", "verdicts", "events"),
        ),
        lambda p, user_id, id, missed: reporting.credential(p, user_id, id, missed=missed),
    ),
    "tracker": Page(
        "tracker",
        ("head", "epochs", "orders", "verdicts", "events"),
        lambda p, user_id, id, missed: reporting.tracker(p, user_id, id, missed=missed),
    ),
    "agents": Page(
        "agents",
        ("sources", "list"),
        lambda p, user_id, _id, _missed: source_views.agents_page(p, user_id),
        tells=False,
    ),
    "activity": Page(
        "activity",
        ("list",),
        lambda p, user_id, id, _missed: timelines.events(
            p, user_id, filters.events(id), before=filters.before(id)
        ),
        marks=False,
        events_only=True,
        grows=True,
    ),
    "why": Page(
        "why",
        ("list",),
        lambda p, user_id, id, _missed: timelines.verdicts(
            p, user_id, filters.verdicts(id), before=filters.before(id)
        ),
        marks=False,
        tells=False,
    ),
}


def view_of(p: Ports, user_id: str, page: str, id: str = "", *, missed: int = 0) -> View:
    """Return a page's view, with as many events as were missed; NotFound when the id is not this user's."""
    return PAGES[page].view(p, user_id, id, missed)


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
    return {"page": page, "page_id": id, "fragments_at": base(page, id), "pulse": pulse()}


def pulse() -> Pulse:
    """Return whether the installation works, for the banner that every live page has."""
    return overviewing.PULSES.read(cast(Observed, access.ports()))
