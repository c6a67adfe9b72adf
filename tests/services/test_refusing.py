"""A key that is revoked: entries stop at once, one alarm, and it is locked when a minute has confirmed it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nof1web.core.records import CredentialState, Severity
from nof1web.errors import CredentialRefused, Transient
from nof1web.services import refusing
from tests.services.stage import Stage, a_position


def state(stage: Stage) -> CredentialState:
    found = stage.store.credentials.get("c_1")
    assert found is not None
    return found.state


def cycle(stage: Stage, *, later: int = 0) -> None:
    """Run what a job runs: confirm, cycle, note a refusal."""
    stage.skew += timedelta(seconds=later)
    ports = stage.ports()
    refusing.confirm(ports)
    try:
        stage.cycle()
    except CredentialRefused as error:
        refusing.note(stage.ports(), error.text)


@pytest.fixture
def revoked(stage: Stage) -> Stage:
    stage.follow()
    stage.agent("deepseek", a_position())
    stage.control.post(f"/sim/keys/{stage.key['api_key']}", revoked=True)
    cycle(stage)
    return stage


def alarms(stage: Stage) -> list[str]:
    return [each.kind for each in stage.store.chronicle.events() if each.severity is Severity.ALARM]


def test_the_first_refusal_stops_entries_with_one_alarm(revoked: Stage) -> None:
    assert (state(revoked), alarms(revoked)) == (CredentialState.PAUSED, ["credential_refused"])


def test_a_minute_of_refusals_locks_it_and_says_so_without_a_second_alarm(revoked: Stage) -> None:
    for _ in range(3):
        assert state(revoked) is CredentialState.PAUSED
        cycle(revoked, later=21)
    assert (state(revoked), alarms(revoked)) == (CredentialState.LOCKED, ["credential_refused"])
    assert revoked.store.chronicle.events()[0].kind == "locked"


def test_many_refusals_within_seconds_confirm_nothing(revoked: Stage) -> None:
    for _ in range(8):
        cycle(revoked, later=2)
    assert state(revoked) is CredentialState.PAUSED


def test_a_key_that_works_again_starts_the_count_anew(revoked: Stage) -> None:
    cycle(revoked, later=40)
    revoked.control.post(f"/sim/keys/{revoked.key['api_key']}", revoked=False)
    cycle(revoked, later=40)
    facts = revoked.store.keys.facts("c_1")
    assert facts is not None and (facts.refused_at, facts.refusals) == (None, 0)
    assert state(revoked) is CredentialState.PAUSED


def test_what_the_exchange_cannot_answer_confirms_nothing(revoked: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent() -> bool:
        raise Transient("no answer")

    monkeypatch.setattr(revoked.client, "hedged", silent)
    for _ in range(4):
        revoked.skew += timedelta(seconds=30)
        refusing.confirm(revoked.ports())
    assert state(revoked) is CredentialState.PAUSED
