"""Operations that read sums."""

from __future__ import annotations

from nof1web.services import curves, overviewing, reporting, total_documents
from nof1web.web.api.bearer import Caller
from nof1web.web.api.books import TAG
from nof1web.web.api.models import Listing, asked, made, totals
from nof1web.web.api.operations import operation
from nof1web.web.api.paging import sliced


@operation("GET", "/totals", tag=TAG, name="totals")
def listing(caller: Caller, query: asked.Paging) -> Listing[totals.Total]:
    """List what all accounts of each environment come to, by account and tracker."""
    found = overviewing.front(caller.p, caller.user_id).groups
    return sliced(
        found,
        lambda each: str(each.environment),
        query,
        lambda each: made(totals.Total, total_documents.environment(each)),
    )


@operation("GET", "/curve", tag=TAG, name="curve")
def curve(caller: Caller, query: asked.OfCurve) -> totals.Curve:
    """Show equity over time of one account, or of all in an environment together."""
    live = reporting.equities(caller.p, caller.user_id)
    found = curves.read(caller.p, caller.user_id, live, of=query.of, range=query.range)
    return made(totals.Curve, total_documents.curve(found, query.range, query.of))
