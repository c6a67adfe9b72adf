"""The arena's feed over HTTP, with nof1's headers and refusals (nof1.md §1)."""

from __future__ import annotations

from nof1web.sim.routing import Answer, Call, Route, Routes, html_answer, json_answer, whole_of

_JSON = "application/json; charset=utf-8"
_CACHE = ("Cache-Control", "public, max-age=0, must-revalidate")


def account_totals(call: Call) -> Answer:
    """GET account-totals, records of hour N or later with lastHourlyMarker=N; 304 when the ETag still holds."""
    least = whole_of(call.params.get("lastHourlyMarker", ""))
    body, etag = call.world.feed.payload(least_hour=least, now_ms=call.now_ms)
    headers = (_CACHE, ("ETag", etag))
    if call.environ.get("HTTP_IF_NONE_MATCH") == etag:
        return Answer(b"", 304, _JSON, headers)
    return Answer(body.encode(), 200, _JSON, headers)


def positions(call: Call) -> Answer:
    """GET positions: gone, as on the real arena."""
    message = "Positions API deprecated - use account_totals instead"
    return json_answer({"message": message, "positions": [], "serverTime": call.now_ms}, 410)


def not_found(call: Call) -> Answer:
    """Anything else: 404 as a page."""
    return html_answer("<!DOCTYPE html><title>404</title><h1>404</h1><p>This page could not be found.</p>", 404)


ROUTES: Routes = {
    ("GET", "/api/account-totals"): Route(account_totals, 0),
    ("GET", "/api/positions"): Route(positions, 0),
}
