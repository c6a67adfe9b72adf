"""The exchange's own small site: which page answers which address, and who may ask."""

from __future__ import annotations

from collections.abc import Callable

from nof1web.sim import page_account, page_actions, page_home, page_prices
from nof1web.sim.local import is_local
from nof1web.sim.page_once import carried_out
from nof1web.sim.page_view import ROOT, go_to, not_found, only_on_this_machine
from nof1web.sim.routing import Answer, Call

ASSETS = {
    "/static/sim.css": (ROOT / "static" / "css" / "sim.css", "text/css; charset=utf-8"),
    "/static/sim.js": (ROOT / "static" / "js" / "sim.js", "text/javascript; charset=utf-8"),
    "/static/mark.svg": (ROOT / "static" / "img" / "mark.svg", "image/svg+xml"),
}
Page = Callable[[Call], Answer]
# Prices are for everybody; accounts are not, not even to read.
_OPEN: dict[str, Page] = {
    "/": page_home.show,
    "/figures": page_home.figures,
    "/prices": page_prices.show,
    "/prices/figures": page_prices.figures,
}
_POSTS: dict[str, Page] = {
    "/keys": page_home.make_key,
    "/prices": page_prices.move,
    "/prices/market": page_prices.change_market,
}


def answer(call: Call) -> Answer:
    """The site's answer to a request outside the exchange's dialect."""
    reading = call.method in ("GET", "HEAD")
    if call.path in ASSETS and reading:
        path, content_type = ASSETS[call.path]
        return Answer(path.read_bytes(), 200, content_type, (("Cache-Control", "max-age=300"),))
    if call.path in _OPEN and reading:
        return _OPEN[call.path](call)
    if not is_local(call):
        return only_on_this_machine(call)
    page = _account_page(call) if call.path.startswith("/accounts/") else _POSTS.get(call.path)
    if page is None or not (reading or call.method == "POST"):
        return not_found(call)
    if reading and call.path in _POSTS:
        # A refused form's address, opened again: to the page the form is on.
        return go_to(call, "/" if call.path == "/keys" else "/prices")
    return page(call) if reading else carried_out(call, page)


def _account_page(call: Call) -> Page | None:
    _, _, account_id, *rest = call.path.split("/")
    if account_id not in call.world.exchange.ledger.accounts or len(rest) > 1:
        return None
    part = rest[0] if rest else ""
    if call.method == "POST":
        return page_actions.ACTIONS.get(part)
    if part in page_actions.ACTIONS:
        return lambda _: go_to(call, f"/accounts/{account_id}")
    return {"": page_account.show, "figures": page_account.figures}.get(part)
