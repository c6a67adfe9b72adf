"""What the pages let a person do with their keys, trackers and tokens, done by a program."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from click.testing import CliRunner
from redis.exceptions import ConnectionError as RedisDown

from nof1web import wiring as wired
from nof1web.cli import nof1
from nof1web.core.leaders import Account
from nof1web.core.trading import Environment
from nof1web.errors import FeedError, Text
from nof1web.services import keys, tokens
from nof1web.services.ids import new_id
from nof1web.services.stores import Cycle
from tests.cli.conftest import quiet
from tests.web import seed
from tests.web.api.conftest import Program
from tests.web.past import named

__all__ = ["quiet"]


@pytest.fixture(scope="module")
def user(wiring):
    return seed.person(wiring, f"{new_id('own')}@example.org")


@pytest.fixture(scope="module")
def own(wiring, app, user) -> Program:
    """A program that may do everything with the things of a tenant nobody else looks at."""
    return Program(app.test_client(), tokens.make(wiring, user.id, name="all", scope="admin", days=1).value)


@pytest.fixture
def flask(wiring, user, monkeypatch, quiet):
    """The command line on the same installation."""
    monkeypatch.setattr(wired, "_built", {"wiring": wiring})

    def run(*args: str):
        done = CliRunner().invoke(nof1, [*args, "--user", user.email, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return run


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_an_account_is_renamed_and_what_is_left_out_stays(own, user, flask):
    path = f"/credentials/{named(user.id, 'c2')}"
    assert own("PATCH", path, json={"name": "Second", "label": "sub"}).json["name"] == "Second"
    own("PATCH", path, json={"margin_mode": "ISOLATED"})
    key = own.read(f"{path}/key")
    assert (key["label"], key["margin_mode"]) == ("sub", "ISOLATED")
    assert key == flask("credential", "key", "--credential", "Second")
    answer = own("PATCH", path, json={"name": "", "label": "both"})
    assert code(answer) == (422, "invalid_input") and set(answer.json["fields"]) == {"name", "label"}


def test_a_pair_waits_for_its_id_and_shows_only_its_public_half(own, wiring):
    made = own.do("/pairs", name="Paired", environment="testnet")
    assert made["state"] == "waiting" and "BEGIN PUBLIC KEY" in made["public_key"] and "PRIVATE" not in str(made)
    assert own.read("/pairs")["items"] == [made]
    path = f"/pairs/{made['draft_id']}"
    assert own("POST", f"{path}/key", json={"api_key": "short"}).json["fields"].keys() == {"api_key"}
    assert own.do(f"{path}/key", api_key="e" * 64)["state"] == "testing"
    assert wiring.queue.asked[-1][0] == "test_key" and own.read("/pairs")["items"] == []


def test_a_pair_that_is_given_up_is_gone(own):
    made = own.do("/pairs", name="Given up", environment="testnet")
    path = f"/pairs/{made['draft_id']}/give-up"
    assert own.do(path) == {"id": made["draft_id"], "name": "Given up"}
    assert own("POST", path, json={}).status_code == 404


def test_several_accounts_are_moved_at_once_and_each_that_cant_be_says_why(own, user):
    first, third = named(user.id, "c1"), named(user.id, "c3")
    answer = own.do("/bulk", verb="pause", credentials=[first, third])
    assert [each["state"] for each in answer["done"]] == ["paused"]
    assert answer["refused"] == [
        {
            "credential_id": third,
            "state": "stopped",
            "code": "refused",
            "message": "Savings does not poll. There is nothing to pause.",
        }
    ]
    assert own.do("/bulk", verb="resume", credentials=[first])["refused"] == []
    assert own("POST", "/bulk", json={"verb": "halt", "credentials": [first]}).status_code == 422


def test_of_several_accounts_none_is_touched_when_one_is_not_ones_own(own, user, ann):
    first = named(user.id, "c1")
    ids = [first, seed.ids(ann)[0]]
    assert own("POST", "/bulk", json={"verb": "pause", "credentials": ids}).status_code == 404
    assert own.read(f"/credentials/{first}")["state"] == "running"
    parts = [{"credential": each} for each in ids]
    assert own("POST", "/follow", json={"source": "nof1", "agent": "gpt-5", "parts": parts}).status_code == 404


def test_several_accounts_follow_at_once_or_none_does(own, user):
    ids = [named(user.id, name) for name in ("c1", "c2")]
    parts = [{"credential": ids[0]}, {"credential": ids[1], "settings": {"total_margin": "250"}}]
    wanted = {"source": "nof1", "agent": "qwen3-max", "settings": {"max_leverage": "5"}, "parts": parts}
    wrong = {**wanted, "parts": [parts[0], {**parts[1], "settings": {"max_leverage": "999"}}]}
    before = own.read("/trackers")["items"]
    assert own("POST", "/follow", json=wrong).json["fields"].keys() == {f"{ids[1]}.max_leverage"}
    assert own.read("/trackers")["items"] == before
    made = own.do("/follow", **wanted)["trackers"]
    shown = [(each["credential_id"], each["settings"]["max_leverage"]) for each in made]
    assert shown == [(ids[0], "5"), (ids[1], "5")] and made[1]["settings"]["total_margin"] == "250"


def test_accounts_are_started_one_by_one_though_redis_is_away(own, user, wiring, monkeypatch):
    def gone(*_ids: object, **_options: object) -> None:
        raise RedisDown("refused")

    monkeypatch.setattr(wiring.queue, "sync", gone, raising=False)
    ids = [named(user.id, name) for name in ("c1", "c2")]
    answer = own.do("/bulk", verb="start", credentials=ids)
    shown = [(each["credential_id"], each["state"], each["code"]) for each in answer["refused"]]
    assert answer["done"] == [] and shown == [(id, "running", "unavailable") for id in ids]


def test_a_live_account_is_armed_after_its_worst_case(own, user, wiring, monkeypatch):
    monkeypatch.setattr(wiring, "demo", False)
    third = named(user.id, "c3")
    path = f"/credentials/{third}"
    with wiring.tenants(user.id) as store:
        sealed = store.keys.sealed(named(user.id, "c1"), keys.SECRET)
        store.credentials.put_secret(third, keys.SECRET, sealed.sealed)
    worst = own.read(f"{path}/worst-case")
    assert (worst["margin"], worst["at_most"], worst["trackers"]) == ("0.00", "0.00", [])
    answer = own("POST", f"{path}/arm", json={"name": "savings"})
    assert code(answer) == (422, "invalid_input") and list(answer.json["fields"]) == ["name"]
    assert own.do(f"{path}/arm", name="Savings")["armed"] is True
    assert own.do(f"{path}/disarm")["armed"] is False
    assert code(own("GET", f"/credentials/{named(user.id, 'c1')}/worst-case")) == (409, "refused")


def test_what_is_left_of_a_removed_account_is_the_same_by_api_and_command_line(own, user, flask):
    third = named(user.id, "c3")
    own.do(f"/credentials/{third}/remove", name="Savings")
    (row,) = own.read("/removed")["items"]
    assert row["environment"] == Environment.LIVE and [row] == flask("credential", "removed")
    assert own.read(f"/removed/{third}") == flask("credential", "removed", "--credential", third)
    assert own("GET", f"/removed/{named(user.id, 'c1')}").status_code == 404


def test_an_address_is_read_from_now_on(own, wiring, monkeypatch):
    monkeypatch.setattr(wiring, "leader", lambda _: Account(Decimal(0), 0, True), raising=False)
    address = "0x" + "ab" * 20
    assert list(own("POST", "/addresses", json={"address": address}).json["fields"]) == ["address"]
    added = own.do("/addresses", address=address, confirmed=True)
    assert added == {"source": "hyperliquid", "agent": address}
    assert address in wiring.market.leaders.all("hyperliquid")


def test_a_token_is_listed_without_its_value_and_may_end_itself(own, wiring, user, flask, app):
    other = Program(app.test_client(), tokens.make(wiring, user.id, name="short", scope="admin", days=1).value)
    listed = own.read("/tokens")["items"]
    assert sorted(listed, key=str) == sorted(flask("token", "list"), key=str) and other.token not in str(listed)
    path = f"/tokens/{other.read('/me')['token_id']}/revoke"
    assert other.do(path)["revoked_at"] is not None and other("GET", "/me").status_code == 401
    assert own("POST", "/tokens/short/revoke", json={}).status_code == 404


def test_anothers_token_cannot_be_ended(own, program):
    path = f"/tokens/{program.read('/me')['token_id']}/revoke"
    assert own("POST", path, json={}).status_code == 404 and program("GET", "/me").status_code == 200


@pytest.mark.parametrize("column", ["tracker_id", "symbol", "kind", "severity", "credential_id"])
def test_events_are_filtered_by_what_the_page_filters_them(column, program):
    rows = program.read("/events?limit=200")["items"]
    wanted = next(row[column] for row in rows if row[column])
    asked = column.removesuffix("_id")
    found = program.read(f"/events?limit=200&{asked}={wanted}")["items"]
    assert found == [row for row in rows if row[column] == wanted] and found


@pytest.mark.parametrize("column", ["symbol", "verdict", "code", "epoch"])
@pytest.mark.parametrize("history", ["false", "true"])
def test_verdicts_are_filtered_by_what_the_page_filters_them(column, history, program):
    path = f"/verdicts?limit=200&history={history}"
    rows = program.read(path)["items"]
    wanted = next(row[column] for row in rows if row[column])
    assert program.read(f"{path}&{column}={wanted}")["items"] == [row for row in rows if row[column] == wanted]


def test_cycles_that_ran_are_listed_with_what_went_wrong(own, user, wiring):
    first, now = named(user.id, "c1"), wiring.clock()
    with wiring.tenants(user.id) as store:
        for number in (1, 2, 3):
            at, wrong = now + timedelta(seconds=number), Text("Too busy.") if number > 2 else None
            store.reports.add_cycle(Cycle(first, f"y{number}", at, at, number, 0, wrong))
    path = f"/credentials/{first}/cycles?limit=2"
    page = own.read(path)
    rows = page["items"] + own.read(f"{path}&cursor={page['next']}")["items"]
    assert [each["cycle_id"] for each in rows][-3:] == ["y1", "y2", "y3"] and rows[-1]["error"] == "Too busy."


def test_a_source_that_cant_be_asked_now_is_503(own, wiring, monkeypatch):
    def silent(_address: str) -> Account:
        raise FeedError("Hyperliquid does not answer.")

    monkeypatch.setattr(wiring, "leader", silent, raising=False)
    assert code(own("POST", "/addresses", json={"address": "0x" + "cd" * 20})) == (503, FeedError.code)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/trackers", {"credential": "{credential}", "source": "nof1", "agent": "gpt-5"}),
        ("/preview", {"credential": "{credential}", "source": "nof1", "agent": "gpt-5"}),
        ("/credentials/{own}/flatten", {"confirm": "Momentum", "tracker": "{tracker}"}),
        ("/credentials/{own}/flatten/cancel", {"tracker": "{tracker}"}),
        *((f"/{path}?credential={{credential}}", None) for path in ("trackers", "positions", "fills", "events")),
        *((f"/{path}?tracker={{tracker}}", None) for path in ("orders", "holdings", "verdicts", "events")),
    ],
)
def test_anothers_id_is_404_wherever_it_is_named(own, user, ann, path, body):
    credential, tracker = seed.ids(ann)
    ids = {"credential": credential, "tracker": tracker, "own": named(user.id, "c1")}
    sent = {name: text.format(**ids) for name, text in body.items()} if body else None
    assert own("POST" if body else "GET", path.format(**ids), json=sent).status_code == 404
