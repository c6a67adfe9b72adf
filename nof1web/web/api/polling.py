"""Operations that change what flows: start, stop, pause, resume, halt, flatten, poll and reconcile."""

from __future__ import annotations

from typing import cast

from redis import Redis

from nof1web.errors import N_, NotFound, Refused
from nof1web.jobs import outcomes
from nof1web.services import asking, halting, open_orders, trackers
from nof1web.services.stores import Scope
from nof1web.web.api.accounts import own, shown
from nof1web.web.api.bearer import Caller
from nof1web.web.api.models import accounts, asked, made
from nof1web.web.api.operations import operation

TAG = "Polling"
BY = "API"
TELLS = {
    "start": "Start polling: cycles run, started trackers trade.",
    "stop": "Stop polling: nothing is ordered any more, protection rests on the exchange.",
    "pause": "Make no entries; closes and reductions still flow.",
    "resume": "Make entries again, after the account was reconciled.",
    "close_only": "Make no entries; the agent's closes and reductions still flow.",
    "halt": "Send no entry any more; closes flow.",
    "unhalt": "End a halt; the account is reconciled before the first entry.",
}


def _verb(verb: str) -> None:
    def change(caller: Caller, credential: str) -> accounts.Credential:
        return shown(caller, halting.change(caller.p, caller.user_id, own(caller, credential).id, verb))

    change.__doc__ = TELLS[verb]
    path = f"/credentials/{{credential}}/{verb}"
    operation("POST", path, scope=Scope.TRADE, tag=TAG, repeatable=True, name=f"{verb}_credential")(change)


for _each in halting.VERBS:
    _verb(_each)


@operation("POST", "/credentials/{credential}/poll", scope=Scope.TRADE, status=202, tag=TAG, repeatable=True)
def poll(caller: Caller, credential: str, body: asked.Poll) -> accounts.Cycle:
    """Run one cycle now, before anything that waits; with `dry_run` decide only."""
    found = own(caller, credential)
    if not body.dry_run and not (found.enabled and found.state.polls):
        words = N_("%(name)s does not poll, so nothing would be ordered. Start it first.")
        raise Refused(words, name=found.name)
    if not body.dry_run:
        open_orders.ask(caller.p, caller.user_id, found)
    job = caller.p.queue.cycle(caller.user_id, found.id, front=True, dry_run=body.dry_run)
    return accounts.Cycle(job_id=job, cycle_id=job, credential_id=found.id)


@operation("POST", "/credentials/{credential}/reconcile", scope=Scope.TRADE, status=202, tag=TAG, repeatable=True)
def reconcile(caller: Caller, credential: str) -> accounts.Job:
    """Compare the account with what is believed, before anything that waits."""
    found = own(caller, credential)
    return accounts.Job(job_id=caller.p.queue.reconcile(caller.user_id, found.id), credential_id=found.id)


@operation("POST", "/credentials/{credential}/flatten", scope=Scope.TRADE, status=202, tag=TAG, repeatable=True)
def flatten(caller: Caller, credential: str, body: asked.Flatten) -> accounts.FlattenJob:
    """Close what trackers hold now; entries wait until it is flat."""
    p, found = caller.p, own(caller, credential)
    asking.require_typed(found, body.confirm)
    only = {"tracker_id": _tracker(caller, body.tracker), "symbol": body.symbol}
    kept = asking.ask_flatten(p, caller.user_id, found.id, by=BY, everything=body.everything, **only)
    job = p.queue.flatten(caller.user_id, found.id, kept.id)
    return accounts.FlattenJob(job_id=job, flatten_id=kept.id, credential_id=found.id)


@operation("POST", "/credentials/{credential}/flatten/cancel", scope=Scope.TRADE, tag=TAG, repeatable=True)
def cancel_flatten(caller: Caller, credential: str, body: asked.FlattenCancel) -> accounts.Cancelled:
    """End the flattens that are under way; what is left stays open."""
    found = own(caller, credential)
    only = {"tracker_id": _tracker(caller, body.tracker), "symbol": body.symbol}
    ended = asking.cancel_flatten(caller.p, caller.user_id, found.id, by=BY, **only)
    return accounts.Cancelled(flatten_ids=[each.id for each in ended])


@operation("GET", "/credentials/{credential}/jobs/{job}", tag=TAG, name="job")
def job(caller: Caller, credential: str, job: str) -> accounts.Outcome:
    """Show what became of work that a worker was asked for; kept for some minutes."""
    found = own(caller, credential)
    outcome = outcomes.read(_redis(caller), job, caller.user_id, found.id)
    if outcome is None:
        raise NotFound(N_("There is no such job any more."))
    return made(accounts.Outcome, outcome)


@operation("GET", "/halt", tag=TAG, name="halted")
def halted(caller: Caller) -> accounts.Halt:
    """Show whether entries of all accounts are off."""
    with caller.p.tenants(caller.user_id) as store:
        return accounts.Halt(halted=store.halts.user_halted(), site_halted=caller.p.registry.site_halted())


@operation("POST", "/halt", scope=Scope.TRADE, tag=TAG, repeatable=True, name="halt_all")
def halt(caller: Caller) -> accounts.Halt:
    """Send no entry of any account any more; closes flow."""
    halting.halt_user(caller.p, caller.user_id, by=BY)
    return halted(caller)


@operation("POST", "/unhalt", scope=Scope.TRADE, tag=TAG, repeatable=True, name="unhalt_all")
def unhalt(caller: Caller) -> accounts.Halt:
    """End the halt of all accounts; each is reconciled before its first entry."""
    halting.unhalt_user(caller.p, caller.user_id, by=BY)
    return halted(caller)


def _tracker(caller: Caller, tracker: str) -> str:
    if not tracker:
        return ""
    found = trackers.find(caller.p, caller.user_id, tracker)
    if found.id != tracker:
        raise NotFound(N_("There is no such tracker."))
    return found.id


def _redis(caller: Caller) -> Redis:
    return cast("outcomes.Connected", caller.p).redis
