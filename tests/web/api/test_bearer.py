"""Who may do what: tokens of each scope, expired, revoked, renewed, somebody else's, and too busy ones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from nof1web.adapters.queue.rq_queue import RqQueue
from nof1web.services import credentials, pairs, removing, tokens
from nof1web.services.stores import Scope, User
from nof1web.web.api.operations import ALL
from nof1web.wiring import Wiring
from tests.web import seed
from tests.web.api.conftest import Program

ID = "c_0000000000000000"
EVERY = pytest.mark.parametrize("operation", ALL, ids=lambda each: f"{each.method} {each.path}")


def path_of(operation, **ids: str) -> str:
    return operation.path.format(**{name: ids.get(name, ID) for name in operation.ids})


def made(wiring: Wiring, app: Flask, user: User, name: str, *, scope: str = "admin", days: int | None = 1) -> Program:
    return Program(app.test_client(), tokens.make(wiring, user.id, name=name, scope=scope, days=days).value)


@pytest.fixture(scope="module")
def reader(wiring, app, ann) -> Program:
    return made(wiring, app, ann, "reader", scope="read")


@pytest.fixture(scope="module")
def trader(wiring, app, ann) -> Program:
    return made(wiring, app, ann, "trader", scope="trade")


@pytest.fixture(scope="module")
def foreigner(wiring, app, bob) -> Program:
    return made(wiring, app, bob, "of bob")


@pytest.fixture(scope="module")
def anns(wiring, ann) -> dict[str, str]:
    """One of each of Ann's things, by what the API calls its id."""
    credential, tracker = seed.ids(ann)
    pair = pairs.begin(wiring, ann.id, name="Waiting", environment="testnet")
    paper = {"environment": "paper", "api_key": "", "api_secret": ""}
    draft, gone = (credentials.draft(wiring, ann.id, name=name, **paper) for name in ("Asked", "Gone"))
    removed = str(credentials.test_draft(wiring, ann.id, gone.id)["credential_id"])
    removing.remove(wiring, ann.id, removed, typed="Gone")
    token = tokens.make(wiring, ann.id, name="hers", scope="read", days=1).token.id
    job = RqQueue(wiring.redis).cycle(ann.id, credential, front=True)
    return {
        "credential": credential, "tracker": tracker, "draft": draft.id, "pair": pair.id, "removed": removed,
        "token": token, "job": job,
    }  # fmt: skip


def hers(operation, anns: dict[str, str]) -> str:
    """The operation's path with Ann's ids; what was removed is called a credential too."""
    ids = anns | ({"credential": anns["removed"]} if operation.path.startswith("/removed/") else {})
    return operation.path.format(**{name: ids[name] for name in operation.ids})


def body_of(operation) -> dict[str, object]:
    """A body that would do, had the id been the caller's own."""
    names = {"confirm": "Momentum", "name": "Momentum", "settings": {}, "api_key": "k" * 20, "api_secret": "s" * 20}
    return {name: names[name] for name in (operation.body.model_fields if operation.body else ()) if name in names}


@EVERY
def test_without_a_token_every_operation_is_401(operation, app):
    answer = app.test_client().open(operation.rule.replace("<", "").replace(">", ""), method=operation.method)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.content_type == "application/problem+json"


@EVERY
def test_a_token_of_a_smaller_scope_is_403(operation, reader, trader):
    for program, scope in ((reader, Scope.READ), (trader, Scope.TRADE)):
        if not scope.allows(operation.scope):
            answer = program(operation.method, path_of(operation), json={})
            assert (answer.status_code, answer.json["code"]) == (403, "wrong_scope")


@EVERY
def test_somebody_elses_id_is_404(operation, foreigner, anns):
    if not operation.ids:
        return
    sent = {"json": body_of(operation)} if operation.method != "GET" else {}
    for path in (hers(operation, anns), path_of(operation)):
        answer = foreigner(operation.method, path, **sent)
        assert answer.status_code == 404, answer.text


def test_what_is_404_to_others_is_read_by_its_owner(reader, anns):
    paths = [hers(each, anns) for each in ALL if each.ids and each.method == "GET"]
    answers = {path: reader("GET", path).status_code for path in paths}
    # There is nothing to arm in a test account.
    assert {path: code for path, code in answers.items() if code != 200} == {
        f"/credentials/{anns['credential']}/worst-case": 409
    }


def test_every_answer_that_was_read_has_an_etag_and_is_not_sent_again(reader, anns, wiring, monkeypatch):
    now = wiring.clock()
    monkeypatch.setattr(wiring, "clock", lambda: now)
    read = {hers(each, anns) for each in ALL if each.method == "GET"}
    for path in sorted(read):
        first = reader("GET", path)
        if first.status_code != 409:
            again = reader("GET", path, headers={"If-None-Match": first.headers["ETag"]})
            assert (first.status_code, again.status_code, again.data) == (200, 304, b""), path


def test_ones_own_account_does_not_open_somebody_elses_job(foreigner, anns, bob):
    assert foreigner("GET", f"/credentials/{seed.ids(bob)[0]}/jobs/{anns['job']}").status_code == 404


@EVERY
def test_only_reading_and_previews_need_no_more_than_the_scope_read(operation):
    assert (operation.scope is Scope.READ) == (operation.method == "GET" or operation.path.endswith("preview"))


def test_an_expired_a_revoked_and_a_renewed_token_open_nothing(wiring, app, ann, monkeypatch):
    program = made(wiring, app, ann, "short", days=1)
    assert program("GET", "/me").status_code == 200
    monkeypatch.setattr(wiring, "clock", lambda now=wiring.clock: now() + timedelta(days=2))
    assert program("GET", "/me").status_code == 401
    monkeypatch.undo()
    renewed = Program(program.client, tokens.renew(wiring, ann.id, "short").value)
    assert [each("GET", "/me").status_code for each in (program, renewed)] == [401, 200]
    tokens.revoke(wiring, ann.id, "short")
    assert renewed("GET", "/me").status_code == 401


def test_the_token_of_a_disabled_user_opens_nothing(wiring, app):
    carl = seed.person(wiring, "carl@example.org")
    program = made(wiring, app, carl, "of carl")
    wiring.registry.set_enabled(carl.id, False)
    assert program("GET", "/me").status_code == 401


def test_a_session_counts_for_nothing(app, ann):
    from tests.web.conftest import enter

    assert enter(app.test_client(), ann.email).get("/api/v1/me").status_code == 401


def test_a_token_that_is_used_too_often_waits(wiring, app, ann, monkeypatch):
    monkeypatch.setitem(app.config, "NOF1_API_PER_MINUTE", 2)
    now = wiring.clock()
    monkeypatch.setattr(wiring.rates, "_clock", lambda: now)
    program = made(wiring, app, ann, "busy")
    answers = [program("GET", "/me") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[1].headers["RateLimit-Remaining"] == "0" and int(answers[2].headers["Retry-After"]) <= 60


def test_one_busy_token_does_not_hold_up_another(wiring, app, ann, bob, monkeypatch):
    monkeypatch.setitem(app.config, "NOF1_API_PER_MINUTE", 2)
    now = wiring.clock()
    monkeypatch.setattr(wiring.rates, "_clock", lambda: now)
    busy, hers, his = made(wiring, app, ann, "loud"), made(wiring, app, ann, "quiet"), made(wiring, app, bob, "quiet")
    assert [busy("GET", "/me").status_code for _ in range(3)] == [200, 200, 429]
    left = [each("GET", "/me").headers["RateLimit-Remaining"] for each in (hers, his)]
    assert left == ["1", "1"]
    # The next minute begins for the busy one, too.
    monkeypatch.setattr(wiring.rates, "_clock", lambda: now + timedelta(minutes=1))
    assert busy("GET", "/me").status_code == 200


def test_a_use_of_a_token_is_told_and_noted_once_a_minute(wiring, app, ann, monkeypatch):
    program = made(wiring, app, ann, "noted")
    token, at = tokens.find(wiring, ann.id, "noted"), wiring.clock() + timedelta(minutes=7)
    assert token.last_used_at is None
    monkeypatch.setattr(wiring, "clock", lambda: at)
    (listed,) = (each for each in program.read("/tokens")["items"] if each["token_id"] == token.id)
    assert tokens.find(wiring, ann.id, "noted").last_used_at == at
    assert listed["last_used_at"] == at.isoformat().replace("+00:00", "Z")
    # A use within the same minute isn't written down again.
    monkeypatch.setattr(wiring, "clock", lambda: at + timedelta(seconds=59))
    program.read("/me")
    assert tokens.find(wiring, ann.id, "noted").last_used_at == at
    monkeypatch.setattr(wiring, "clock", lambda: at + timedelta(seconds=60))
    program.read("/me")
    assert tokens.find(wiring, ann.id, "noted").last_used_at == at + timedelta(seconds=60)


def test_what_opened_nothing_was_not_used(wiring, app, ann):
    program = made(wiring, app, ann, "ended")
    tokens.revoke(wiring, ann.id, "ended")
    assert program("GET", "/me").status_code == 401
    assert [each.last_used_at for each in tokens.listing(wiring, ann.id) if each.name == "ended"] == [None]


def test_the_document_is_open_and_unknown_places_are_not(app):
    client = app.test_client()
    assert client.get("/api/v1/openapi.json").json["openapi"] == "3.1.0"
    assert client.get("/api/v1/nothing").status_code == 401


def test_a_token_is_kept_as_a_hash_and_shown_nowhere(wiring, ann, app):
    value = tokens.make(wiring, ann.id, name="hidden", scope="read", days=1)
    kept = (wiring.config.tenants_dir / "registry.db").read_bytes()
    kept += (wiring.config.tenants_dir / "registry.db-wal").read_bytes()
    assert value.value.encode() not in kept and value.value not in repr(value)
