"""Operations on several accounts at once: the same verb for each, one agent followed with all."""

from __future__ import annotations

from redis.exceptions import RedisError

from nof1web.services import following_several, moving
from nof1web.services.following_several import Part
from nof1web.services.stores import Scope
from nof1web.web.api.accounts import own, shown
from nof1web.web.api.bearer import Caller
from nof1web.web.api.following import TAG
from nof1web.web.api.following import shown as tracker
from nof1web.web.api.models import accounts, asked, following
from nof1web.web.api.operations import operation


@operation("POST", "/bulk", scope=Scope.TRADE, tag="Polling", name="bulk", repeatable=True)
def bulk(caller: Caller, body: asked.Bulk) -> accounts.Bulk:
    """Start, stop, pause or resume several accounts; each that can't be says why, the others are done."""
    chosen = [own(caller, each) for each in dict.fromkeys(body.credentials)]
    moved = moving.move(caller.p, caller.user_id, chosen, body.verb, away=RedisError)
    return accounts.Bulk(
        done=[shown(caller, each) for each in moved.done],
        refused=[
            accounts.NotDone(credential_id=each.id, state=each.state, code=error.code, message=str(error))
            for each, error in moved.refused
        ],
    )


@operation("POST", "/follow", scope=Scope.TRADE, status=201, tag=TAG, name="follow_several")
def follow(caller: Caller, body: asked.Several) -> following.Followed:
    """Follow an agent with several accounts: all of the trackers are made, or none."""
    parts = [Part(own(caller, each.credential).id, True, each.settings) for each in body.parts]
    found = following_several.add(
        caller.p, caller.user_id, parts, source=body.source, agent=body.agent, shared=body.settings
    )
    return following.Followed(trackers=[tracker(each) for each in found])
