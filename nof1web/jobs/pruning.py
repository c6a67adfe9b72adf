"""Once an hour: addresses that nobody follows any more are read no more."""

from __future__ import annotations

from nof1web import log, wiring
from nof1web.core import leaders
from nof1web.jobs import rebuild
from nof1web.services import addresses

PRUNED = "leaders:pruned"
SECONDS = 3600


def prune(w: wiring.Wiring, source: str) -> None:
    """Drop what nobody follows of this source, unless that was done lately or it isn't known yet who follows whom."""
    if source == leaders.SOURCE and rebuild.complete(w) and w.redis.set(PRUNED, 1, nx=True, ex=SECONDS):
        gone = addresses.prune(w.market, w.clock(), w.queue.index.followers)
        if gone:
            log.get(__name__).info("addresses nobody follows are read no more", addresses=list(gone))
