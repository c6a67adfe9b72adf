"""Every state, status and kind the core knows has a word on the pages."""

from __future__ import annotations

from enum import StrEnum

import pytest

from nof1web.core.history import Severity
from nof1web.core.settings import SPECS
from nof1web.core.signals import SignalHealth
from nof1web.core.states import CredentialState, EpochState, IntentStatus, Mode, OrderKind
from nof1web.core.trading import Environment, Side
from nof1web.web import words

WORDS = [
    (words.STATES.keys() - {"disabled"}, CredentialState),
    (words.EPOCHS.keys(), EpochState),
    (words.STATUSES.keys(), IntentStatus),
    (words.KINDS.keys(), OrderKind),
    (words.MODES.keys(), Mode),
    (words.ENVIRONMENTS.keys(), Environment),
    (words.ORDER_SIDES.keys(), Side),
    (words.SEVERITIES.keys(), Severity),
    (words.HEALTH.keys(), SignalHealth),
]


@pytest.mark.parametrize(("named", "known"), WORDS, ids=[known.__name__ for _, known in WORDS])
def test_every_member_has_a_word(named: set[str], known: type[StrEnum]) -> None:
    assert set(named) == {each.value for each in known}


def test_every_choice_of_a_setting_has_a_word() -> None:
    assert {choice for spec in SPECS.values() for choice in spec.choices} <= words.CHOICES.keys()
