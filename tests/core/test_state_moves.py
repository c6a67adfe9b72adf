"""Who may move a credential or a tracker from which state to which: every move there is, and no other."""

from __future__ import annotations

from itertools import product

import pytest

from nof1web.core.states import By, CredentialState, allowed

S = CredentialState
PERSON = {
    (S.RUNNING, S.PAUSED),
    (S.RUNNING, S.CLOSE_ONLY),
    (S.RUNNING, S.HALTED),
    (S.RUNNING, S.STOPPED),
    (S.PAUSED, S.RUNNING),
    (S.PAUSED, S.CLOSE_ONLY),
    (S.PAUSED, S.HALTED),
    (S.PAUSED, S.STOPPED),
    (S.CLOSE_ONLY, S.RUNNING),
    (S.CLOSE_ONLY, S.PAUSED),
    (S.CLOSE_ONLY, S.HALTED),
    (S.CLOSE_ONLY, S.STOPPED),
    (S.HALTED, S.RUNNING),
    (S.HALTED, S.STOPPED),
    (S.STOPPED, S.RUNNING),
}
LIMIT = {(S.RUNNING, S.HALTED), (S.PAUSED, S.HALTED), (S.CLOSE_ONLY, S.HALTED)}
KEY = {
    (S.RUNNING, S.PAUSED),
    *((each, S.LOCKED) for each in S if each is not S.LOCKED),
    *((S.LOCKED, each) for each in S if each is not S.LOCKED),
}
MOVES = {By.PERSON: PERSON, By.LIMIT: LIMIT, By.KEY: KEY}


@pytest.mark.parametrize(("by", "now", "then"), list(product(By, S, S)))
def test_a_move_is_allowed_to_exactly_those_who_may_make_it(by: By, now: S, then: S) -> None:
    assert allowed(now, then, by) is ((now, then) in MOVES[by])


@pytest.mark.parametrize("by", [By.LIMIT, By.KEY])
def test_only_a_person_turns_entries_on_again_or_what_they_had_before_the_lock(by: By) -> None:
    assert not any(allowed(now, S.RUNNING, by) for now in S if now is not S.LOCKED)


@pytest.mark.parametrize("now", [each for each in S if each not in (S.RUNNING, S.STOPPED, S.LOCKED)])
def test_from_wherever_entries_are_off_a_person_gets_to_running_and_to_stopped(now: S) -> None:
    assert allowed(now, S.RUNNING, By.PERSON) and allowed(now, S.STOPPED, By.PERSON)
