"""A POST with an Idempotency-Key is done once, whatever its answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from redis.exceptions import ConnectionError as RedisDown

from nof1web.services import tokens
from tests.web import seed
from tests.web.api.conftest import Program


@pytest.fixture(scope="module")
def eva(wiring, app) -> tuple[Program, str]:
    user = seed.person(wiring, "eva@example.org")
    value = tokens.make(wiring, user.id, name="all", scope="admin", days=1).value
    return Program(app.test_client(), value), seed.ids(user)[0]


def follow(eva, key: str, agent: str = "grok-4"):
    program, credential = eva
    body = {"credential": credential, "source": "nof1", "agent": agent}
    return program("POST", "/trackers", json=body, headers={"Idempotency-Key": key})


def test_the_same_request_again_answers_the_same_and_does_nothing(eva):
    first, again = follow(eva, "a"), follow(eva, "a")
    assert (again.status_code, again.data) == (first.status_code, first.data) == (201, first.data)
    assert again.headers["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first.headers


def test_a_refusal_is_an_answer_too(eva):
    first, again = follow(eva, "b", "nobody"), follow(eva, "b", "nobody")
    assert (again.status_code, again.json, again.content_type) == (422, first.json, "application/problem+json")


def test_a_key_stands_for_one_request(eva):
    follow(eva, "c")
    answer = follow(eva, "c", "gpt-5")
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")


def test_a_key_can_be_used_anew_after_a_day(eva, wiring, monkeypatch):
    first = follow(eva, "d")
    monkeypatch.setattr(wiring, "clock", lambda now=wiring.clock: now() + timedelta(hours=23.5))
    assert follow(eva, "d").data == first.data
    monkeypatch.undo()
    user_id = eva[0].read("/me")["user_id"]
    with wiring.tenants(user_id) as store:
        assert store.replays.begin("x", "f", wiring.clock(), forget=wiring.clock() + timedelta(days=1)) is None
    assert follow(eva, "d").json["tracker_id"] != first.json["tracker_id"]


def test_a_request_whose_process_died_stays_unanswered(eva, wiring, monkeypatch):
    monkeypatch.setattr("nof1web.services.trackers.add", lambda *a, **k: 1 // 0)
    assert follow(eva, "e").status_code == 500
    monkeypatch.undo()
    answer = follow(eva, "e")
    assert (answer.status_code, answer.json["code"]) == (409, "idempotency_in_progress")


def test_two_tenants_may_use_the_same_key(eva, program, ann):
    follow(eva, "f")
    answer = program(
        "POST",
        "/trackers",
        json={"credential": seed.ids(ann)[0], "source": "nof1", "agent": "grok-4"},
        headers={"Idempotency-Key": "f"},
    )
    assert "Idempotent-Replayed" not in answer.headers


def halted(eva, key: str):
    program, credential = eva
    return program("POST", f"/credentials/{credential}/halt", headers={"Idempotency-Key": key})


def test_an_outage_is_no_answer_and_what_may_be_repeated_is_done_anew(eva, monkeypatch):
    monkeypatch.setattr("nof1web.services.halting.change", down)
    assert halted(eva, "g").status_code == 503
    monkeypatch.undo()
    again = halted(eva, "g")
    assert (again.status_code, again.json["state"]) == (200, "halted") and "Idempotent-Replayed" not in again.headers


def test_an_outage_leaves_what_may_not_be_repeated_unanswered(eva, monkeypatch):
    monkeypatch.setattr("nof1web.services.trackers.add", down)
    assert follow(eva, "h").status_code == 503
    monkeypatch.undo()
    assert follow(eva, "h").json["code"] == "idempotency_in_progress"


def down(*_ids: object, **_options: object) -> None:
    raise RedisDown("refused")


def test_a_key_is_its_tokens_own_and_outlives_the_tokens_renewal(eva, wiring):
    user_id = eva[0].read("/me")["user_id"]
    other = Program(eva[0].client, tokens.make(wiring, user_id, name="other", scope="trade", days=1).value)
    first, others = follow(eva, "i"), follow((other, eva[1]), "i")
    assert others.status_code == 201 and others.json["tracker_id"] != first.json["tracker_id"]
    renewed = Program(eva[0].client, tokens.renew(wiring, user_id, "other").value)
    assert follow((renewed, eva[1]), "i").data == others.data


def test_two_requests_at_once_with_one_key_are_done_once(eva, app):
    before, together = len(eva[0].read("/trackers")["items"]), Barrier(2)

    def ask(_number: int):
        program = Program(app.test_client(), eva[0].token)
        together.wait()
        return follow((program, eva[1]), "j")

    with ThreadPoolExecutor(2) as pool:
        first, second = sorted(pool.map(ask, range(2)), key=lambda answer: answer.status_code)
    assert first.status_code == 201 and len(eva[0].read("/trackers")["items"]) == before + 1
    assert second.status_code == 409 or second.data == first.data


def test_a_key_that_is_none_is_refused(eva):
    assert follow(eva, "x" * 300).status_code == 400
