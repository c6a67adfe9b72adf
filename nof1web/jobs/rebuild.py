"""Rebuilds the index from the tenants' databases when Redis has lost it: a delay, nothing else (DESIGN §5).

It begins anew with each new server process, which may have lost its last second; and one user's part is looked at
every few seconds, for whoever died between a database and Redis.
"""

from __future__ import annotations

import time

from nof1web import log, wiring
from nof1web.adapters.queue.names import text
from nof1web.errors import Nof1Error
from nof1web.jobs import indexing
from nof1web.services import pairs
from nof1web.services.following import followed

BUILT = "index:built:2"
"""the last user's id that was done, ALL when all are; missing when Redis is new or was emptied, or its index older"""
ALL = "~"
LEFT_OUT = "index:left-out"
"""users whose database did not answer: they are looked at first, and what was due of theirs is asked for"""
LOOKED, LOOK_SECONDS = "index:looked-at", 5
ADVANCE = """
-- KEYS 1 how far it is ; ARGV 1 how far it was when this step began, 2 how far it is now
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""
LEFT_OUT_AT_ONCE = 20
SLICE_SECONDS = 0.3
"""how long one tick may work on it, so that sources and wakes are not held up"""


def some(w: wiring.Wiring, *, seconds: float = SLICE_SECONDS) -> bool:
    """Go on rebuilding for about `seconds`; True when the index is complete. Safe to run twice at once."""
    run, found = _run_and_built(w)
    done = found.removeprefix(run) if found.startswith(run) else ""
    if done == ALL:
        return True
    if found != run + done:
        w.redis.set(BUILT, run)
    until = time.monotonic() + seconds
    for user_id in sorted(each for each in w.tenants.all_ids() if each > done):
        _user(w, user_id)
        # Emptied once more meanwhile, or another one is at it: what was done may be gone, so it begins anew.
        if not w.redis.eval(ADVANCE, 1, BUILT, run + done, run + user_id):
            return False
        done = user_id
        if time.monotonic() > until:
            return False
    if not w.redis.eval(ADVANCE, 1, BUILT, run + done, run + ALL):
        return False
    log.get(__name__).info("index rebuilt")
    return True


def complete(w: wiring.Wiring) -> bool:
    """Whether everything that Redis lost is there again."""
    run, found = _run_and_built(w)
    return found == run + ALL


def _run_and_built(w: wiring.Wiring) -> tuple[str, str]:
    run, kept = str(w.redis.info("server")["run_id"]), w.redis.get(BUILT)
    return run, kept.decode() if isinstance(kept, bytes) else ""


def look(w: wiring.Wiring) -> str:
    """Look at the next user's credentials, at most every few seconds; return the user's id, "" when it isn't time.

    What is missing in the index is put back; what is there stays, and nothing is asked for that isn't due. Who follows
    somebody that the index did not know of, and who was left out before, looks once.
    """
    if not w.redis.set("index:looked", 1, nx=True, ex=LOOK_SECONDS):
        return ""
    for left_out in sorted(map(text, w.redis.smembers(LEFT_OUT)))[:LEFT_OUT_AT_ONCE]:
        _user(w, left_out)
    last, users = w.redis.get(LOOKED), sorted(w.tenants.all_ids())
    after = last.decode() if isinstance(last, bytes) else ""
    user_id = next((each for each in users if each > after), users[0] if users else "")
    if user_id:
        _user(w, user_id, asking=False)
        w.redis.set(LOOKED, user_id)
    return user_id


def _user(w: wiring.Wiring, user_id: str, *, asking: bool = True) -> None:
    try:
        _credentials(w, user_id, asking=asking)
    except Nof1Error as error:
        # One broken database must not keep everybody else waiting.
        if w.redis.sadd(LEFT_OUT, user_id):
            log.get(__name__).error("tenant left out of the index", user_id=user_id, error=str(error))
    else:
        w.redis.srem(LEFT_OUT, user_id)


def _credentials(w: wiring.Wiring, user_id: str, *, asking: bool) -> None:
    with w.tenants(user_id) as store:
        pairs.unfinished(w, store)
        for credential in store.credentials.all():
            agents = followed(credential, store.trackers.all(credential.id))
            new = w.queue.index.follow(user_id, credential.id, agents)
            seconds = indexing.sync_seconds(w, store, credential)
            ends = indexing.unfinished(store, credential.id)
            # A job under way may know better by now than what was read here: only what is missing is added.
            held = indexing.holds(store, credential.id) or None
            indexing.put(w, user_id, credential, seconds=seconds, synced=False, holding=held, ends=ends)
            polls = credential.enabled and credential.state.polls
            if not asking and credential.wake_at is not None:
                w.queue.index.wake(user_id, credential.id, credential.wake_at, keep=True)
            unknown = asking or (new and agents)
            if unknown and (ends or (polls and (agents or seconds or credential.wake_at))):
                # What had been asked of it is lost: one cycle looks at everything again and sets the next wake.
                w.queue.cycle(user_id, credential.id)
