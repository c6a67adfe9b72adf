"""Operations on trackers, their settings and previews."""

from __future__ import annotations

from nof1web.core import settings as schema
from nof1web.core.records import Tracker
from nof1web.errors import N_, NotFound
from nof1web.services import defaults, following_documents, halting, trackers, untracking
from nof1web.services.stores import Scope
from nof1web.web.api.accounts import own, typed_as
from nof1web.web.api.bearer import Caller
from nof1web.web.api.models import Listing, accounts, asked, following, made
from nof1web.web.api.operations import operation
from nof1web.web.api.paging import sliced
from nof1web.web.api.polling import TELLS

TAG = "Trackers"
SETTINGS = "Settings"
_STARTS = {
    "start": "Start following; orders need the credential to poll, too.",
    "stop": "Stop following: nothing is opened or closed for this agent any more.",
}


def own_tracker(caller: Caller, tracker: str) -> Tracker:
    """Return one of the caller's trackers by its id; NotFound for any other's."""
    found = trackers.find(caller.p, caller.user_id, tracker)
    if found.id != tracker:
        raise NotFound(N_("There is no such tracker."))
    return found


def shown(tracker: Tracker) -> following.Tracker:
    """Return a tracker with all its settings."""
    return made(following.Tracker, following_documents.tracker(tracker))


@operation("GET", "/trackers", tag=TAG, name="list_trackers")
def listing(caller: Caller, query: asked.OfCredential) -> Listing[following.Tracker]:
    """List who follows whom, of all accounts or of one."""
    only = own(caller, query.credential).id if query.credential else None
    return sliced(trackers.listing(caller.p, caller.user_id, only), lambda each: each.id, query, shown)


@operation("POST", "/trackers", scope=Scope.TRADE, status=201, tag=TAG, name="add_tracker")
def add(caller: Caller, body: asked.NewTracker) -> following.Tracker:
    """Follow an agent with an account; it trades once that account polls."""
    added = trackers.add(
        caller.p,
        caller.user_id,
        credential=own(caller, body.credential).id,
        source=body.source,
        agent=body.agent,
        name=body.name,
        settings=body.settings,
    )
    return shown(added)


@operation("GET", "/trackers/{tracker}", tag=TAG, name="tracker")
def one(caller: Caller, tracker: str) -> following.Tracker:
    """Show a tracker with all its settings."""
    return shown(own_tracker(caller, tracker))


@operation("PATCH", "/trackers/{tracker}", scope=Scope.TRADE, tag=TAG, name="edit_tracker")
def edit(caller: Caller, tracker: str, body: asked.Changes) -> following.Tracker:
    """Change settings; they count for entries from now on, open positions keep their size."""
    found = own_tracker(caller, tracker)
    return shown(trackers.put_settings(caller.p, caller.user_id, found.id, body.settings))


def _verb(verb: str) -> None:
    def change(caller: Caller, tracker: str) -> following.Tracker:
        p, found = caller.p, own_tracker(caller, tracker)
        if verb in _STARTS:
            return shown((trackers.start if verb == "start" else trackers.stop)(p, caller.user_id, found.id))
        return shown(halting.change_tracker(p, caller.user_id, found.id, verb))

    change.__doc__ = {**TELLS, **_STARTS}[verb]
    operation(
        "POST", f"/trackers/{{tracker}}/{verb}", scope=Scope.TRADE, tag=TAG, name=f"{verb}_tracker", repeatable=True
    )(change)


for _each in (*_STARTS, *halting.OF_TRACKERS):
    _verb(_each)


@operation("POST", "/trackers/{tracker}/remove", scope=Scope.TRADE, tag=TAG, name="remove_tracker")
def remove(caller: Caller, tracker: str, body: asked.ConfirmTracker) -> accounts.Removed:
    """Take a tracker away; refused while it holds something. Its orders and results stay."""
    found = own_tracker(caller, tracker)
    with typed_as("name"):
        gone = untracking.remove(caller.p, caller.user_id, found.id, typed=body.name)
    return accounts.Removed(id=gone.id, name=gone.name)


@operation("POST", "/trackers/{tracker}/preview", tag=TAG, repeatable=True, name="preview_tracker")
def preview(caller: Caller, tracker: str, body: asked.Changed) -> following.Preview:
    """Show what a tracker would order now, with the changes given; nothing is sent or kept."""
    found = own_tracker(caller, tracker)
    planned = trackers.preview(
        caller.p,
        caller.user_id,
        found.credential_id,
        source=found.source,
        agent=found.agent,
        settings={**schema.known(found.settings), **body.settings},
        tracker_id=found.id,
    )
    return made(following.Preview, following_documents.preview(planned))


@operation("POST", "/preview", tag=TAG, repeatable=True, name="preview")
def preview_new(caller: Caller, body: asked.Wanted) -> following.Preview:
    """Show what a new tracker would order now; nothing is sent or kept."""
    owner = own(caller, body.credential)
    planned = trackers.preview(
        caller.p, caller.user_id, owner.id, source=body.source, agent=body.agent, settings=body.settings
    )
    return made(following.Preview, following_documents.preview(planned))


@operation("GET", "/settings/schema", tag=SETTINGS, name="settings_schema")
def declared(caller: Caller, query: asked.Paging) -> Listing[following.Setting]:
    """List every setting with its default, bounds, unit and meaning."""
    return sliced(
        schema.SPECS.values(),
        lambda each: each.name,
        query,
        lambda each: made(following.Setting, following_documents.spec(each)),
    )


@operation("GET", "/settings", tag=SETTINGS, name="settings")
def of_user(caller: Caller) -> following.Settings:
    """Show what all trackers inherit."""
    return following.Settings(settings=dict(defaults.of_user(caller.p, caller.user_id)))


@operation("PATCH", "/settings", scope=Scope.TRADE, tag=SETTINGS, name="edit_settings")
def edit_user(caller: Caller, body: asked.Changes) -> following.Settings:
    """Change what all trackers inherit; `inherited` takes a setting back."""
    return following.Settings(settings=dict(defaults.put(caller.p, caller.user_id, body.settings)))


@operation("GET", "/credentials/{credential}/settings", tag=SETTINGS, name="credential_settings")
def of_credential(caller: Caller, credential: str) -> following.Settings:
    """Show what an account's trackers inherit from it."""
    found = own(caller, credential)
    return following.Settings(settings=dict(defaults.of_credential(caller.p, caller.user_id, found.id)))


@operation(
    "PATCH", "/credentials/{credential}/settings", scope=Scope.TRADE, tag=SETTINGS, name="edit_credential_settings"
)
def edit_credential(caller: Caller, credential: str, body: asked.Changes) -> following.Settings:
    """Change what an account's trackers inherit from it."""
    found = own(caller, credential)
    kept = defaults.put(caller.p, caller.user_id, body.settings, credential=found.id)
    return following.Settings(settings=dict(kept))
