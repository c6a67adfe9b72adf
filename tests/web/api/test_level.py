"""Pages, API and command line are level: what one of them changes the others do too, or a line here says why not."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_wtf import FlaskForm

from nof1web.core.settings import SPECS
from nof1web.web import agents, forms, stopping
from nof1web.web.api.document import document
from nof1web.web.api.models import asked
from nof1web.web.api.models.fields import Model
from nof1web.web.api.operations import ALL
from tests.cli.test_help import COMMANDS as COMMANDS_THERE_ARE

ONLY_PAGES = {
    "login.enter": "a program has its token instead of a password",
    "login.logout": "a program has no session: it revokes its token",
    "choices.language": "the look of pages",
    "choices.theme": "the look of pages",
    "choices.colours": "the look of pages",
    "tokens.add": "a stolen token must not make a second one that outlives its end",
    "tokens.renew": "as for a new one, and no answer that is kept for repeats may hold a token",
}
BUTTONS = ("start", "stop", "pause", "resume", "enable", "disable", "test")
VERBS = ("pause", "resume", "close_only", "halt", "unhalt")
OPERATIONS = {
    "credentials.add": ("add_credential", "key_test"),
    "credentials.act": ("poll", *(f"{verb}_credential" for verb in BUTTONS)),
    "bulk.act": ("bulk",),
    "bulk.paper": ("add_credential",),
    "keys.about": ("edit_credential",),
    "keys.replace": ("rotate_credential",),
    "keys.armed": ("arm_credential", "worst_case"),
    "keys.disarm": ("disarm_credential",),
    "keys.removed": ("remove_credential",),
    "pairs.add": ("make_pair",),
    "pairs.named": ("name_pair",),
    "pairs.given_up": ("give_up_pair",),
    "several.add": ("follow_several",),
    "trackers.add": ("add_tracker",),
    "trackers.preview": ("preview", "preview_tracker"),
    "trackers.settings": ("edit_tracker",),
    "trackers.act": ("start_tracker", "stop_tracker"),
    "untracking.removed": ("remove_tracker",),
    # The whole site's halt is no thing of one's own: an administrator's page and command have it.
    "stopping.act": ("halt_all", "unhalt_all", "halted"),
    "stopping.of_credential": tuple(f"{verb}_credential" for verb in VERBS),
    "stopping.of_tracker": tuple(f"{verb}_tracker" for verb in VERBS),
    "stopping.close": ("flatten",),
    "stopping.cancel": ("cancel_flatten",),
    "agents.add": ("add_address",),
    "tokens.revoke": ("revoke_token", "list_tokens"),
}
READ = {
    "overview.page": ("totals", "list_credentials", "list_positions", "events", "agents", "sources"),
    "overview.curve": ("curve", "equity"),
    "credentials.page": ("list_credentials", "list_pairs", "removed"),
    "credentials.one": ("credential", "positions", "orders", "fills", "standing", "resting", "cycles", "verdicts"),
    "credentials.curve": ("curve", "equity"),
    "credentials.draft": ("key_test",),
    "keys.key": ("key",),
    "keys.arm": ("worst_case",),
    "removed.page": ("removed",),
    "removed.one": ("history",),
    "trackers.one": ("tracker", "list_holdings", "list_orders", "verdicts", "events"),
    "trackers.new": ("credential_settings", "settings_schema", "settings"),
    "agents.page": ("agents", "signals", "sources"),
    "activity.page": ("events",),
    "activity.export": ("events",),
    "why.page": ("verdicts",),
    "stopping.page": ("halted",),
    "stopping.flatten": ("list_holdings",),
    "tokens.page": ("list_tokens", "me"),
}
COMMANDS = {
    "add_credential": "credential add",
    "rotate_credential": "credential rotate",
    "edit_credential": "credential edit",
    "edit_credential_settings": "credential set",
    **{f"{verb}_credential": f"credential {verb}" for verb in ("test", "enable", "disable", "arm", "disarm", "remove")},
    **{f"{verb}_credential": verb.replace("_", "-") for verb in ("start", "stop", *VERBS)},
    **{f"{verb}_tracker": verb.replace("_", "-") for verb in VERBS},
    **{f"{verb}_tracker": f"tracker {verb}" for verb in ("add", "start", "stop", "preview", "remove")},
    "edit_tracker": "tracker set",
    "follow_several": "tracker follow-several",
    "add_address": "tracker add",
    "edit_settings": "user set",
    **dict.fromkeys(("make_pair", "name_pair", "give_up_pair"), "credential pair"),
    **{name: name for name in ("poll", "reconcile", "flatten")},
    "cancel_flatten": "flatten",
    "bulk": "pause",
    "halt_all": "halt",
    "unhalt_all": "unhalt",
    "revoke_token": "token revoke",
}
NO_COMMAND = {"preview": "a command previews a tracker that is there; one in shadow mode orders nothing"}
SAME_FORM = (
    (forms.CredentialForm, asked.NewCredential, {}),
    (forms.AboutForm, asked.About, {}),
    (forms.PairForm, asked.NewPair, {}),
    (forms.PairIdForm, asked.PairKey, {}),
    (forms.MovingKeyForm, asked.NewKey, {}),
    (forms.TypedForm, asked.Confirm, {"typed": "name"}),
    (forms.TrackerForm, asked.NewTracker, {"shown_for": "", "agent": "source"} | dict.fromkeys(SPECS, "settings")),
    (forms.SettingsForm, asked.Changes, dict.fromkeys(SPECS, "settings")),
    (stopping.FlattenForm, asked.Flatten, {}),
    (agents.AddressForm, asked.Address, {}),
)


def endpoints(app: Flask, method: str) -> set[str]:
    """Return the pages' endpoints of a method."""
    rules = (rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("api."))
    return {rule.endpoint for rule in rules if method in (rule.methods or ())}


def test_every_form_of_a_page_has_its_operation_or_a_reason(app: Flask) -> None:
    assert endpoints(app, "POST") == OPERATIONS.keys() | ONLY_PAGES.keys()


def test_what_is_named_here_exists(app: Flask) -> None:
    named = {each for table in (OPERATIONS, READ) for names in table.values() for each in names}
    assert named <= {each.name for each in ALL}
    assert READ.keys() <= endpoints(app, "GET")


@pytest.mark.parametrize(("form", "body", "called"), SAME_FORM, ids=lambda each: getattr(each, "__name__", ""))
def test_what_a_form_asks_can_be_sent(
    form: type[FlaskForm], body: type[Model], called: dict[str, str], app: Flask
) -> None:
    with app.test_request_context():
        fields = {called.get(field.name, field.name) for field in form(meta={"csrf": False})}
    assert fields - {""} <= body.model_fields.keys()


def test_the_document_says_what_only_pages_do() -> None:
    said = document()["info"]["description"]
    for each in ("logging in", "language", "making and renewing tokens", "whole site"):
        assert each in said


def test_what_an_operation_changes_a_command_changes_too() -> None:
    assert {each.name for each in ALL if each.method != "GET"} == COMMANDS.keys() | NO_COMMAND.keys()
    assert set(COMMANDS.values()) <= {" ".join(path) for path in COMMANDS_THERE_ARE}


def test_every_operation_has_a_name_of_its_own() -> None:
    assert len({each.name for each in ALL}) == len(ALL)
