"""From a verb to a state: of one tracker, one credential, or every credential of a user."""

from __future__ import annotations

import click
from redis.exceptions import RedisError

from nof1web import wiring
from nof1web.cli.options import instead
from nof1web.cli.output import Answer
from nof1web.cli.saying import moved as said
from nof1web.core.records import Tracker
from nof1web.errors import Unavailable
from nof1web.services import credentials, documents, halting, moving, trackers


def change(
    p: wiring.Wiring, user_id: str, verb: str, *, credential: str | None, tracker: str | None = None, every: bool
) -> Answer:
    """Move what was named and say where it was before; wrong usage unless exactly one was named."""
    credential = instead(credential, tracker, every)
    if [credential is not None, tracker is not None, every].count(True) != 1:
        raise click.UsageError("Name one of --credential, --tracker and --all-credentials.")
    if tracker is not None:
        found = trackers.find(p, user_id, tracker)
        changed = halting.change_tracker(p, user_id, found.id, verb)
        return Answer(_tracker(changed), (said(found.name, found.flow, changed.flow),))
    if every:
        return _all(p, user_id, verb)
    before = credentials.find(p, user_id, credential or "")
    after = halting.change(p, user_id, before.id, verb)
    return Answer(documents.credential(after), (said(after.name, before.state, after.state),))


def _all(p: wiring.Wiring, user_id: str, verb: str) -> Answer:
    known = credentials.listing(p, user_id)
    moved = moving.move(p, user_id, known, verb, away=RedisError)
    if moved.refused and not moved.done and not any(isinstance(error, Unavailable) for _each, error in moved.refused):
        raise moved.refused[0][1]
    before = {each.id: each.state for each in known}
    told = [said(each.name, before[each.id], each.state) for each in moved.done]
    told += [f"Not done: {error} {each.name} is {each.state}." for each, error in moved.refused]
    refused = [
        {"credential_id": each.id, "state": each.state, "code": error.code, "message": str(error)}
        for each, error in moved.refused
    ]
    document = {"done": [documents.credential(each) for each in moved.done], "refused": refused}
    return Answer(document, tuple(told or ["There is no credential."]), incomplete=bool(moved.refused))


def _tracker(tracker: Tracker) -> dict[str, object]:
    return {"tracker_id": tracker.id, "name": tracker.name, "started": tracker.started, "state": tracker.flow}
