"""What a program changes: the same services as pages and commands, refused with the same codes."""

from __future__ import annotations

import pytest

from nof1web.services import tokens
from nof1web.services.ids import new_id
from tests.web import seed
from tests.web.api.conftest import Program


@pytest.fixture
def dora(wiring, app) -> tuple[Program, str, str]:
    """A tenant of the test's own: her program, credential and tracker."""
    user = seed.person(wiring, f"{new_id('dora')}@example.org")
    value = tokens.make(wiring, user.id, name="all", scope="admin", days=1).value
    return Program(app.test_client(), value), *seed.ids(user)


def test_states_go_where_the_verbs_say(dora):
    program, credential, tracker = dora
    verbs = ("pause", "resume", "close_only", "halt", "unhalt", "stop", "start")
    states = [program.do(f"/credentials/{credential}/{verb}")["state"] for verb in verbs]
    assert states == ["paused", "running", "close_only", "halted", "running", "stopped", "running"]
    assert program.do(f"/trackers/{tracker}/pause")["state"] == "paused"
    assert program.do(f"/trackers/{tracker}/stop")["started"] is False


def test_a_verb_that_doesnt_fit_is_409_with_its_sentence(dora):
    program, credential, _tracker = dora
    answer = program("POST", f"/credentials/{credential}/resume")
    assert (answer.status_code, answer.json["code"]) == (409, "refused")
    assert answer.json["detail"] == "Momentum is not paused."


def test_a_poll_is_202_with_the_cycles_id(dora, wiring):
    program, credential, _tracker = dora
    answer = program("POST", f"/credentials/{credential}/poll", json={})
    assert (answer.status_code, answer.json["cycle_id"]) == (202, "job")
    assert wiring.queue.asked[-1][::2] == ("cycle", credential)
    program.do(f"/credentials/{credential}/stop")
    assert program("POST", f"/credentials/{credential}/poll", json={}).status_code == 409


def test_a_tracker_is_made_changed_and_taken_away(dora):
    program, credential, _tracker = dora
    wanted = {"credential": credential, "source": "nof1", "agent": "grok-4", "settings": {"max_leverage": "3"}}
    made = program("POST", "/trackers", json=wanted)
    assert (made.status_code, made.json["settings"]["max_leverage"]) == (201, "3")
    path = f"/trackers/{made.json['tracker_id']}"
    assert program("PATCH", path, json={"settings": {"max_leverage": "4"}}).json["settings"]["max_leverage"] == "4"
    assert program("POST", f"{path}/remove", json={"name": "wrong"}).status_code == 422
    program.do(f"{path}/remove", name=made.json["name"])
    assert program("GET", path).status_code == 404


def test_a_tracker_that_holds_something_stays(dora):
    program, _credential, tracker = dora
    answer = program("POST", f"/trackers/{tracker}/remove", json={"name": program.read(f"/trackers/{tracker}")["name"]})
    assert (answer.status_code, answer.json["code"]) == (409, "refused")


def test_wrong_settings_are_named_and_nothing_is_kept(dora):
    program, _credential, tracker = dora
    answer = program("PATCH", f"/trackers/{tracker}", json={"settings": {"max_leverage": "999", "colour": "red"}})
    assert answer.status_code == 422 and set(answer.json["fields"]) == {"max_leverage", "colour"}
    assert program.read(f"/trackers/{tracker}")["settings"]["max_leverage"] == "20"


def test_a_flatten_needs_the_name_and_is_202(dora):
    program, credential, tracker = dora
    path = f"/credentials/{credential}/flatten"
    assert program("POST", path, json={"confirm": "momentum?"}).status_code == 422
    asked = program("POST", path, json={"confirm": "Momentum", "tracker": tracker, "symbol": "BTCUSDT"})
    assert asked.status_code == 202
    assert program.do(f"{path}/cancel")["flatten_ids"] == [asked.json["flatten_id"]]


def test_a_key_is_sealed_and_tested_by_a_worker(dora, wiring):
    program, _credential, _tracker = dora
    wanted = {"name": "New", "environment": "testnet", "api_key": "k" * 64, "api_secret": "s" * 64}
    answer = program("POST", "/credentials", json=wanted)
    assert (answer.status_code, answer.json["state"]) == (202, "testing") and "s" * 64 not in answer.text
    assert program.read(f"/drafts/{answer.json['draft_id']}") == answer.json
    assert wiring.queue.asked[-1][0] == "test_key"


def test_what_all_trackers_inherit_is_set_and_taken_back(dora):
    program, credential, _tracker = dora
    for path in ("/settings", f"/credentials/{credential}/settings"):
        for value, kept in (("5", {"max_leverage": "5"}), ("inherited", {})):
            assert program("PATCH", path, json={"settings": {"max_leverage": value}}).json["settings"] == kept


def test_a_halt_of_everything_begins_and_ends(dora):
    program, credential, _tracker = dora
    assert program.do("/halt") == {"halted": True, "site_halted": False}
    assert program.read(f"/credentials/{credential}")["state"] == "halted"
    assert program.do("/unhalt")["halted"] is False


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"data": "{", "content_type": "application/json"}, 400),
        ({"data": "name=x", "content_type": "application/x-www-form-urlencoded"}, 415),
        ({"json": {"settings": {"max_leverage": 5}}}, 422),
        ({"json": []}, 422),
        ({"json": {}}, 422),
    ],
)
def test_a_body_that_cant_be_used_is_refused_in_words(dora, options, status):
    program, _credential, tracker = dora
    answer = program("PATCH", f"/trackers/{tracker}", **options)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


def test_another_method_names_those_there_are(dora):
    answer = dora[0]("DELETE", "/trackers")
    assert answer.status_code == 405 and {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
