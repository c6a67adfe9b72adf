"""What a refusal that has several causes says."""

from __future__ import annotations

import json

import pytest

from nof1web.adapters.binance.check import UNKNOWN_KEY
from nof1web.adapters.binance.wire import Answer, failure
from nof1web.errors import CredentialRefused

BODY = json.dumps({"code": -2015, "msg": "Invalid API-key, IP, or permissions for action"}).encode()


@pytest.mark.parametrize("words", [UNKNOWN_KEY, failure(Answer(401, BODY, mutating=False)).text.template])
def test_a_refused_key_names_the_key_the_address_and_the_permission(words: str) -> None:
    assert all(part in words for part in ("key", "this server's address", "futures"))


def test_a_key_address_or_permission_refused_is_the_credentials_trouble() -> None:
    error = failure(Answer(401, BODY, mutating=True))
    assert isinstance(error, CredentialRefused) and error.exchange_code == -2015
