"""A form that is sent twice is carried out once: the second time shows what came of the first."""

from __future__ import annotations

from collections.abc import Callable
from secrets import token_urlsafe

from nof1web.sim.page_fields import read_fields
from nof1web.sim.routing import Answer, Call

FIELD = "once"
KEPT = 500
_REFUSED = 422


def new_token() -> str:
    """What makes the forms of one rendered page its own."""
    return token_urlsafe(12)


def carried_out(call: Call, page: Callable[[Call], Answer]) -> Answer:
    """What a posted form is answered. The same form of the same page again is answered the same and does nothing.

    A refused form did nothing and may come again; so may one without a token, as a program sends it. The newest 500
    answers are kept, in memory only.
    """
    if not read_fields(call).text(FIELD):
        return page(call)
    known, sent = call.world.posted, (call.path, call.body)
    if sent in known:
        return known[sent]
    answer = page(call)
    if answer.status != _REFUSED:
        known[sent] = answer
        while len(known) > KEPT:
            del known[next(iter(known))]
    return answer
